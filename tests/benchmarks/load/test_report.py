"""The page tells the verdict, holds every plot there is something for, and fetches nothing."""

from __future__ import annotations

import re
from dataclasses import replace

from benchmarks.load.outcomes import LOST, OK, Outcome
from benchmarks.load.report import page
from benchmarks.load.run import Load, Run
from benchmarks.load.sampler import Sample

STAGES = {"queue": 0.01, "infer": 0.05}
OUTCOMES = tuple(Outcome(0, at, 3.0, at, at + 3.0, OK, 0.4, 0.1 * at, 0.1 * at, "soup", True, 1, 0.0, STAGES) for at in range(4))
SAMPLES = (Sample(0.0, 0.0, 1.0, 0.5, 0.6), Sample(1.0, 2.0, 4.0, 1.5, 1.9))
RUN = Run(Load(4.0, 30.0), OUTCOMES, SAMPLES, 0.9, 0.1, 30.0, 0.1, 2, ("<the server> went away",), 3)


def test_one_load_has_its_verdict_and_four_plots() -> None:
    text = page({**RUN.facts(), "run": {"cpu": "a & b"}}, [RUN])
    assert "the promise was broken" not in page(RUN.facts(), [replace(RUN, outcomes=OUTCOMES[:3])])
    assert text.count("<svg") == 4
    assert "&lt;the server&gt; went away" in text
    assert "a &amp; b" in text
    assert "objective 500 ms" in text


def test_several_loads_are_plotted_against_each_other() -> None:
    text = page({"capacity_streams": 8.0, "engine_ratio": 0.81}, [RUN, replace(RUN, load=Load(8.0, 30.0))])
    assert text.count("<svg") == 5
    assert "serves 8 people at once" in text
    assert "0.81" in text


def test_what_could_not_be_seen_is_not_drawn() -> None:
    unseen = replace(RUN, samples=(), server_cpu_s=None, wer=None, outcomes=(replace(OUTCOMES[0], outcome=LOST, final_s=None, hits_s=None),))
    text = page(unseen.facts(), [unseen])
    assert "the promise was broken" in text
    assert "Queue" not in text


def test_the_page_fetches_nothing() -> None:
    text = page(RUN.facts(), [RUN])
    assert not re.search(r"https?:|<script|<link|@import|url\(|src=", text)
