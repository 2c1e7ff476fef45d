"""One recogniser in a process of its own, on one core: answers each JSON line {do: hear, path} with one, as `benchmarks.worker` asks.

Each peer's libraries are imported inside its function: .venv-accuracy-peers has what they need, .venv what ours needs.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from benchmarks.replies import own_standard_output

Samples = npt.NDArray[np.float32]
Hear = Callable[[Samples], str]
"""(S,) float32 at 16 kHz -> text, written as the recogniser writes."""


def harken(bundle: str) -> Hear:
    """Ours: the whole recogniser that serves, decoder included."""
    from models.bundle import load_bundle  # noqa: PLC0415 - peers' environment cannot open it
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
    return _whisper("whisper-tiny-en")


def whisper_base(_: str) -> Hear:
    return _whisper("whisper-base")


def _whisper(name: str) -> Hear:
    """Whisper (MIT) for CTranslate2, INT8, greedy."""
    from models.data.teachers import open_teacher  # noqa: PLC0415

    teacher = open_teacher(name)
    return lambda samples: teacher.transcribe(samples).text


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
    """NAME BUNDLE: on one core, so that every recogniser has as much."""
    replies = own_standard_output()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    hear = {OURS: harken, **PEERS}[sys.argv[1]](sys.argv[2])
    for line in sys.stdin:
        print(json.dumps(answer(hear, json.loads(line)["path"])), file=replies, flush=True)


if __name__ == "__main__":
    main()
