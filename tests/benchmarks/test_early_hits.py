"""What is on top while somebody speaks, and how it is counted."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.early_hits import Shown, figures
from benchmarks.interim import measure_interims
from models.records import Partial
from protos.messages import SearchHit, Word

COLOURS = ("red", "orange", "yellow", "green", "blue", "indigo", "violet", "brown")


def shown(*tops: str, final: str, speech_s: float = 2.0) -> Shown:
    """A look each half second; every one heard one word more."""
    made = Shown("x", speech_s)
    for number, top in enumerate(tops, 1):
        made.look(number / 2, Partial((Word("w"),) * number, 0), (SearchHit(top),) if top else ())
    made.final = final
    return made


def test_changes_count_from_when_the_wanted_hit_was_first_on_top() -> None:
    restless = shown("y", "x", "x", "y", "y", final="x")
    assert restless.first_s == 1.5, "the first time something else was shown already"
    assert restless.changes == 2
    assert shown("y", "y", "y", final="x").changes == 0
    assert shown("", "x", "x", final="x").first_s == 1.0


def test_one_look_elsewhere_is_not_shown() -> None:
    assert shown("x", "y", "x", final="x").changes == 0


def test_figures_are_shares_of_segments() -> None:
    facts = figures([shown("x", final="x"), shown("x", "y", "y", final="x"), shown("", "", final="x"), shown("y", final="y")])
    assert facts == {
        "segments": 4, "found_at_last": 0.75, "found_while_speaking": 0.5, "heard_share_when_found": {"p50": 0.25, "p95": 0.25},
        "changes_after_found": 2, "segments_with_changes": 0.5,
    }  # fmt: skip


def test_nothing_found_early_is_no_division_by_zero() -> None:
    assert figures([shown("", final="")])["segments_with_changes"] is None


def test_a_recording_finds_what_it_reads_while_it_is_spoken(tmp_path: Path, root: Path) -> None:
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "titles.txt").write_text("".join(f"{first} {second}\n" for first in COLOURS for second in COLOURS))
    (tmp_path / "one.jsonl").write_text(json.dumps({"audio": str(root / "tests/recordings/pumpkin-pie.flac"), "text": "pumpkin pie"}) + "\n")
    facts = measure_interims(tmp_path / "one.jsonl", tmp_path, None, 60, lambda _: None, documents=50)["hits"]
    assert (facts["documents"], facts["segments"]) == (50, 1)
    assert facts["found_at_last"] == 1.0
