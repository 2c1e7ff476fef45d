"""A span from the first audio to the answer shown, if somebody asks for it."""

from __future__ import annotations

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from edge_client.ledger import SegmentOutcome
from edge_client.tracing import Tracing, tracing_to
from protos import messages as m
from protos.errors import ConfigurationError

SHOWN = SegmentOutcome(3, 0, 24_000, m.Result(3, m.FinalReason.RECOGNIZED, (m.Hypothesis("a secret"),), True), None, 0.25)


def test_nothing_is_traced_by_default() -> None:
    tracing = tracing_to("")
    assert tracing.begin(3) == ""
    tracing.end(SHOWN)
    tracing.close()


def test_a_query_is_one_span_with_the_wait_in_it_and_no_text() -> None:
    provider, spans = TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    tracing = Tracing(provider)
    traceparent = tracing.begin(3)
    tracing.end(SHOWN)
    tracing.end(SHOWN)
    wait, query = spans.get_finished_spans()
    assert query.context is not None
    *ids, flags = traceparent.split("-")
    assert ids == ["00", f"{query.context.trace_id:032x}", f"{query.context.span_id:016x}"]
    assert int(flags, 16) & 1, "sampled"
    assert wait.parent is not None
    assert wait.parent.span_id == query.context.span_id
    assert wait.start_time is not None
    assert wait.end_time is not None
    assert wait.end_time - wait.start_time == 250_000_000
    assert query.attributes == {"harken.segment_id": 3, "harken.audio_seconds": 1.5, "harken.outcome": "recognized"}
    assert "secret" not in query.to_json() + wait.to_json()


def test_a_collector_must_be_a_url() -> None:
    with pytest.raises(ConfigurationError, match="'collector:4318', must be a URL"):
        tracing_to("collector:4318")
