"""Metrics of the edges, as they report them: sums of what each says happened since it last said so. Phones cannot be scraped."""

from __future__ import annotations

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from cloud_server.telemetry.buckets import LATENCY_S
from cloud_server.telemetry.edge_fleet import EdgeFleet
from protos.messages import MAX_REPORTED_TIMES, EdgeReport, MicrophoneState

AUDIO = {"captured": "captured", "voiced": "voiced", "sent": "sent", "speech_missed": "missed"}
OUTCOMES = {"finals": "final", "empties": "empty", "rejected": "rejected", "lost": "lost"}
MICROPHONES = {state: state.name.lower() for state in MicrophoneState if state is not MicrophoneState.UNSPECIFIED}


class EdgeMetrics:
    def __init__(self, registry: CollectorRegistry, wall_clock: Callable[[], float] = time.time) -> None:
        self._fleet, self._wall_clock = EdgeFleet(), wall_clock
        self._audio = Counter("asr_edge_audio_seconds", "Audio at the edges; missed: speech not sent, an estimate.", ["kind"], registry=registry)
        self._segments = Counter("asr_edge_segments", "Segments by what their speaker was shown.", ["outcome"], registry=registry)
        self._end_to_end_s = Histogram(
            "asr_edge_e2e_seconds", "From the end of speech to the last answer shown.", buckets=LATENCY_S, registry=registry
        )
        self._first_interim_s = Histogram("asr_edge_first_partial_seconds", "To the first interim result.", buckets=LATENCY_S, registry=registry)
        self._bytes = Counter("asr_edge_audio_bytes", "Audio sent, and what sending all of it would have cost more.", ["kind"], registry=registry)
        self._reconnects = Counter("asr_edge_reconnects", "Reconnects by who ended the connection before.", ["reason"], registry=registry)
        self._failures = Counter("asr_edge_connect_failures", "Attempts that ended without a session.", registry=registry)
        self._overruns = Counter("asr_edge_overruns", "Losses of samples by capture devices.", registry=registry)
        self._restarts = Counter("asr_edge_mic_restarts", "Microphones opened anew.", registry=registry)
        self._recovered = Counter("asr_edge_spool_recovered", "Segments of an earlier run, answered now.", registry=registry)
        self._microphones = Gauge("asr_edge_microphones", "Connected edges by the state of their microphone.", ["state"], registry=registry)
        self._held = Gauge("asr_edge_spool_segments", "Segments without an answer at connected edges.", registry=registry)
        self._held_bytes = Gauge("asr_edge_spool_bytes", "Their audio.", registry=registry)
        self._oldest = Gauge("asr_edge_spool_oldest_timestamp_seconds", "When the oldest of them ended; 0: there is none.", registry=registry)
        self._export_zeros()

    def reported(self, stream_id: str, report: EdgeReport) -> None:
        for field, kind in AUDIO.items():
            self._audio.labels(kind).inc(max(0.0, getattr(report, field) or 0.0))
        for field, outcome in OUTCOMES.items():
            self._segments.labels(outcome).inc(getattr(report, field))
        for seconds in report.end_to_end[:MAX_REPORTED_TIMES]:
            self._end_to_end_s.observe(max(0.0, seconds))
        for seconds in report.first_interim[:MAX_REPORTED_TIMES]:
            self._first_interim_s.observe(max(0.0, seconds))
        self._bytes.labels("sent").inc(report.bytes_sent)
        self._bytes.labels("saved").inc(report.bytes_saved)
        asked = min(report.reconnects_asked, report.reconnects)
        self._reconnects.labels("goaway").inc(asked)
        self._reconnects.labels("network").inc(report.reconnects - asked)
        self._failures.inc(report.connect_failures)
        self._overruns.inc(report.overruns)
        self._restarts.inc(report.microphone_restarts)
        self._recovered.inc(report.spool_recovered)
        self._fleet.reported(stream_id, report, self._wall_clock())
        self._show()

    def left(self, stream_id: str) -> None:
        self._fleet.left(stream_id)
        self._show()

    def _show(self) -> None:
        for state, name in MICROPHONES.items():
            self._microphones.labels(name).set(self._fleet.microphones(state))
        self._held.set(self._fleet.segments)
        self._held_bytes.set(self._fleet.audio_bytes)
        self._oldest.set(self._fleet.oldest_s or 0.0)

    def _export_zeros(self) -> None:
        for kind in AUDIO.values():
            self._audio.labels(kind)
        for outcome in OUTCOMES.values():
            self._segments.labels(outcome)
        for kind in ("sent", "saved"):
            self._bytes.labels(kind)
        for reason in ("network", "goaway"):
            self._reconnects.labels(reason)
        self._show()
