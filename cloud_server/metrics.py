"""Every metric this process exports, declared once, with closed label sets and zeros exported in advance. Counts; decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from cloud_server.security.refusal import REASONS as REFUSAL_REASONS
from cloud_server.status import CODES
from cloud_server.telemetry.buckets import FAST_S, LATENCY_S, SEARCH_S
from cloud_server.telemetry.edge_metrics import EdgeMetrics
from cloud_server.telemetry.process_metrics import ProcessMetrics
from cloud_server.telemetry.quality_metrics import QualityMetrics
from cloud_server.telemetry.queue_metrics import PRIORITIES, QueueMetrics
from cloud_server.telemetry.worker_usage import WorkerUsage
from protos.messages import CatalogueInfo, ModelInfo, Priority, Reject, RejectReason, Result, SearchOutcome

STAGES = ("queue", "features", "infer", "decode", "search", "total")
ANSWER = "answer"
"""From the segment's end to its last answer: total and search, which the objective is about."""
OUTCOME_OF_REJECT: dict[RejectReason, str] = {
    RejectReason.OVERLOADED: "shed",
    RejectReason.DRAINING: "shed",
    RejectReason.DEADLINE: "deadline",
    RejectReason.INTERNAL: "server_error",
    RejectReason.CANCELLED: "cancelled",
}
"""Every other reason is the client's: client_error."""
OUTCOMES = ("ok", "shed", "deadline", "server_error", "client_error", "cancelled")
REASONS: dict[RejectReason, str] = {reason: reason.name.lower() for reason in RejectReason if reason is not RejectReason.UNSPECIFIED}
INTERIM_OUTCOMES = ("made", "dropped")
RESCORING_OUTCOMES = ("done", "skipped")
LOAD_OUTCOMES = ("loaded", "refused")
KEEPING_OUTCOMES = ("kept", "lost")
FEEDBACK_KINDS = ("clicked", "corrected", "gave_up", "asked_again")
SEARCH_OUTCOMES: dict[SearchOutcome, str] = {SearchOutcome.FOUND: "ok", SearchOutcome.NOTHING_FOUND: "empty", SearchOutcome.UNAVAILABLE: "error"}
CACHE_OUTCOMES = {
    "read": ("hit", "miss", "corrupt", "error", "refused", "bypass"),
    "watch": ("hit", "miss", "corrupt", "error", "refused", "bypass"),
    "write": ("stored", "removed", "error", "refused", "bypass", "dropped", "oversized"),
}
"""Of what servers share in Redis. watch: for sessions taken elsewhere. refused: it said no; bypass: it is left alone; dropped: too many waited."""
SEARCH_TIMEOUT = "timeout"
"""Of those unavailable, the ones that took too long."""
STREAM_CODES = ("OK", *sorted({code.name for code in CODES.values()}))


