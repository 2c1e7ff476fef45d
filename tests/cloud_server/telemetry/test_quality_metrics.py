"""Distributions in the bins that drift is measured in."""

from __future__ import annotations

from itertools import pairwise

from prometheus_client import CollectorRegistry

from cloud_server.telemetry.quality_metrics import NAMES, QualityMetrics
from models.reference import EDGES, histogram
from protos.messages import FinalReason


def test_every_measure_of_a_reference_has_its_metric() -> None:
    assert NAMES.keys() == EDGES.keys()


def test_bins_hold_what_those_of_a_reference_hold() -> None:
    registry = CollectorRegistry()
    metrics, values = QualityMetrics(registry), (-70.0, -31.0, -22.0, -22.0, -3.0)
    for value in values:
        metrics.measured({"level_dbfs": value}, ())
    upto = [registry.get_sample_value("asr_quality_level_dbfs_bucket", {"le": str(float(edge))}) or 0 for edge in EDGES["level_dbfs"]]
    assert [round(later - earlier) for earlier, later in pairwise([0, *upto, 5])] == list(histogram("level_dbfs", values))


def test_an_empty_final_is_counted_with_its_seconds_and_has_no_confidence() -> None:
    registry = CollectorRegistry()
    metrics = QualityMetrics(registry)
    metrics.finished(FinalReason.NO_SPEECH, 2.0)
    metrics.finished(FinalReason.RECOGNIZED, 3.0)
    metrics.measured({"seconds": 2.0}, ["quiet"])
    assert registry.get_sample_value("asr_quality_finals_total", {"kind": "no_speech"}) == 1
    assert registry.get_sample_value("asr_quality_finals_total", {"kind": "too_short"}) == 0
    assert registry.get_sample_value("asr_quality_audio_seconds_total") == 5.0
    assert registry.get_sample_value("asr_quality_confidence_count") == 0
    assert registry.get_sample_value("asr_quality_flags_total", {"flag": "quiet"}) == 1


def test_words_that_nobody_can_be_heard_to_say_are_counted_apart() -> None:
    registry = CollectorRegistry()
    QualityMetrics(registry).typed(["find", "pho", "recipes"], frozenset({"find", "recipes"}))
    assert registry.get_sample_value("asr_quality_typed_words_total", {"lexicon": "in"}) == 2
    assert registry.get_sample_value("asr_quality_typed_words_total", {"lexicon": "out"}) == 1
