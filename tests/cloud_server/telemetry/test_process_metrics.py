"""What a server says of itself."""

from __future__ import annotations

from pathlib import Path

from prometheus_client import CollectorRegistry

from cloud_server.telemetry.process_metrics import ProcessMetrics


def test_a_probe_that_failed_shows_until_one_is_answered() -> None:
    registry = CollectorRegistry()
    metrics = ProcessMetrics(registry)
    metrics.probed(False, 15.0)
    assert registry.get_sample_value("asr_probe_success") == 0
    metrics.probed(True, 0.1)
    assert registry.get_sample_value("asr_probe_success") == 1
    assert registry.get_sample_value("asr_probe_segments_total", {"outcome": "failed"}) == 1


def test_disk_and_certificate_are_looked_at_when_somebody_scrapes(tmp_path: Path) -> None:
    registry, ends = CollectorRegistry(), [1e9]
    metrics = ProcessMetrics(registry)
    assert registry.get_sample_value("asr_server_disk_free_ratio", {"folder": "scratch"}) == 1
    metrics.watch_disk("scratch", tmp_path)
    metrics.watch_certificate(lambda: ends[0])
    ends[0] = 2e9
    assert 0 <= (registry.get_sample_value("asr_server_disk_free_ratio", {"folder": "scratch"}) or 0) < 1
    assert registry.get_sample_value("asr_server_certificate_expiry_timestamp_seconds") == 2e9
