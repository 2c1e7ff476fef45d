from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.train.plot import HEIGHT, WIDTH, Series, curves

SVG = "{http://www.w3.org/2000/svg}"
POINTS = st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), max_size=5)


@given(st.dictionaries(st.text(st.characters(blacklist_categories=("Cs", "Cc"))), st.dictionaries(st.sampled_from(["a", "<b>"]), POINTS), max_size=3))
def test_whatever_is_drawn_is_well_formed_and_inside_the_picture(panels: dict[str, dict[str, Series]]) -> None:
    root = ET.fromstring(curves(panels, "hours"))  # noqa: S314 - our own
    drawn = root.findall(f"{SVG}polyline")
    assert len(drawn) == sum(bool(points) for lines in panels.values() for points in lines.values())
    for line in drawn:
        for point in line.attrib["points"].split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= WIDTH
            assert 0 <= y <= HEIGHT * len(panels)


def test_a_series_rises_where_its_numbers_do_and_its_last_value_is_written() -> None:
    root = ET.fromstring(curves({"loss": {"phones": [(0, 1.0), (1, 3.0)]}}, "hours"))  # noqa: S314 - our own
    (line,) = root.findall(f"{SVG}polyline")
    (x0, y0), (x1, y1) = (map(float, point.split(",")) for point in line.attrib["points"].split())
    assert x0 < x1
    assert y1 < y0
    assert "phones 3" in [text.text for text in root.findall(f"{SVG}text")]


@pytest.mark.parametrize("panels", [{}, {"loss": {}}, {"loss": {"phones": []}}, {"loss": {"phones": [(2.0, 2.0)]}}])
def test_nothing_yet_is_a_picture_too(panels: dict[str, dict[str, Series]]) -> None:
    ET.fromstring(curves(panels, "hours"))  # noqa: S314 - our own
