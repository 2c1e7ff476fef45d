"""Spans of a segment on the server, made once it is answered, from the timings that its answer carries: nothing on its way knows of tracing.

Off by default. A client's W3C traceparent, in SegmentStart or in a call's metadata, makes them part of its trace: one from microphone to hits. No
span holds a text, a name or an address.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from protos import messages as m
from protos.errors import ConfigurationError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

HEADER = "traceparent"
STAGES = ("queue", "features", "infer", "decode", "search")
"""In the order in which they follow one another."""
SECOND_NS = 1_000_000_000


class Tracing:
    def __init__(self, provider: TracerProvider | None = None) -> None:
        """provider: None: nothing is traced."""
        self._provider = provider
        self._tracer = None if provider is None else provider.get_tracer("harken-server")

    @property
    def is_on(self) -> bool:
        return self._tracer is not None

    def answered(self, traceparent: str, answer: m.Result | m.Reject, began_ns: int, now_ns: int) -> dict[str, str] | None:
        """An exemplar for the histograms that count this answer; None: tracing is off, or the client wants no trace of it."""
        if self._tracer is None:
            return None
        from opentelemetry.trace.propagation import set_span_in_context  # noqa: PLC0415
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415 - an extra

        parent = TraceContextTextMapPropagator().extract({HEADER: traceparent}) if traceparent else None
        outcome = answer.final_reason.name if isinstance(answer, m.Result) else answer.reason.name
        about: dict[str, str | int] = {"harken.segment_id": answer.segment_id, "harken.outcome": outcome.lower()}
        span = self._tracer.start_span("recognize and search", parent, attributes=about, start_time=began_ns)
        if isinstance(answer, m.Result):
            inside = set_span_in_context(span)
            for stage, start_ns, end_ns in laid_out(answer.stage_timings, began_ns):
                self._tracer.start_span(stage, inside, start_time=start_ns).end(end_ns)
        span.end(max(now_ns, began_ns))
        context = span.get_span_context()
        return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"} if context.trace_flags.sampled else None

    def close(self) -> None:
        """What was traced is sent, if somebody takes it."""
        if self._provider is not None:
            self._provider.shutdown()


class SessionTraces:
    """Which trace each segment of one session belongs to, and when its audio was complete."""

    def __init__(self, tracing: Tracing, traceparent: str = "") -> None:
        """traceparent: of the call, for segments that bring none of their own."""
        self._tracing, self._traceparent = tracing, traceparent
        self._parents: dict[int, str] = {}
        self._ended_ns: dict[int, int] = {}

    def heard(self, request: m.Request) -> None:
        if not self._tracing.is_on:
            return
        match request:
            case m.SegmentStart(segment_id=segment_id, traceparent=traceparent):
                self._parents[segment_id] = traceparent
            case m.SegmentEnd(segment_id=segment_id):
                self._ended_ns[segment_id] = time.time_ns()
            case _:
                pass

    def answered(self, answer: m.Result | m.Reject) -> dict[str, str] | None:
        if not self._tracing.is_on:
            return None
        now_ns = time.time_ns()
        parent = self._parents.pop(answer.segment_id, "") or self._traceparent
        return self._tracing.answered(parent, answer, self._ended_ns.pop(answer.segment_id, now_ns), now_ns)


def laid_out(timings: Iterable[m.StageTiming], began_ns: int) -> list[tuple[str, int, int]]:
    """Each stage with its start and end, one after the other, search after all that came before it."""
    took_ns = {timing.stage: round(timing.duration * SECOND_NS) for timing in timings}
    placed, at_ns = [], began_ns
    for stage in STAGES:
        if stage in took_ns:
            if stage == "search":
                at_ns = max(at_ns, began_ns + took_ns.get("total", 0))
            placed.append((stage, at_ns, at_ns + took_ns[stage]))
            at_ns += took_ns[stage]
    return placed


def tracing_to(url: str) -> Tracing:
    """url: of an OTLP/HTTP collector; empty: no tracing. Raises: ConfigurationError: the extra is not installed, or it is no URL."""
    if not url:
        return Tracing()
    if not url.startswith(("http://", "https://")):
        raise ConfigurationError(f"traces go to {url!r}, must be a URL of http or https, such as http://127.0.0.1:4318")
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ConfigurationError(f"tracing needs {error.name}: pip install 'harken[tracing]'") from error
    provider = TracerProvider(resource=Resource.create({"service.name": "harken-server"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{url.rstrip('/')}/v1/traces")))
    return Tracing(provider)
