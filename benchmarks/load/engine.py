"""What the pipeline costs without a server around it: features, ONNX, decoding and search in one process, no gRPC, no event loop, no pipe.

`python -m benchmarks.load.engine` reads one line of JSON and answers with one. As many of these run at once as the server has workers: what they take
from each other (caches, memory bandwidth), a server's workers take from each other too, and it is no cost of the server's.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path

from benchmarks.load.script import Recording, scripts
from benchmarks.replies import own_standard_output
from cloud_server.catalogues import load_catalogues
from cloud_server.search.backend import SearchBackend
from cloud_server.search.fit import fits
from cloud_server.search.heard import Heard
from cloud_server.search.ranking import rank
from cloud_server.worker_process import FittingRecogniser, Recogniser, load_recogniser
from models.bundle import default_bundle_dir
from protos.errors import ConfigurationError
from protos.messages import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ

MAX_HITS = 10


def hear_and_search(recogniser: Recogniser, engine: SearchBackend, pcm: bytes) -> int:
    """As `cloud_server.core` does for a final result. Returns: how many hits."""
    recognition = recogniser.recognize(pcm, 0)
    heard = Heard(recognition.alternatives, recognition.sounds)
    if not heard.alternatives or not heard.is_speech:
        return 0
    candidates, fitting = engine.candidates(heard), None
    if heard.sounds is not None and candidates and isinstance(recogniser, FittingRecogniser):
        phrases = [candidate.phrases(heard.sounds.head) for candidate in candidates]
        fitting = fits(heard, phrases, recogniser.fit(heard.sounds.log_probs, [phrase for ways in phrases for phrase in ways]))
    return len(rank(candidates, fitting, MAX_HITS, engine.weights))


def measure(bundle: Path | None, segments: Sequence[bytes], seconds: float) -> tuple[float, float]:
    """Processor seconds, and seconds of audio. Whole rounds over the segments, for at least `seconds` of processor time."""
    recogniser, _ = load_recogniser(str(bundle or default_bundle_dir()))
    with tempfile.TemporaryDirectory(prefix="harken-engine-", ignore_cleanup_errors=True) as scratch:
        engine = load_catalogues((), (), Path(scratch)).engine("recipes")
        for pcm in segments:  # the first runs allocate
            hear_and_search(recogniser, engine, pcm)
        audio_s, begin_s = 0.0, time.process_time()
        for number, pcm in enumerate(cycle(segments), 1):
            hear_and_search(recogniser, engine, pcm)
            audio_s += len(pcm) / BYTES_PER_SAMPLE / SAMPLE_RATE_HZ
            if number % len(segments) == 0 and time.process_time() - begin_s >= seconds:
                break
        return time.process_time() - begin_s, audio_s


def engine_cpu_per_audio_s(bundle: Path | None, recordings: Sequence[Recording], processes: int, seconds: float) -> float:
    """The mean of `processes` at once. Raises: ConfigurationError: one failed; its own words are on standard error."""
    asked = json.dumps({"bundle": bundle and str(bundle), "recordings": [[one.audio, one.text] for one in recordings], "seconds": seconds})
    with ExitStack() as stack:
        command = [sys.executable, "-m", "benchmarks.load.engine"]
        running = [stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)) for _ in range(processes)]
        for process in running:
            assert process.stdin is not None  # noqa: S101
            process.stdin.write(asked + "\n")
            process.stdin.flush()
        told = list(_answers(running))
    return sum(cpu_s for cpu_s, _ in told) / sum(audio_s for _, audio_s in told)


def _answers(running: Sequence[subprocess.Popen[str]]) -> Iterator[tuple[float, float]]:
    for process in running:
        assert process.stdout is not None  # noqa: S101
        line = process.stdout.readline()
        if not line:
            raise ConfigurationError(f"the pipeline without a server ended with exit code {process.wait()}; its own words are above")
        yield tuple(json.loads(line))


def main() -> None:
    replies = own_standard_output()
    asked = json.loads(sys.stdin.readline())
    made = scripts([Recording(*row) for row in asked["recordings"]], interim=False)
    segments = [spoken.pcm for script in made for spoken in script.segments]
    print(json.dumps(measure(asked["bundle"] and Path(asked["bundle"]), segments, asked["seconds"])), file=replies, flush=True)


if __name__ == "__main__":
    main()
