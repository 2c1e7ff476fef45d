from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

from models.train.record import LOG, PLOT, Record, panels


def test_every_line_is_in_the_log_and_the_curves_are_drawn_as_it_goes(tmp_path: Path) -> None:
    record = Record(tmp_path)
    record.stretch(10, 0.5, {"phones": 1.23456}, 33.33)
    record.judgement(10, 0.5, {"phones": {"cv": 0.25}})
    rows = [json.loads(line) for line in (tmp_path / LOG).read_text().splitlines()]
    assert rows == [
        {"step": 10, "audio_hours": 0.5, "losses": {"phones": 1.2346}, "audio_seconds_per_second": 33.3},
        {"step": 10, "audio_hours": 0.5, "error_rates": {"phones": {"cv": 0.25}}},
    ]
    ET.parse(tmp_path / PLOT)  # noqa: S314 - our own


def test_a_resumed_run_goes_on_with_its_log_and_has_one_curve(tmp_path: Path) -> None:
    Record(tmp_path).stretch(10, 0.5, {"phones": 2.0}, 30)
    Record(tmp_path).stretch(20, 1.0, {"phones": 1.0}, 30)
    rows = [json.loads(line) for line in (tmp_path / LOG).read_text().splitlines()]
    assert panels(rows) == {"losses (nats a symbol; regression)": {"phones": [(0.5, 2.0), (1.0, 1.0)]}}


def test_each_head_has_a_panel_and_each_slice_a_line() -> None:
    row = {"audio_hours": 1.0, "error_rates": {"phones": {"cv": 0.2, "l2": 0.3}, "characters": {"cv": 0.4}}}
    drawn = panels([row])
    assert drawn["error rate of phones"] == {"cv": [(1.0, 0.2)], "l2": [(1.0, 0.3)]}
    assert drawn["error rate of characters"] == {"cv": [(1.0, 0.4)]}
