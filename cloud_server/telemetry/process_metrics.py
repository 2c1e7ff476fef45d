"""Metrics of the server process as a whole: ready, late, draining, probed; how full its disks are and how long its certificate lasts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from cloud_server.telemetry.buckets import FAST_S, LATENCY_S
from cloud_server.telemetry.disk_room import DiskRoom

FOLDERS = ("scratch", "feedback")
PROBE_OUTCOMES = ("answered", "failed")


class ProcessMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.ready = Gauge("asr_server_ready", "1 when new sessions are taken.", registry=registry)
        self.draining = Gauge("asr_server_draining", "1 after a stop was asked for.", registry=registry)
        self.drain_s = Histogram("asr_server_drain_seconds", "From the wish to stop to the last answer.", buckets=LATENCY_S, registry=registry)
        self.loop_lag_s = Histogram("asr_server_event_loop_lag_seconds", "How late the event loop woke.", buckets=FAST_S, registry=registry)
        self._probe = Gauge("asr_probe_success", "1 while the synthetic segment is answered.", registry=registry)
        self._probes = Counter("asr_probe_segments", "Synthetic segments by outcome.", ["outcome"], registry=registry)
        self._probe_s = Histogram("asr_probe_seconds", "Time of a synthetic segment.", buckets=LATENCY_S, registry=registry)
        self._certificate = Gauge(
            "asr_server_certificate_expiry_timestamp_seconds", "When the certificate of the gRPC port ends; 0 without TLS.", registry=registry
        )
        self._disk = Gauge("asr_server_disk_free_ratio", "Of the disk that holds a folder; 1 where none is used.", ["folder"], registry=registry)
        for folder in FOLDERS:
            self._disk.labels(folder).set(1)
        for outcome in PROBE_OUTCOMES:
            self._probes.labels(outcome)

    def probed(self, is_answered: bool, seconds: float) -> None:
        self._probe.set(int(is_answered))
        self._probes.labels("answered" if is_answered else "failed").inc()
        self._probe_s.observe(seconds)

    def watch_disk(self, folder: str, path: Path) -> None:
        """folder: one of FOLDERS."""
        self._disk.labels(folder).set_function(DiskRoom(path))

    def watch_certificate(self, expiry_s: Callable[[], float]) -> None:
        """expiry_s: in Unix time, asked at every scrape: the file is replaced while the server runs."""
        self._certificate.set_function(expiry_s)
