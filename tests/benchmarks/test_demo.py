"""The demo, run whole: real processes, real bundle, real recordings."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.demo import human_queries, run_demo, synthetic_queries
from protos.errors import ConfigurationError


def test_the_six_recordings_are_spoken_by_at_least_three_synthesisers(root: Path) -> None:
    queries = synthetic_queries(root)
    assert len(queries) == 6
    assert len({query.voice.split("-")[0] for query in queries}) >= 3
    assert all(query.audio.stat().st_size < 100_000 for query in queries)


def test_the_demo_shows_every_segment_and_finds_most_recipes(root: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    found = run_demo(root, tmp_path)
    out = capfd.readouterr().out
    assert found >= 4
    assert out.count("->") >= 6
    for part in ("server on 127.0.0.1:", "infer", "end to end", "/metrics after", "the server has stopped"):
        assert part in out


@pytest.mark.shared
def test_real_people_are_heard_where_their_recordings_are(shared_dir: Path) -> None:
    assert len(human_queries(shared_dir)) == 4


def test_without_recordings_the_demo_says_so(tmp_path: Path) -> None:
    assert human_queries(tmp_path) == []
    with pytest.raises(ConfigurationError, match="runs in a checkout"):
        synthetic_queries(tmp_path)
