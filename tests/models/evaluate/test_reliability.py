"""The picture is well-formed and its dots lie where they should."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from models.evaluate.reliability import LEFT, SIDE, TOP, drawn
from tests.models.evaluate.made import speakers

SVG = "{http://www.w3.org/2000/svg}"


def test_a_dot_for_each_bin_of_both_panels() -> None:
    picture = ET.fromstring(drawn(speakers(5, confidence=0.25)))  # noqa: S314 - our own picture
    dots = [(float(dot.get("cx", "")), float(dot.get("cy", ""))) for dot in picture.iter(f"{SVG}circle")]
    assert len(dots) == 30
    assert dots[0] == pytest.approx((LEFT + SIDE * 0.25, TOP + SIDE * 0.5), abs=0.1)
    titles = [text.text for text in picture.iter(f"{SVG}text") if text.get("font-weight")]
    assert titles == ["utterances: ECE 0.250", "words: ECE 0.250"]


def test_nothing_heard_is_an_empty_picture() -> None:
    assert "<circle" not in drawn([])
