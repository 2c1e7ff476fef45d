"""What edges report, added up; what makes no sense adds nothing."""

from __future__ import annotations

from dataclasses import fields

from prometheus_client import CollectorRegistry

from cloud_server.telemetry.edge_metrics import AUDIO, OUTCOMES, EdgeMetrics
from protos.messages import MAX_REPORTED_TIMES, EdgeReport, MicrophoneState

REPORT = EdgeReport(
    period=30.0,
    captured=30.0,
    voiced=8.0,
    sent=10.0,
    speech_missed=0.5,
    bytes_sent=320_000,
    bytes_saved=640_000,
    reconnects=3,
    reconnects_asked=1,
    microphone_state=MicrophoneState.OK,
    microphone_restarts=1,
    overruns=2,
    spooled_segments=1,
    spooled_bytes=64_000,
    finals=4,
    empties=1,
    rejected=1,
    lost=1,
    end_to_end=(0.2, 0.4, 1.0, 3.0),
    first_interim=(0.6,),
    oldest_unanswered=7.0,
    connect_failures=5,
    spool_recovered=1,
)


def value(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(name, labels)


def test_reports_add_up() -> None:
    registry = CollectorRegistry()
    metrics = EdgeMetrics(registry, lambda: 1000.0)
    metrics.reported("a", REPORT)
    metrics.reported("b", REPORT)
    assert value(registry, "asr_edge_audio_seconds_total", kind="captured") == 60.0
    assert value(registry, "asr_edge_audio_seconds_total", kind="missed") == 1.0
    assert value(registry, "asr_edge_segments_total", outcome="final") == 8
    assert value(registry, "asr_edge_segments_total", outcome="lost") == 2
    assert value(registry, "asr_edge_e2e_seconds_count") == 8
    assert value(registry, "asr_edge_e2e_seconds_bucket", le="1.0") == 6
    assert value(registry, "asr_edge_first_partial_seconds_count") == 2
    assert value(registry, "asr_edge_audio_bytes_total", kind="saved") == 1_280_000
    assert value(registry, "asr_edge_reconnects_total", reason="network") == 4
    assert value(registry, "asr_edge_reconnects_total", reason="goaway") == 2
    assert value(registry, "asr_edge_connect_failures_total") == 10
    assert value(registry, "asr_edge_overruns_total") == 4
    assert value(registry, "asr_edge_mic_restarts_total") == 2
    assert value(registry, "asr_edge_spool_recovered_total") == 2
    assert value(registry, "asr_edge_microphones", state="ok") == 2
    assert value(registry, "asr_edge_spool_segments") == 2
    assert value(registry, "asr_edge_spool_oldest_timestamp_seconds") == 993.0


def test_an_edge_that_left_holds_nothing_that_anybody_knows_of() -> None:
    registry = CollectorRegistry()
    metrics = EdgeMetrics(registry, lambda: 1000.0)
    metrics.reported("a", REPORT)
    metrics.left("a")
    assert value(registry, "asr_edge_spool_bytes") == 0
    assert value(registry, "asr_edge_spool_oldest_timestamp_seconds") == 0
    assert value(registry, "asr_edge_microphones", state="ok") == 0
    assert value(registry, "asr_edge_segments_total", outcome="final") == 4


def test_a_report_that_makes_no_sense_lowers_no_counter_and_fills_no_histogram() -> None:
    registry = CollectorRegistry()
    EdgeMetrics(registry).reported("a", EdgeReport(captured=-3.0, reconnects=1, reconnects_asked=9, end_to_end=(-1.0,) * 10_000))
    assert value(registry, "asr_edge_audio_seconds_total", kind="captured") == 0
    assert value(registry, "asr_edge_reconnects_total", reason="network") == 0
    assert value(registry, "asr_edge_e2e_seconds_count") == MAX_REPORTED_TIMES


def test_every_field_of_a_report_is_set_above_and_so_counted_or_known() -> None:
    assert {field.name for field in fields(EdgeReport) if getattr(REPORT, field.name) == field.default} == set()
    assert AUDIO.keys() | OUTCOMES.keys() <= {field.name for field in fields(EdgeReport)}