class Metrics:
    """One registry for one server; tests make as many as they like."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        self.worker_usage = WorkerUsage()
        registry.register(self.worker_usage)
        self.process = ProcessMetrics(registry)
        self.queue = QueueMetrics(registry)
        self.edges = EdgeMetrics(registry)
        self.quality = QualityMetrics(registry)
        self._segments = Counter("asr_server_segments", "Segments by outcome; each counts once.", ["outcome", "priority"], registry=registry)
        self._segment_seconds = Histogram(
            "asr_server_segment_seconds", "Time of an answered segment by stage.", ["stage"], buckets=LATENCY_S, registry=registry
        )
        self._rejects = Counter("asr_server_rejects", "Rejected segments and calls by reason.", ["reason"], registry=registry)
        self._interims = Counter("asr_server_interims", "Interim results asked for, by outcome.", ["outcome"], registry=registry)
        self.auth_failures = Counter("asr_server_auth_failures", "Calls turned away for their token, by reason.", ["reason"], registry=registry)
        self.streams = Gauge("asr_server_streams", "Open sessions.", ["transport"], registry=registry)
        self.streams_started = Counter("asr_server_streams_started", "Sessions ever opened.", registry=registry)
        self.stream_ends = Counter("asr_server_stream_ends", "Sessions ended, by gRPC status.", ["code"], registry=registry)
        self.duplicates = Counter("asr_server_duplicates", "Segments that came again and got their first answer.", registry=registry)
        self.pending_results = Gauge("asr_server_pending_results", "Responses that clients have not read yet.", registry=registry)
        self._model = Gauge("asr_model_info", "The model that answers.", ["model", "version", "quant", "sha8"], registry=registry)
        self._searches = Counter("asr_search_requests", "Searches by outcome.", ["outcome"], registry=registry)
        self.search_gated = Counter("asr_search_gated", "Segments too little like speech to be searched for.", registry=registry)
        self._rescorings = Counter("asr_search_rescorings", "Searches whose hits the audio was to order.", ["outcome"], registry=registry)
        self._search_seconds = Histogram("asr_search_seconds", "Time of a search.", buckets=SEARCH_S, registry=registry)
        self._search_documents = Gauge("asr_search_index_docs", "Documents in the index.", ["catalogue"], registry=registry)
        self._search_built = Gauge("asr_search_index_built_timestamp_seconds", "When the index was written.", ["catalogue"], registry=registry)
        self._index_loads = Counter("asr_search_index_loads", "Indexes that changed and were loaded anew.", ["outcome"], registry=registry)
        self._words = Counter("asr_model_words", "Times that catalogues' words were made for workers to hear.", ["outcome"], registry=registry)
        self.feedback = Counter("asr_server_feedback", "Feedback by kind.", ["kind"], registry=registry)
        self._feedback_kept = Counter("asr_server_feedback_kept", "Feedback that was to be kept.", ["outcome"], registry=registry)
        self._cache_requests = Counter(
            "asr_cache_requests", "Reads and writes of answers and sessions that servers share in Redis.", ["operation", "outcome"], registry=registry
        )
        self.cache_seconds = Histogram("asr_cache_seconds", "Time of a read or write of Redis.", buckets=FAST_S, registry=registry)
        self.cache_breaker_open = Gauge("asr_cache_breaker_open", "1 while Redis is not asked, because it failed.", registry=registry)
        self._export_zeros()

    def answered(self, answer: Result | Reject, priority: Priority, exemplar: dict[str, str] | None = None) -> None:
        """A segment's one outcome left the server. exemplar: the trace it belongs to."""
        outcome = OUTCOME_OF_REJECT.get(answer.reason, "client_error") if isinstance(answer, Reject) else "ok"
        self._segments.labels(outcome, PRIORITIES.get(priority, "live")).inc()
        if isinstance(answer, Reject):
            self.rejected(answer.reason)
            return
        took_s = {timing.stage: timing.duration for timing in answer.stage_timings}
        for stage in STAGES:
            if stage in took_s:
                self._segment_seconds.labels(stage).observe(took_s[stage], exemplar)
        if "total" in took_s:
            self._segment_seconds.labels(ANSWER).observe(took_s["total"] + took_s.get("search", 0.0), exemplar)

    def rejected(self, reason: RejectReason) -> None:
        self._rejects.labels(REASONS.get(reason, "internal")).inc()

    def interim_made(self, *, made: bool) -> None:
        self._interims.labels("made" if made else "dropped").inc()

    def searched(self, outcome: SearchOutcome, seconds: float, *, is_late: bool = False) -> None:
        self._searches.labels(SEARCH_TIMEOUT if is_late else SEARCH_OUTCOMES.get(outcome, "error")).inc()
        self._search_seconds.observe(seconds)

    def rescored(self, *, done: bool) -> None:
        self._rescorings.labels("done" if done else "skipped").inc()

    def catalogues_changed(self, catalogues: Iterable[CatalogueInfo], built_s: Mapping[str, float]) -> None:
        """built_s: name -> when its index was written, in Unix time."""
        for catalogue in catalogues:
            self._search_documents.labels(catalogue.name).set(catalogue.documents)
            self._search_built.labels(catalogue.name).set(built_s[catalogue.name])

    def index_loaded(self, *, done: bool) -> None:
        self._index_loads.labels("loaded" if done else "refused").inc()

    def words_made(self, done: bool) -> None:
        self._words.labels("loaded" if done else "refused").inc()

    def feedback_written(self, *, done: bool) -> None:
        self._feedback_kept.labels("kept" if done else "lost").inc()

    def cache_asked(self, operation: str, outcome: str) -> None:
        self._cache_requests.labels(operation, outcome).inc()

    def model_loaded(self, model: ModelInfo) -> None:
        self._model.labels(model.model_id, model.version, model.quantization, model.sha256[:8]).set(1)

    def _export_zeros(self) -> None:
        for outcome in OUTCOMES:
            for priority in PRIORITIES.values():
                self._segments.labels(outcome, priority)
        for stage in (*STAGES, ANSWER):
            self._segment_seconds.labels(stage)
        for reason in REASONS.values():
            self._rejects.labels(reason)
        for outcome in INTERIM_OUTCOMES:
            self._interims.labels(outcome)
        for why in (*REFUSAL_REASONS, "scope"):
            self.auth_failures.labels(why)
        for search_outcome in (*SEARCH_OUTCOMES.values(), SEARCH_TIMEOUT):
            self._searches.labels(search_outcome)
        for outcome in RESCORING_OUTCOMES:
            self._rescorings.labels(outcome)
        for kind in FEEDBACK_KINDS:
            self.feedback.labels(kind)
        for outcome in LOAD_OUTCOMES:
            self._index_loads.labels(outcome)
            self._words.labels(outcome)
        for outcome in KEEPING_OUTCOMES:
            self._feedback_kept.labels(outcome)
        for operation, outcomes in CACHE_OUTCOMES.items():
            for outcome in outcomes:
                self._cache_requests.labels(operation, outcome)
        self.streams.labels("grpc")
        for code in STREAM_CODES:
            self.stream_ends.labels(code)
