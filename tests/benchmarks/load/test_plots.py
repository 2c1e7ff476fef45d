"""Plots are drawn to scale and are well-formed."""

from __future__ import annotations

from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from benchmarks.load.plots import HEIGHT, LEFT, RIGHT, WIDTH, Scale, Series, chart, ranges, ticks


def parsed(text: str) -> Element:
    return fromstring(text)  # noqa: S314 - our own


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 10, [0, 2, 4, 6, 8, 10]), (0, 0, [0.0, 0.2]), (0, 0.03, [0, 0.01, 0.02, 0.03]), (3, 47, [0, 10, 20, 30, 40, 50])],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high)[: len(expected)] == pytest.approx(expected)


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6))
@example(0.0, 5e-324)
@example(-6.103515625e-05, 250001.0)
def test_ticks_enclose_what_they_are_for_and_are_few(low: float, span: float) -> None:
    made = ticks(low, low + span)
    nothing_seen = 1e-6 * max(1.0, abs(low), span)
    assert made[0] <= low + nothing_seen
    assert made[-1] >= low + span - nothing_seen
    assert 2 <= len(made) <= 8
    assert made == sorted(made)


def test_a_scale_is_linear() -> None:
    scale = Scale(0.0, 10.0, 100.0, 0.0)
    assert (scale(0.0), scale(5.0), scale(10.0)) == (100.0, 50.0, 0.0)


def test_a_line_goes_through_its_points_and_a_limit_is_drawn_even_above_them() -> None:
    svg = parsed(chart([Series("p95 <now>", "c1", [(0.0, 0.0), (10.0, 100.0)])], "streams", "ms", (500.0, "objective")))
    (line,) = svg.findall("polyline")
    first, last = (tuple(map(float, point.split(","))) for point in line.attrib["points"].split())
    assert (first[0], last[0]) == (LEFT, WIDTH - RIGHT)
    assert 0 < last[1] < first[1] < HEIGHT
    (limit,) = [one for one in svg.findall("line") if one.attrib["class"] == "limit"]
    assert float(limit.attrib["y1"]) < last[1]


def test_each_dot_says_what_it_is() -> None:
    svg = parsed(chart([Series("final", "c1", [(1.0, 2.0), (2.0, 3.0)], is_dots=True)], "s", "ms"))
    assert [dot.findtext("title") for dot in svg.findall("circle")] == ["final: 2 at 1", "final: 3 at 2"]


def test_bars_grow_with_their_percentiles() -> None:
    svg = parsed(ranges({"infer": {"p50": 10.0, "p95": 20.0, "p99": 30.0}, "nothing": {}}, "ms"))
    widths = {bar.attrib["class"]: float(bar.attrib["width"]) for bar in svg.iter("rect")}
    assert widths["p50"] * 3 == pytest.approx(widths["p99"], abs=0.5)
    assert widths["p50"] < widths["p95"] < widths["p99"]


def test_nothing_to_draw_is_no_plot() -> None:
    assert chart([Series("a", "c1", [])], "s", "ms") == ""
    assert ranges({"a": {}}, "ms") == ""
