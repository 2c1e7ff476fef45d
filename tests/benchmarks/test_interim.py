"""The figures count what they say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.interim import Heard, figures, measure_interims
from models.bundle import default_bundle_dir, load_bundle
from models.interim.listener import hop_samples
from models.records import Partial
from protos.errors import ConfigurationError
from protos.messages import Word


def partial(text: str, stable: int) -> Partial:
    return Partial(tuple(Word(word) for word in text.split()), stable)


def heard(*shown: Partial, final: str = "apple pie", first_ms: float = 100.0) -> Heard:
    return Heard(2.0, 0.01, 0.03, 0.01, first_ms, first_ms + 100, list(shown), tuple(final.split()))


def test_what_merely_grows_is_no_revision_and_what_was_promised_may_not_change() -> None:
    calm = heard(partial("app", 0), partial("apple", 0), partial("apple pie", 1), partial("apple pies", 1))
    restless = heard(partial("an", 0), partial("the apple", 1), partial("apple pie", 1))
    assert (calm.revisions, calm.revoked) == (0, 0)
    assert (restless.revisions, restless.revoked) == (2, 1)


def test_figures_are_sums_over_segments_and_latencies_their_percentiles() -> None:
    facts = figures([heard(partial("apple pies", 1)), heard(partial("apple pie", 2), first_ms=300.0), Heard(4.0, 0.02)])
    assert facts == {
        "segments": 3, "audio_s": 8.0, "offline_rtf": 0.005, "interim_cost": 1.5, "interim_cost_with_final": 2.5, "decode_cost": 0.5,
        "live_streams_per_core": 66.7,
        "first_result_ms": {"p50": 200.0, "p95": 290.0}, "first_words_ms": {"p50": 300.0, "p95": 390.0}, "shown_per_s": 0.25, "revisions_per_s": 0.0,
        "promised_words": 3, "promises_revoked": 0, "last_partial_against_final_wer": 0.25,
    }  # fmt: skip


def test_recordings_are_measured_from_the_edge_to_the_last_partial(tmp_path: Path, root: Path) -> None:
    (tmp_path / "one.jsonl").write_text(json.dumps({"audio": str(root / "tests/recordings/pumpkin-pie.flac"), "text": "pumpkin pie"}) + "\n")
    clips: list[int] = []
    facts = measure_interims(tmp_path / "one.jsonl", tmp_path, None, 60, clips.append)
    assert clips == [1]
    hop_ms = hop_samples(load_bundle(default_bundle_dir()).manifest.clock) / 16
    assert (facts["clips"], facts["hop_ms"], facts["segments"], facts["promises_revoked"]) == (1, hop_ms, 1, 0)
    assert facts["interim_cost"] > 0
    assert facts["promised_words"] > 0


def test_a_manifest_that_is_nowhere_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.jsonl: is neither here nor under"):
        measure_interims(Path("none.jsonl"), tmp_path, None, 1, lambda _: None)
