"""Shares as a picture: every value where it belongs, whatever the names."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from benchmarks.bars import COLOURS, LEFT, RIGHT, WIDTH, bars

SVG = "{http://www.w3.org/2000/svg}"
GROUPS = {"a & b (2)": {"one": (0.5, 0.25, 1.0), "<two>": (0.0, 0.0, 0.0)}, "all (3)": {"one": (1.0, 1.0, 1.0), "<two>": (0.75, 0.5, 0.9)}}


def test_bars_are_as_long_as_their_shares_and_each_way_has_its_colour() -> None:
    drawn = ET.fromstring(bars("t", GROUPS)).findall(f"{SVG}rect")  # noqa: S314 - made here
    found = [(one.get("fill"), float(one.get("width") or "0") / (WIDTH - LEFT - RIGHT)) for one in drawn if one.get("x") == str(LEFT)]
    legend, lengths = found[:1], found[1:]
    assert legend[0][0] == COLOURS[0]
    assert lengths == [(COLOURS[0], 0.5), (COLOURS[1], 0.0), (COLOURS[0], 1.0), (COLOURS[1], 0.75)]


def test_names_are_shown_as_they_are_and_values_in_percent() -> None:
    texts = [one.text for one in ET.fromstring(bars("success & more", GROUPS, "note")).findall(f"{SVG}text")]  # noqa: S314 - as above
    assert {"success & more", "a & b (2)", "<two>", "50.0", "75.0", "100 %", "note"} <= set(texts)


def test_nothing_is_a_picture_too() -> None:
    ET.fromstring(bars("empty", {}))  # noqa: S314 - as above
