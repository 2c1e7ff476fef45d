"""What a person reads of a load."""

from __future__ import annotations

from benchmarks.load.outcomes import OK, Outcome
from benchmarks.load.rows import as_lines, as_table
from benchmarks.load.run import Load, Run

OUTCOME = Outcome(0, 0, 3.0, 0.0, 3.0, OK, 0.4, 0.1, 0.12, "soup", True, 1, 0.001, {"infer": 0.05})
RUN = Run(Load(2.0, 30.0), (OUTCOME,), (), 0.3, 0.1, 30.0, 0.125, 0, ("the server went away",), 1)


def test_one_load_is_told_with_its_verdict_and_its_troubles() -> None:
    text = "\n".join(as_lines(RUN.facts()))
    assert "within the promise" in text
    assert "WER 12.5%" in text
    assert "first interim" in text
    assert "trouble: the server went away" in text


def test_a_load_too_large_for_any_server_is_told() -> None:
    facts = {"capacity_streams": 0, "capacity_streams_per_core": 0, "engine_ratio": None}
    assert list(as_lines(facts))[-1] == "no load passed"


def test_the_table_has_a_row_for_each_number_of_streams() -> None:
    lines = list(as_table([RUN.facts(), RUN.facts()]))
    assert len(lines) == 3
    assert "100.0" in lines[1]
