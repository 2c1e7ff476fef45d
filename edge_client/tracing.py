"""Spans of a segment at the edge, from its first audio to the answer shown; the server's join the same trace. Off by default, holds no text."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from edge_client.ledger import SegmentOutcome
from protos.errors import ConfigurationError
from protos.messages import SAMPLE_RATE_HZ, Result

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

SECOND_NS = 1_000_000_000


class Tracing:
    def __init__(self, provider: TracerProvider | None = None) -> None:
        """provider: None: nothing is traced."""
        self._provider = provider
        self._tracer = None if provider is None else provider.get_tracer("harken-edge")
        self._open: dict[int, Span] = {}

    def begin(self, segment_id: int) -> str:
        """A segment was opened. Returns: what tells the server whose trace it is; empty: nobody's."""
        if self._tracer is None:
            return ""
        span = self._open[segment_id] = self._tracer.start_span("voice query", attributes={"harken.segment_id": segment_id})
        context = span.get_span_context()
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"

    def end(self, outcome: SegmentOutcome) -> None:
        """Its answer is shown."""
        if self._tracer is None or (span := self._open.pop(outcome.segment_id, None)) is None:
            return
        from opentelemetry.trace.propagation import set_span_in_context  # noqa: PLC0415 - an extra

        now_ns, answer = time.time_ns(), outcome.answer
        waited_ns = round(outcome.end_to_end_s * SECOND_NS)
        self._tracer.start_span("wait for the answer", set_span_in_context(span), start_time=now_ns - waited_ns).end(now_ns)
        span.set_attribute("harken.audio_seconds", (outcome.end_sample - outcome.start_sample) / SAMPLE_RATE_HZ)
        span.set_attribute("harken.outcome", (answer.final_reason if isinstance(answer, Result) else answer.reason).name.lower())
        span.end(now_ns)

    def close(self) -> None:
        """What was traced is sent, if somebody takes it."""
        if self._provider is not None:
            self._provider.shutdown()


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
    provider = TracerProvider(resource=Resource.create({"service.name": "harken-edge"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{url.rstrip('/')}/v1/traces")))
    return Tracing(provider)
