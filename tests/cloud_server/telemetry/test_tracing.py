"""Spans of the server: where the milliseconds went, in the client's trace or one of their own, and nothing at all by default."""

from __future__ import annotations

import gzip
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from cloud_server.telemetry.tracing import SECOND_NS, SessionTraces, Tracing, laid_out, tracing_to
from protos import messages as m
from protos.errors import ConfigurationError

SECONDS = {"queue": 1.0, "infer": 2.0, "decode": 3.0, "total": 7.0, "search": 0.5}
TIMINGS = tuple(m.StageTiming(stage, seconds) for stage, seconds in SECONDS.items())
RESULT = m.Result(4, m.FinalReason.RECOGNIZED, (m.Hypothesis("a secret"),), True, stage_timings=TIMINGS)
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNWANTED = PARENT[:-1] + "0"


def traced() -> tuple[Tracing, InMemorySpanExporter]:
    provider, spans = TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    return Tracing(provider), spans


def test_stages_follow_one_another_and_search_follows_all() -> None:
    begin = 100 * SECOND_NS
    placed = [(stage, (start - begin) / SECOND_NS, (end - begin) / SECOND_NS) for stage, start, end in laid_out(TIMINGS, begin)]
    assert placed == [("queue", 0.0, 1.0), ("infer", 1.0, 3.0), ("decode", 3.0, 6.0), ("search", 7.0, 7.5)]


def test_nothing_is_traced_by_default() -> None:
    tracing = tracing_to("")
    assert not tracing.is_on
    assert tracing.answered(PARENT, RESULT, 0, 1) is None
    tracing.close()


def test_spans_join_the_clients_trace_and_hold_no_text() -> None:
    tracing, spans = traced()
    exemplar = tracing.answered(PARENT, RESULT, 5, 9 * SECOND_NS)
    *stages, whole = spans.get_finished_spans()
    assert [span.name for span in stages] == ["queue", "infer", "decode", "search"]
    assert whole.parent is not None
    assert f"{whole.parent.span_id:016x}" == "b7ad6b7169203331"
    for span in (*stages, whole):
        assert span.context is not None
        assert f"{span.context.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"
        assert "secret" not in span.to_json()
    assert exemplar is not None
    assert exemplar["trace_id"] == "0af7651916cd43dd8448eb211c80319c"


def test_a_client_that_wants_no_trace_gets_none() -> None:
    tracing, spans = traced()
    assert tracing.answered(UNWANTED, RESULT, 0, SECOND_NS) is None
    assert spans.get_finished_spans() == ()


@pytest.mark.parametrize("traceparent", ["", "nonsense", "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
def test_without_a_sound_parent_the_trace_is_the_servers_own(traceparent: str) -> None:
    tracing, spans = traced()
    assert tracing.answered(traceparent, m.Reject(1, m.RejectReason.OVERLOADED), 0, SECOND_NS) is not None
    (span,) = spans.get_finished_spans()
    assert span.parent is None
    assert span.attributes is not None
    assert span.attributes["harken.outcome"] == "overloaded"


def test_a_segments_own_parent_goes_before_the_calls() -> None:
    tracing, spans = traced()
    traces = SessionTraces(tracing, PARENT)
    other = PARENT.replace("0af7", "1bf8")
    for segment_id, own in ((1, other), (2, "")):
        traces.heard(m.SegmentStart(segment_id, traceparent=own))
        traces.heard(m.SegmentEnd(segment_id))
        traces.answered(m.Reject(segment_id, m.RejectReason.CANCELLED))
    found = [f"{span.context.trace_id:032x}"[:4] for span in spans.get_finished_spans() if span.context]
    assert found == ["1bf8", "0af7"]


def test_a_collector_must_be_a_url() -> None:
    with pytest.raises(ConfigurationError, match="'collector:4318', must be a URL"):
        tracing_to("collector:4318")


def test_a_collector_gets_them_over_http() -> None:
    bodies: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            pass

    with HTTPServer(("127.0.0.1", 0), Collector) as collector:
        serving = threading.Thread(target=collector.serve_forever)
        serving.start()
        tracing = tracing_to(f"http://127.0.0.1:{collector.server_port}/")
        tracing.answered(PARENT, RESULT, 0, SECOND_NS)
        tracing.close()
        collector.shutdown()
        serving.join()
    ((path, body),) = bodies
    sent = ExportTraceServiceRequest.FromString(body if body[:2] != b"\x1f\x8b" else gzip.decompress(body))
    assert path == "/v1/traces"
    assert [span.name for scope in sent.resource_spans[0].scope_spans for span in scope.spans] == [
        "queue", "infer", "decode", "search", "recognize and search",
    ]  # fmt: skip
