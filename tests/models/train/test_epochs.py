from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.train.epochs import Deck, clips_of_groups

LOUD = ["loud"] * 80 + ["quiet"] * 5 + [""] * 30


def test_a_loud_speaker_has_no_more_clips_in_a_pass_than_allowed_and_nobody_is_not_capped() -> None:
    deck = Deck(LOUD, 10, [1])
    speakers = Counter(LOUD[clip] for clip in deck.deal(0, 45))
    assert speakers == {"loud": 10, "quiet": 5, "": 30}


def test_the_clips_of_a_loud_speaker_take_turns_from_pass_to_pass() -> None:
    deck = Deck(["loud"] * 80, 10, [1])
    assert len(set(deck.deal(0, 400))) > 70


def test_without_a_cap_every_clip_comes_once_before_any_comes_again() -> None:
    deck = Deck(LOUD, 0, [1])
    assert sorted(deck.deal(0, len(LOUD))) == sorted(deck.deal(len(LOUD), len(LOUD))) == list(range(len(LOUD)))
    assert deck.deal(0, len(LOUD)) != deck.deal(len(LOUD), len(LOUD))


@given(st.integers(0, 300), st.integers(0, 200), st.integers(0, 200))
def test_the_row_of_cards_does_not_depend_on_how_it_is_cut(first: int, one: int, two: int) -> None:
    deck = Deck(LOUD, 7, [3])
    assert deck.deal(first, one + two) == deck.deal(first, one) + deck.deal(first + one, two)


def test_another_seed_deals_otherwise() -> None:
    assert Deck(LOUD, 0, [1, 0]).deal(0, 20) != Deck(LOUD, 0, [1, 1]).deal(0, 20)


def test_a_deck_without_clips_is_refused() -> None:
    with pytest.raises(ValueError, match="needs clips"):
        Deck([], 0, [1])


@given(st.lists(st.floats(0.01, 5), min_size=1, max_size=5), st.integers(1, 50), st.integers(0, 30))
def test_cards_of_epochs_follow_each_other_and_shares_hold_to_within_a_clip(shares: list[float], clips: int, epoch: int) -> None:
    for number, (first, count) in enumerate(clips_of_groups(shares, clips, epoch)):
        after = clips_of_groups(shares, clips, epoch + 1)[number][0]
        assert first + count == after
        assert abs(after - (epoch + 1) * clips * shares[number] / sum(shares)) <= 0.5 + 1e-6
