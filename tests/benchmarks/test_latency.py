"""Segments as the edge sends them, percentiles by length, and a few real answers of a real server."""

from __future__ import annotations

from pathlib import Path

import google_crc32c

from benchmarks.latency import CHUNK_SAMPLES, Answered, as_rows, ask_all, figures, requests_of, segments
from cloud_server.app import running_server
from cloud_server.config import Config
from cloud_server.worker_process import RecogniserSpec
from protos.messages import AudioChunk, SegmentEnd, SegmentStart


def test_a_segment_is_sent_whole_and_its_end_says_so() -> None:
    pcm = bytes(range(256)) * 60
    start, *chunks, end = requests_of(3, pcm)
    assert isinstance(start, SegmentStart)
    assert isinstance(end, SegmentEnd)
    assert b"".join(chunk.data for chunk in chunks if isinstance(chunk, AudioChunk)) == pcm
    assert [chunk.capture_offset for chunk in chunks if isinstance(chunk, AudioChunk)] == [CHUNK_SAMPLES * at for at in range(len(chunks))]
    assert (end.sample_count, end.crc32c) == (len(pcm) // 2, google_crc32c.value(pcm))


def test_segments_have_the_length_they_are_to_have(root: Path) -> None:
    for seconds in (0.5, 8.0):
        assert {len(pcm) for pcm in segments(root, seconds)} == {round(seconds * 32_000)}


def test_waits_by_length() -> None:
    answers = [Answered(1.0, 0.010 * at, 0.010 * at + 0.002, {"infer": 0.004, "decode": 0.001 * at, "total": 9.0}) for at in range(1, 4)]
    facts = figures([*answers, Answered(8.0, 0.1, 0.1, {"infer": 0.05})])
    assert list(facts) == ["1 s", "8 s"]
    assert facts["1 s"]["final_ms"] == {"p50": 20.0, "p95": 29.0, "p99": 29.8}
    assert facts["1 s"]["decode_ms"] == {"p50": 2.0, "p95": 2.9, "p99": 2.98}
    assert facts["1 s"]["stages_ms"] == {"decode": 2.0, "infer": 4.0, "rest": 16.0}
    assert facts["8 s"]["segments"] == 1
    assert len(list(as_rows(facts))) == 3


async def test_a_real_server_is_asked(root: Path) -> None:
    config = Config(port=0, metrics_port=0, workers=1)
    async with running_server(config, RecogniserSpec("tests.fakes:make_stub")) as server:
        answers = [answered async for answered in ask_all(server.address, [(0.5, pcm) for pcm in segments(root, 0.5)[:2]])]
    assert [answered.seconds for answered in answers] == [0.5, 0.5]
    assert all(0 < answered.final_s <= answered.hits_s for answered in answers)
