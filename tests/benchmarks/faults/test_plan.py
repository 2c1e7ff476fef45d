"""A plan is its seed's, has every kind, and never strikes before its time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.faults.plan import DECK, MAX_AFTER_BYTES, SEGMENTS_EACH, make_plan
from protos.errors import ConfigurationError

SIZE = sum(DECK.values())


@given(seed=st.integers(), injections=st.integers(1, 300), more=st.integers(0, 1000))
def test_the_same_seed_gives_the_same_plan_in_order_and_within_the_segments(seed: int, injections: int, more: int) -> None:
    segments = SEGMENTS_EACH * injections + more
    plan = make_plan(seed, injections, segments)
    assert plan == make_plan(seed, injections, segments)
    assert len(plan) == injections
    moments = [injection.after_segments for injection in plan]
    assert moments == sorted(moments)
    assert moments[0] >= 0
    assert moments[-1] < segments
    assert all(0 <= injection.after_bytes < MAX_AFTER_BYTES and 0 <= injection.strength < 1 and 0 <= injection.choice < 1 for injection in plan)


@given(seed=st.integers(), decks=st.integers(1, 5))
def test_after_whole_decks_every_kind_has_had_its_share(seed: int, decks: int) -> None:
    kinds = [injection.kind for injection in make_plan(seed, decks * SIZE, SEGMENTS_EACH * decks * SIZE)]
    assert {kind: kinds.count(kind) for kind in DECK} == {kind: decks * share for kind, share in DECK.items()}


def test_seeds_differ() -> None:
    assert make_plan(1, 20, 80) != make_plan(2, 20, 80)


def test_a_plan_that_cannot_be_says_why() -> None:
    with pytest.raises(ConfigurationError, match=r"injections are 3, must be within 1\.\.2: each needs 4"):
        make_plan(1, 3, 9)
    with pytest.raises(ConfigurationError, match="no kind of fault"):
        make_plan(1, 1, 4, {"cut": 0})
