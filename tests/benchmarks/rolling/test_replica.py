"""A server that comes back where it was."""

from __future__ import annotations

import pytest

from benchmarks.rolling.replica import Replica
from benchmarks.scrape import scrape, total
from protos.errors import ConfigurationError

STUB = ("benchmarks.rolling.stub_server",)


def test_a_restarted_server_is_where_it_was_and_stopped_in_good_order() -> None:
    replica = Replica(STUB)
    for _ in range(2):
        replica.start()
        try:
            assert total(scrape(replica.metrics_address), "asr_server_ready") == 1.0
        finally:
            replica.stop()
    assert replica.exit_codes == [0, 0]
    replica.stop()


def test_a_server_that_cannot_start_is_said() -> None:
    replica = Replica(("benchmarks.rolling.stub_server", "--nonsense"))
    with pytest.raises(ConfigurationError, match="did not start"):
        replica.start()
    replica.stop()
