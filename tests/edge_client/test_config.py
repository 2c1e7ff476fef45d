"""What an edge client may be told."""

from __future__ import annotations

import pytest

from edge_client.config import AdaptiveConfig, Config, SegmenterConfig, TransportConfig, VadConfig
from protos.errors import ConfigurationError


def test_the_defaults_are_allowed_and_are_those_of_the_contract() -> None:
    config = Config()
    assert (config.segmenter.pre_roll_ms, config.segmenter.hang_over_ms, config.segmenter.max_ms) == (300, 500, 20_000)
    assert 100 <= config.transport.chunk_ms <= 400


@pytest.mark.parametrize(
    ("section", "values", "words"),
    [
        (VadConfig, {"mode": 4}, "vad mode is 4"),
        (VadConfig, {"hold_db": -1}, "hold_db -1"),
        (SegmenterConfig, {"hang_over_ms": 510}, "hang_over_ms is 510, must be a multiple of 20"),
        (SegmenterConfig, {"pre_roll_ms": -20}, "pre_roll_ms is -20"),
        (SegmenterConfig, {"onset_voiced_ms": 200}, "onset_voiced_ms is 200"),
        (SegmenterConfig, {"tail_ms": 600}, "tail 600"),
        (SegmenterConfig, {"max_ms": 500}, "500 ms"),
        (AdaptiveConfig, {"complete_ms": 250}, r"250 ms \(complete\) and 1200 ms \(incomplete\), must be multiples of 20"),
        (AdaptiveConfig, {"complete_ms": 500, "incomplete_ms": 400}, "in this order"),
        (TransportConfig, {"chunk_ms": 20}, "chunk_ms is 20, must be within 100..400"),
        (TransportConfig, {"server": "localhost"}, "server is 'localhost', must be HOST:PORT"),
    ],
)
def test_a_value_that_breaks_its_rule_is_named(section: type, values: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        section(**values)
