"""What `harken-edge listen` costs in a quiet room, and while somebody speaks: the program itself, fed through a pipe at the pace of a microphone."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import cycle, islice

import numpy as np

from benchmarks.load.process_cpu import tree_cpu_s
from protos.errors import ConfigurationError
from protos.messages import BYTES_PER_SAMPLE, FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE_HZ

FRAME_BYTES = FRAME_SAMPLES * BYTES_PER_SAMPLE

ROOM_DBFS = -55.0
"""The hiss of a quiet room: a detector that hears exact zeros has an easy life."""
PAUSE_S = 1.0
SETTLE_S = 3.0
"""To import and to connect."""


def room(seed: int = 0) -> Iterator[bytes]:
    """Frames of noise, for ever."""
    chance, amplitude = np.random.default_rng(seed), 32_768 * 10 ** (ROOM_DBFS / 20)
    while True:
        yield chance.normal(0.0, amplitude, FRAME_SAMPLES).astype(np.int16).tobytes()


def talk(recordings: Sequence[bytes], frames: Iterator[bytes], pause_s: float = PAUSE_S) -> Iterator[bytes]:
    """Frames of one recording after the other, for ever, and in between so much of the room as a person needs to think."""
    for pcm in cycle(recordings):
        yield from (pcm[start : start + FRAME_BYTES] for start in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES))
        yield from islice(frames, int(pause_s * 1000) // FRAME_MS)


@contextmanager
def _fed(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Killed at the end: what a room has to say is never over."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        with suppress(BrokenPipeError):  # what is still buffered for it
            process.stdin.close()  # type: ignore[union-attr]


def listening_cores(
    server: str, seconds: float, frames: Iterator[bytes], cpu_s: Callable[[int], float] = tree_cpu_s, clock: Callable[[], float] = time.monotonic
) -> float:
    """Of one core, while it hears `frames`. Capture by PortAudio is not in it. Raises: ConfigurationError: the program ended."""
    command = [sys.executable, "-m", "edge_client", "listen", "--stdin", "--rate", str(SAMPLE_RATE_HZ), "--server", server, "--json"]
    with _fed(command) as process:
        assert process.stdin is not None  # noqa: S101
        begin_s, sent, since = clock(), 0, None
        try:
            while (now_s := clock() - begin_s) < SETTLE_S + seconds:
                if since is None and now_s >= SETTLE_S:
                    since = now_s, cpu_s(process.pid)
                while sent * FRAME_MS / 1000 <= now_s:
                    process.stdin.write(next(frames))
                    sent += 1
                process.stdin.flush()
                time.sleep(FRAME_MS / 1000)
            used_s, now_s = cpu_s(process.pid), clock() - begin_s
        except BrokenPipeError as error:
            raise ConfigurationError(f"harken-edge ended with exit code {process.wait()}; its own words are above") from error
    assert since is not None  # noqa: S101 - the loop lasts longer than SETTLE_S
    return (used_s - since[1]) / (now_s - since[0])
