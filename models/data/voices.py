"""Free synthesisers as random speakers: a voice is drawn, with pitch and speed, and speaks a text into a WAV file. Programs, not libraries."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from protos.errors import ConfigurationError

# A program that hangs must not stop a night's work.
TIMEOUT_S = 60

ESPEAK_ACCENTS = (*["en-us"] * 7, *["en-gb"] * 3, "en-gb-x-rp", "en-gb-scotland", "en-029", "en-us-nyc", "en-gb-x-gbclan")
ESPEAK_VARIANTS = (
    *("", "", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "f1", "f2", "f3", "f4", "f5", "Alex", "Alicia", "Andrea", "Andy", "Annie", "Denis", "Gene"),
    *("Hugo", "Lee", "Marco", "Michael", "Mike", "Nguyen", "adam", "anika", "antonio", "aunty", "benjamin", "boris", "caleb", "david", "ed"),
    *("edward", "grandma", "grandpa", "iven", "john", "klatt", "klatt2", "klatt4", "klatt6", "linda", "max", "michel", "norbert", "pablo", "paul"),
    *("pedro", "quincy", "rob", "robert", "sandro", "shelby", "steph", "steph2", "travis", "victor", "zac"),
)
FLITE_PITCH_HZ = {"rms": 95.0, "slt": 175.0, "awb": 130.0, "kal16": 105.0}
FESTIVAL_VOICES = ("cmu_us_slt_arctic_hts", "kal_diphone", "ked_diphone")


@dataclass(frozen=True, slots=True)
class Voice:
    """One call of a synthesiser. Texts are [a-z' ] only, so that nothing in them is markup or a command."""

    speaker: str
    command: tuple[str, ...]
    stdin: str = ""

    def speak(self, wav: Path) -> bool:
        """Writes wav. False: the program failed at this text, as they do at some."""
        try:
            done = subprocess.run(self.command, input=self.stdin.encode(), capture_output=True, timeout=TIMEOUT_S, check=False)  # noqa: S603
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0 and wav.is_file() and wav.stat().st_size > 0


@dataclass(frozen=True, slots=True)
class Synthesiser:
    share: float
    """Of all texts, relative to the others."""
    packages: str
    """Debian's, for the message when it is missing."""
    voice: Callable[[str, Path, np.random.Generator], Voice]
    """(text, where to write, randomness) -> a voice."""


def _espeak(text: str, wav: Path, random: np.random.Generator) -> Voice:
    accent, variant = str(random.choice(ESPEAK_ACCENTS)), str(random.choice(ESPEAK_VARIANTS))
    name = f"{accent}+{variant}" if variant else accent
    words_a_minute, pitch, gap = random.integers(115, 186), random.integers(25, 76), random.choice([0, 0, 0, 1, 2])
    return Voice(f"espeak-{name}", ("espeak-ng", "-v", name, "-s", f"{words_a_minute}", "-p", f"{pitch}", "-g", f"{gap}", "-w", str(wav), text))


def _flite(text: str, wav: Path, random: np.random.Generator) -> Voice:
    voice = str(random.choice(["rms", "rms", "slt", "slt", "awb", "awb", "kal16"]))
    stretch, pitch_hz = random.uniform(0.85, 1.3), FLITE_PITCH_HZ[voice] * random.uniform(0.82, 1.22)
    settings = ("--setf", f"duration_stretch={stretch:.2f}", "--setf", f"int_f0_target_mean={pitch_hz:.0f}")
    return Voice(f"flite-{voice}", ("flite", "-voice", voice, *settings, "-t", text, "-o", str(wav)))


def _festival(text: str, wav: Path, random: np.random.Generator) -> Voice:
    voice, stretch = str(random.choice(FESTIVAL_VOICES)), random.uniform(0.85, 1.3)
    script = (
        f'(voice_{voice}) (Parameter.set \'Duration_Stretch {stretch:.2f}) (utt.save.wave (utt.synth (Utterance Text "{text}")) "{wav}" \'riff)\n'
    )
    return Voice(f"festival-{voice}", ("festival", "--pipe"), script)


SYNTHESISERS: Mapping[str, Synthesiser] = {
    "espeak-ng": Synthesiser(0.47, "espeak-ng", _espeak),
    "flite": Synthesiser(0.46, "flite", _flite),
    "festival": Synthesiser(0.07, "festival festvox-kallpc16k festvox-kdlpc16k festvox-us-slt-hts", _festival),
}


def available(names: Sequence[str]) -> dict[str, Synthesiser]:
    """Raises: ConfigurationError: no such synthesiser, or its program is not installed."""
    for name in names:
        if name not in SYNTHESISERS:
            raise ConfigurationError(f"there is no synthesiser {name!r}; there are {', '.join(SYNTHESISERS)}")
        if shutil.which(name) is None:
            raise ConfigurationError(f"the program {name} is not installed; on Debian: apt install {SYNTHESISERS[name].packages}")
    return {name: SYNTHESISERS[name] for name in names}


def draw(synthesisers: Mapping[str, Synthesiser], text: str, wav: Path, random: np.random.Generator) -> Voice:
    """A synthesiser by its share, and a voice of it."""
    shares = np.array([synthesiser.share for synthesiser in synthesisers.values()])
    name = list(synthesisers)[int(random.choice(len(shares), p=shares / shares.sum()))]
    return synthesisers[name].voice(text, wav, random)
