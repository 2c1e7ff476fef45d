"""Verdicts for continuous integration."""

from __future__ import annotations

from dataclasses import replace
from xml.etree.ElementTree import Element, fromstring

from benchmarks.load.junit import as_junit
from benchmarks.load.outcomes import LOST, OK, Outcome
from benchmarks.load.run import Load, Run

OUTCOME = Outcome(0, 0, 3.0, 0.0, 3.0, OK, None, 0.1, 0.1, "soup", True, 1)
RUN = Run(Load(2.0, 30.0), (OUTCOME,), (), None, 0.1, 30.0, None, 0, (), 1)


def parsed(text: str) -> Element:
    return fromstring(text)  # noqa: S314 - our own


def test_a_promise_kept_has_no_failure() -> None:
    suite = parsed(as_junit([RUN, RUN]))
    assert (suite.attrib["tests"], suite.attrib["failures"]) == ("6", "0")


def test_each_broken_promise_says_by_how_much() -> None:
    bad = replace(RUN, outcomes=(replace(OUTCOME, final_s=0.9), replace(OUTCOME, outcome=LOST, final_s=None), replace(OUTCOME, times_shown=2)))
    messages = [failure.attrib["message"] for failure in parsed(as_junit([bad])).iter("failure")]
    assert messages[0].startswith("33.3% of segments within 0.5 s, 95% must be; p95 0.860 s")
    assert messages[1:] == ["1 of 3 got no answer", "1 were"]
