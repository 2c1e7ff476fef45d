"""Figures of segments: whoever got no answer in time is not left out of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.load.outcomes import LOST, OK, SLO_FINAL_S, Outcome, figures, is_in_time, meets_slo, percentiles

ANSWERED = Outcome(0, 0, 3.0, 0.0, 3.0, OK, None, 0.1, 0.12, "soup", True, 1, 0.001, {"infer": 0.05})
REFUSED = replace(ANSWERED, outcome="overloaded", final_s=None, hits_s=None, found=False, stages={})


def test_percentiles_are_of_what_is_known() -> None:
    assert percentiles([None, *(0.01 * at for at in range(101))]) == {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    assert percentiles([None]) == {}


def test_what_became_of_each_is_counted_once() -> None:
    doubled = replace(ANSWERED, times_shown=2)
    facts = figures([ANSWERED, REFUSED, replace(REFUSED, outcome=LOST), doubled])
    assert (facts["segments"], facts["rejected"], facts["lost"], facts["doubled"], facts["found"]) == (4, 1, 1, 1, 2)
    assert facts["rejects"] == {"overloaded": 1}
    assert facts["within_slo"] == 0.5
    assert facts["stage_seconds"] == {"infer": {"p50": 0.05, "p95": 0.05, "p99": 0.05}}


@pytest.mark.parametrize(("final_s", "in_time"), [(SLO_FINAL_S, True), (SLO_FINAL_S + 0.001, False), (None, False)])
def test_in_time_is_at_most_the_objective(final_s: float | None, in_time: bool) -> None:
    assert is_in_time(replace(ANSWERED, final_s=final_s)) is in_time


def test_a_refusal_is_no_way_to_keep_a_promise() -> None:
    assert meets_slo([ANSWERED] * 19 + [REFUSED])
    assert not meets_slo([ANSWERED] * 18 + [REFUSED] * 2)


def test_one_lost_segment_breaks_it_and_so_does_having_none() -> None:
    assert not meets_slo([ANSWERED] * 1000 + [replace(REFUSED, outcome=LOST)])
    assert not meets_slo([])
