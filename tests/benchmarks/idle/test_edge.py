"""The real program in a made-up room."""

from __future__ import annotations

from itertools import islice, repeat

import numpy as np
import pytest

from benchmarks.idle.edge import ROOM_DBFS, SETTLE_S, listening_cores, room, talk
from edge_client.vad import level_dbfs
from protos.errors import ConfigurationError
from protos.messages import FRAME_SAMPLES


def test_a_room_is_as_loud_as_it_says() -> None:
    frames = room()
    pcm = b"".join(next(frames) for _ in range(50))
    assert len(pcm) == 50 * 2 * FRAME_SAMPLES
    assert level_dbfs(pcm) == pytest.approx(ROOM_DBFS, abs=1.0)
    assert np.frombuffer(pcm, np.int16).any()


def test_somebody_who_talks_pauses_between_recordings_and_never_ends() -> None:
    words, silence = [bytes([number]) * 2 * FRAME_SAMPLES for number in (1, 2)], repeat(bytes(2 * FRAME_SAMPLES))
    heard = islice(talk([words[0] * 2 + b"rest", words[1]], silence, pause_s=0.04), 10)
    assert [frame[0] for frame in heard] == [1, 1, 0, 0, 2, 0, 0, 1, 1, 0]


def test_the_programs_processor_time_is_measured_from_when_it_has_settled() -> None:
    now_s, used = iter(np.arange(0.0, 100.0, 0.5)), iter([1.0, 1.5])
    cores = listening_cores("127.0.0.1:1", 1.0, room(), lambda _: next(used), lambda: float(next(now_s)))
    assert SETTLE_S > 0
    assert cores == pytest.approx(0.5, rel=0.7)


def test_a_program_that_ends_is_said() -> None:
    with pytest.raises(ConfigurationError, match="harken-edge ended"):
        listening_cores("no address", 60.0, room())
