"""Weights from clicks: what clicks say is learnt, what they do not say is left alone, and who judges never taught."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud_server.search.candidates import Candidate
from cloud_server.search.catalogue import Document
from cloud_server.search.learn import BOUND, FITTED, Click, click_of, is_held_out, learn, mean_rank
from cloud_server.search.ranking import rank
from cloud_server.search.weights import SHIPPED, Weights, as_mapping
from protos.errors import ConfigurationError


def row(name: str, fit: float | None = -0.5, *, worded: bool = True, **ways: float) -> dict[str, Any]:
    return {"id": name, "shown": None, "ways": ways, "fit": fit, "worded": worded}


def line(hit: str, *rows: dict[str, Any], person: str = "anna", **seen: Any) -> dict[str, Any]:
    about = {"session_id": "s", "segment_id": 1, "subject_id": person, "kind": "clicked", "details": {"hit_id": hit, "position": 0}}
    return {**about, "seen": {"weights": as_mapping(SHIPPED), "candidates": list(rows), **seen}}


def clicks_of(truth: Weights, people: int = 30, each: int = 8, seed: int = 5) -> list[Click]:
    """People click what is best by `truth`, among eight that differ in every way."""
    rng = random.Random(seed)
    made = []
    for person in range(people):
        for _ in range(each):
            rows = [[rng.uniform(0, 30), rng.uniform(0, 1), rng.uniform(0, 30), rng.uniform(0, 0.5)] for _ in range(8)]
            scores = np.array(rows)
            best = int(np.argmax(scores @ np.array([1.0, *(truth.of(way) for way in FITTED)])))
            made.append(Click(f"person {person}", best, scores))
    return made


def test_what_people_click_by_is_learnt() -> None:
    truth = replace(SHIPPED, audio=SHIPPED.audio / 3, sounds=2.5)
    clicks = clicks_of(truth)
    fit = learn(clicks)
    before, after = fit.ranks.mean(axis=1)
    assert fit.is_better
    assert (before, after) == (mean_rank(fit.held_out, SHIPPED), mean_rank(fit.held_out, fit.weights))
    assert 1 - after < (1 - before) / 3
    assert fit.weights.audio < SHIPPED.audio
    assert {click.person for click in fit.held_out} == {click.person for click in clicks if is_held_out(click.person)}


def test_where_the_weights_are_right_nothing_is_better() -> None:
    fit = learn(clicks_of(SHIPPED))
    assert fit.weights == SHIPPED
    assert not fit.is_better


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 1000))
def test_clicks_at_random_move_no_weight_too_far_and_are_taken_only_if_others_agree(seed: int) -> None:
    rng = np.random.default_rng(seed)
    clicks = [Click(f"person {number % 12}", int(rng.integers(6)), rng.uniform(0, 1, (6, 4))) for number in range(100)]
    fit = learn(clicks)
    for way in FITTED:
        assert SHIPPED.of(way) / BOUND <= fit.weights.of(way) <= SHIPPED.of(way) * BOUND
    assert fit.is_better is bool(mean_rank(fit.held_out, fit.weights) > mean_rank(fit.held_out, SHIPPED))
    assert replace(fit.weights, **{way: SHIPPED.of(way) for way in FITTED}) == SHIPPED, "nothing else moves"


@pytest.mark.parametrize(("people", "each", "words"), [(5, 20, "100 clicks of 5 people"), (12, 4, "48 clicks of 12 people")])
def test_too_few_are_refused(people: int, each: int, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        learn(clicks_of(SHIPPED, people, each))


def test_a_click_ranks_as_the_server_ranked() -> None:
    """By weights other than the shipped ones too: kept scores are weighted, and say with what."""
    used = replace(SHIPPED, trigram=8.0, audio=20.0)
    ways = {"a": {"title": 4.0, "trigram": 6.0}, "b": {"title": 9.0}, "c": {"text": 1.0, "sounds": 7.0}}
    fits = {"a": -1.0, "b": -2.0, "c": -0.2}
    click = click_of(line("c", *(row(name, fits[name], **ways[name]) for name in ways), weights=as_mapping(used)))
    assert click is not None
    candidates = [Candidate(number, Document(name, name), (), ways[name], worded=True, hypothesis_index=0) for number, name in enumerate(ways)]
    hits = [hit.id for hit in rank(candidates, list(fits.values()), 3, used)]
    assert click.reciprocal_rank(used) == 1 / (1 + hits.index("c"))


def test_the_rank_is_behind_all_that_score_the_same() -> None:
    click = click_of(line("b", row("a", title=1.0), row("b", title=1.0), row("c", title=0.5)))
    assert click is not None
    assert click.reciprocal_rank(SHIPPED) == 0.5


@pytest.mark.parametrize(
    "taught",
    [
        {**line("a", row("a"), row("b")), "kind": "gave_up"},
        {**line("a", row("a"), row("b")), "seen": None},
        line("elsewhere", row("a"), row("b")),
        line("a", row("a")),
        line("a", row("a", -9.0, worded=False), row("b"), row("c")),
    ],
    ids=["another kind", "nothing kept", "not among them", "no choice", "not found by what was heard"],
)
def test_what_teaches_nothing_is_left_out(taught: dict[str, Any]) -> None:
    assert click_of(taught) is None


def test_lines_from_before_weights_were_kept_had_the_shipped_ones() -> None:
    old = line("a", row("a", trigram=16.0), row("b", title=1.0))
    del old["seen"]["weights"]
    for one in old["seen"]["candidates"]:
        del one["worded"]
    click = click_of(old)
    assert click is not None
    assert click.scores[0, 1] == 0.5
    assert click.person == "anna"


@pytest.mark.parametrize("broken", [{}, {"kind": "clicked"}, line("a", {"id": "a"}), line("a", row("a", title=float("nan")), row("b"))])
def test_what_is_no_feedback_is_said_so(broken: dict[str, Any]) -> None:
    with pytest.raises((KeyError, ValueError, TypeError)):
        click_of(broken)
