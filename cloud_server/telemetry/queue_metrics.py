"""Metrics of the queue and the workers: what waits, for how long, what never got its turn, and how busy each kind of work keeps the workers."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from cloud_server.schedule import Schedule
from cloud_server.telemetry.buckets import LATENCY_S, REAL_TIME
from cloud_server.telemetry.pool_watch import PoolWatch
from protos.messages import Priority

PRIORITIES: dict[Priority, str] = {Priority.LIVE: "live", Priority.CATCHUP: "catchup"}
DROPS = ("shed", "deadline", "cancelled")
WORK = ("recognize", "early", "listen", "fit")
"""early: of speech that may be over."""
EARLY = ("begun", "used", "busy")
"""Of pauses. used, of those begun: the segment ended there; busy: no worker had time."""
MODEL_LOADS = ("loaded", "refused", "late", "died")
"""refused: the bundle or the vocabulary cannot be used; late: not ready in time, and ended; died: it ended by itself."""
RENEWALS = ("renewed", "failed")
"""failed: whoever was not replaced serves on."""


class QueueMetrics(PoolWatch):
    def __init__(self, registry: CollectorRegistry) -> None:
        self._queued_s = Gauge("asr_queue_queue_audio_seconds", "Audio waiting for a worker.", ["priority"], registry=registry)
        self._queued = Gauge("asr_queue_queue_segments", "Segments waiting for a worker.", registry=registry)
        self.limit_s = Gauge("asr_queue_limit", "Audio seconds that may wait.", registry=registry)
        self._wait_s = Histogram("asr_queue_wait_seconds", "Wait of a segment for its worker.", buckets=LATENCY_S, registry=registry)
        self._dropped = Counter("asr_queue_dropped", "Segments that waited and never reached a worker.", ["reason"], registry=registry)
        self._poison = Counter("asr_queue_poison", "Segments that two workers died of.", registry=registry)
        self._busy_s = Counter("asr_worker_busy_seconds", "Time workers spent, by what they were asked.", ["work"], registry=registry)
        self._real_time = Histogram("asr_model_rtf", "Worker seconds for a second of audio.", buckets=REAL_TIME, registry=registry)
        self._restarts = Counter("asr_model_restarts", "Workers replaced after a crash or a hang.", registry=registry)
        self._loads = Counter("asr_model_loads", "Models that workers loaded, by outcome.", ["outcome"], registry=registry)
        self._renewals = Counter("asr_worker_renewals", "Workers replaced by those of a newer vocabulary.", ["outcome"], registry=registry)
        self._early = Counter("asr_early_results", "Pauses that speech may end with, recognised at once.", ["outcome"], registry=registry)
        self._not_finite = Counter("asr_model_nonfinite_outputs", "Segments whose model output was no number.", registry=registry)
        for name in PRIORITIES.values():
            self._queued_s.labels(name)
        for why in DROPS:
            self._dropped.labels(why)
        for work in WORK:
            self._busy_s.labels(work)
        for outcome in EARLY:
            self._early.labels(outcome)
        for outcome in MODEL_LOADS:
            self._loads.labels(outcome)
        for outcome in RENEWALS:
            self._renewals.labels(outcome)

    def queue_changed(self, schedule: Schedule) -> None:
        for priority, name in PRIORITIES.items():
            self._queued_s.labels(name).set(schedule.queued_audio_s(priority))
        self._queued.set(len(schedule))

    def dropped(self, why: str) -> None:
        self._dropped.labels(why).inc()

    def recognized(self, audio_s: float, queue_s: float, busy_s: float) -> None:
        self.worked("recognize", busy_s)
        self._wait_s.observe(max(0.0, queue_s))
        if audio_s > 0:
            self._real_time.observe(busy_s / audio_s)

    def early(self, outcome: str) -> None:
        self._early.labels(outcome).inc()

    def confirmed(self, audio_s: float, busy_s: float) -> None:
        self.early("used")
        self._wait_s.observe(0.0)
        if audio_s > 0:
            self._real_time.observe(busy_s / audio_s)

    def worked(self, work: str, busy_s: float) -> None:
        self._busy_s.labels(work).inc(max(0.0, busy_s))

    def not_finite(self) -> None:
        self._not_finite.inc()

    def poisoned(self) -> None:
        self._poison.inc()

    def model_loaded(self, outcome: str) -> None:
        self._loads.labels(outcome).inc()

    def renewed(self, outcome: str) -> None:
        self._renewals.labels(outcome).inc()

    def restarted(self) -> None:
        self._restarts.inc()
