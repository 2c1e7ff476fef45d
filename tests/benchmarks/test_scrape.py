"""A scrape, read back."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, start_http_server

from benchmarks.scrape import scrape, total


def test_samples_come_back_with_their_labels() -> None:
    registry = CollectorRegistry()
    counter = Counter("asr_things", "Things.", ["kind", "color"], registry=registry)
    counter.labels("a", "red").inc(2)
    counter.labels("a", "blue").inc(3)
    counter.labels("b", "red").inc(10)
    server, thread = start_http_server(0, addr="127.0.0.1", registry=registry)
    samples = scrape(f"127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()
    assert total(samples, "asr_things_total", kind="a") == 5
    assert total(samples, "asr_things_total", color="red") == 12
    assert total(samples, "asr_things_total") == 15
    assert total(samples, "asr_other_total") == 0
