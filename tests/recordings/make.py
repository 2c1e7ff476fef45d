"""Speaks six synthetic recipe queries (flite, festival with festvox-us-slt-hts, espeak-ng) as FLAC and queries.jsonl; recognises nothing."""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

HERE = Path(__file__).resolve().parent
CATALOGUE = HERE.parents[1] / "cloud_server" / "search" / "catalogues" / "recipes.jsonl"
RATE_HZ = 16_000
PEAK = 10 ** (-6 / 20)
NOISE_RMS = 10 ** (-60 / 20)
MARGIN_S = (0.4, 0.6)
EDGE, EDGE_SAMPLES = 0.01, 320  # quieter than 1 % of the peak is the engine's own silence, replaced but for 20 ms (soft onsets)
Waveform = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Query:
    """One spoken query; `stretch` is the duration relative to the voice's own pace (above 1 is slower)."""

    recipe_id: str
    text: str
    engine: str
    voice: str
    stretch: float = 1.0


QUERIES = (
    Query("fresh-tomato-salsa", "search for fresh tomato salsa", "flite", "slt", 1.15),
    Query("pumpkin-pie", "what goes in pumpkin pie", "flite", "rms", 1.25),
    Query("garlic-shrimp", "find a recipe for garlic shrimp", "flite", "rms", 1.15),
    Query("holy-basil-chicken", "how do i make holy basil chicken", "flite", "awb", 1.15),
    Query("sweet-and-sour-pork", "i want to make sweet and sour pork", "festival", "cmu_us_slt_arctic_hts"),
    Query("pork-dumplings", "show me pork dumplings", "espeak-ng", "en-gb", 1.15),
)


def speak(query: Query, wav: Path) -> None:
    """Write the engine's own rendering to `wav`; raises CalledProcessError where it fails, FileNotFoundError where it is not installed."""
    spoken = f'(utt.save.wave (utt.synth (Utterance Text "{query.text}")) "{wav}" \'riff)'
    commands = {
        "flite": ["flite", "-voice", query.voice, "--setf", f"duration_stretch={query.stretch}", "-t", query.text, "-o", str(wav)],
        "festival": ["festival", "--batch", f"(voice_{query.voice})", f"(Parameter.set 'Duration_Stretch {query.stretch})", spoken],
        "espeak-ng": ["espeak-ng", "-v", query.voice, "-s", str(round(155 / query.stretch)), "-w", str(wav), query.text],
    }
    subprocess.run(commands[query.engine], check=True, capture_output=True)


def record(speech: Waveform, noise: np.random.Generator) -> Waveform:
    """Set speech (S,) at 16 kHz to the peak, with 0.4-0.6 s of margin either side and white noise under all of it."""
    loud = np.flatnonzero(np.abs(speech) > EDGE * np.abs(speech).max())
    cut = speech[max(0, loud[0] - EDGE_SAMPLES) : loud[-1] + EDGE_SAMPLES]
    before, after = (int(RATE_HZ * seconds) for seconds in noise.uniform(*MARGIN_S, size=2))
    clip = np.pad(cut * (PEAK / np.abs(cut).max()), (before, after))
    return np.asarray(clip + noise.normal(0, NOISE_RMS, len(clip)))


def row(query: Query) -> dict[str, Any]:
    """The query's line of queries.jsonl."""
    voice = f"{query.engine}-{query.voice}"
    return {"audio": f"{query.recipe_id}.flac", "text": query.text, "recipe_id": query.recipe_id, "voice": voice, "synthetic": True}


def main() -> None:
    """Write every FLAC and queries.jsonl beside this file; raises KeyError for a recipe that the catalogue lacks."""
    titles = {recipe["id"]: recipe["title"] for recipe in map(json.loads, CATALOGUE.read_text("utf-8").splitlines())}
    for number, query in enumerate(QUERIES):
        with tempfile.TemporaryDirectory() as folder:
            speak(query, Path(folder, "spoken.wav"))
            spoken, rate_hz = soundfile.read(Path(folder, "spoken.wav"))
        clip = record(soxr.resample(spoken, rate_hz, RATE_HZ), np.random.default_rng(number))
        soundfile.write(HERE / f"{query.recipe_id}.flac", clip, RATE_HZ, subtype="PCM_16")
        print(f"{query.recipe_id}.flac {len(clip) / RATE_HZ:.2f} s: {titles[query.recipe_id]}")
    (HERE / "queries.jsonl").write_text("".join(json.dumps(row(query)) + "\n" for query in QUERIES), "utf-8")


if __name__ == "__main__":
    main()
