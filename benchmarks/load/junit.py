"""A load's verdict as JUnit XML, which every continuous integration reads. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from benchmarks.load.outcomes import SLO_FINAL_S
from benchmarks.load.run import Run


def as_junit(runs: Sequence[Run]) -> str:
    """Three cases for each load: in time, answered, shown once."""
    suite = Element("testsuite", name="harken-bench load")
    for run in runs:
        facts, name = run.facts(), f"load.{run.load.shape}.{run.load.streams:g}_streams"
        _case(suite, name, run, "the final result is in time", None if run.passed else _late(facts["within_slo"], facts["final_seconds"]))
        _case(suite, name, run, "no segment is lost", f"{facts['lost']} of {facts['segments']} got no answer" if facts["lost"] else None)
        _case(suite, name, run, "no segment is shown twice", f"{facts['doubled']} were" if facts["doubled"] else None)
    cases = list(suite)
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    return tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: Element, name: str, run: Run, promise: str, failure: str | None) -> None:
    case = SubElement(suite, "testcase", classname=name, name=promise, time=f"{run.wall_s:.1f}")
    if failure is not None:
        SubElement(case, "failure", message=failure)


def _late(within_slo: float | None, final: dict[str, float]) -> str:
    share = "no segment was said" if within_slo is None else f"{within_slo:.1%} of segments within {SLO_FINAL_S:g} s, 95% must be"
    return f"{share}; p95 {final['p95']:.3f} s" if final else share
