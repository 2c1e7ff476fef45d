"""How much each way of matching counts."""

from __future__ import annotations

from cloud_server.search.weights import SHIPPED, WAYS, Weights, as_mapping


def test_every_way_has_a_weight_and_the_shipped_ones_come_first() -> None:
    assert set(WAYS) == {"title", "text", "details", "fuzzy", "trigram", "sounds", "audio"}
    assert Weights() == SHIPPED
    assert Weights(**as_mapping(SHIPPED)) == SHIPPED
    assert SHIPPED.of("trigram") == 32.0
