"""What a server may be told."""

from __future__ import annotations

import pytest

from cloud_server.config import Config
from protos.errors import ConfigurationError


def test_the_queue_grows_with_the_workers_unless_it_is_given() -> None:
    assert [Config(workers=workers).queue_limit_s for workers in (1, 4)] == [60.0, 240.0]
    limits = Config(workers=4, max_queued_audio_s=5.0).limits
    assert limits.max_queued_audio == 5.0


@pytest.mark.parametrize("bad", [{"port": 70000}, {"workers": 0}, {"worker_start_s": 0}, {"max_queued_audio_s": 0}])
def test_a_value_that_breaks_its_rule_is_named(bad: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match="|".join(str(value) for value in bad.values())):
        Config(**bad)  # type: ignore[arg-type]
