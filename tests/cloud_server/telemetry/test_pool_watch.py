"""A watch that listens to nothing takes all that a pool says."""

from __future__ import annotations

from cloud_server.schedule import Schedule
from cloud_server.telemetry.pool_watch import PoolWatch
from cloud_server.telemetry.queue_metrics import QueueMetrics


def test_it_listens_to_nothing() -> None:
    watch = PoolWatch()
    watch.queue_changed(Schedule(60.0))
    watch.recognized(1.0, 0.0, 0.1)
    watch.worked("fit", 0.1)


def test_the_metrics_take_every_word_of_it() -> None:
    words = {name for name in vars(PoolWatch) if not name.startswith("_")}
    assert words == words & vars(QueueMetrics).keys()
