from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.train.manifests import as_cut, cuts_of_group, held_out_texts, judged_cuts, text_of
from models.train.recipe import Group
from protos.errors import ConfigurationError
from tests.models.train.speech import recipe

pytestmark = pytest.mark.train

RECIPE = replace(recipe(), batches=replace(recipe().batches, max_seconds=5.0))

ROWS: list[dict[str, Any]] = [
    {"id": "1", "audio": "1.opus", "duration": 1.5, "text": "Hello, World!", "speaker": "s1", "source": "cv13"},
    {"id": "2", "audio": "2.opus", "duration": 2.0, "text": "held out", "speaker": "s1", "source": "cv6"},
    {"id": "3", "audio": "3.opus", "duration": 2.0, "text": "hi", "speaker": None, "source": "speechocean762", "age_group": "child"},
    {"id": "4", "audio": "4.opus", "duration": 2.0, "text": "hi", "speaker": "s2", "source": "speechocean762", "age_group": "adult"},
    {"id": "5", "audio": "5.opus", "duration": 9.0, "text": "hi", "speaker": "s2", "source": "cv6"},
    {"id": "6", "audio": "6.opus", "duration": 2.0, "text": None, "source": "cv6-unlabelled", "teacher": {"text": "sure", "mean_logprob": -0.1}},
    {"id": "7", "audio": "7.opus", "duration": 2.0, "text": None, "source": "cv6-unlabelled", "teacher": {"text": "unsure", "mean_logprob": -0.5}},
]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    (tmp_path / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    (tmp_path / "dev.jsonl").write_text(json.dumps({"text": "Held out."}) + "\n" + json.dumps({"text": None}) + "\n")
    return tmp_path


def group(**changes: Any) -> Group:
    return replace(Group("g", "train.jsonl", 1.0), **changes)


@pytest.mark.parametrize(
    ("chosen", "ids", "left"),
    [
        (group(sources=("cv*",)), ["1", "6", "7"], "2 of other sources, 1 outside 0.1..5 s, 1 with a held-out text"),
        (group(sources=("speechocean762",), age_groups=("adult",)), ["4"], "1 of age group child, 5 of other sources"),
        (group(), ["1", "3", "4", "6", "7"], "1 outside 0.1..5 s, 1 with a held-out text"),
    ],
    ids=["one source", "no child", "all"],
)
def test_a_group_has_its_own_clips_and_says_what_was_left_out(data_dir: Path, chosen: Group, ids: list[str], left: str) -> None:
    held_out = held_out_texts(data_dir, ["dev.jsonl"])
    cuts, others = cuts_of_group(data_dir, chosen, RECIPE, held_out)
    assert [cut.id for cut in cuts] == ids
    assert str(others) == left


def test_texts_are_normalised_and_a_teachers_count_where_it_was_sure(data_dir: Path) -> None:
    cuts, _ = cuts_of_group(data_dir, group(teacher_min_logprob=-0.21), RECIPE, frozenset())
    assert {cut.id: cut.supervisions[0].text for cut in cuts} == {"1": "hello world", "2": "held out", "3": "hi", "4": "hi", "6": "sure", "7": ""}


def test_an_empty_group_is_refused_with_the_reasons(data_dir: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no clip is left for group g \(7 of other sources left out\)"):
        cuts_of_group(data_dir, group(sources=("x",)), RECIPE, frozenset())


@pytest.mark.parametrize("broken", [{"audio": None}, {"duration": 0}, {"duration": "2"}])
def test_a_row_that_is_no_recording_is_refused_by_line(tmp_path: Path, broken: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match=r"m\.jsonl line 7: audio is .* and duration"):
        as_cut({**ROWS[0], **broken}, tmp_path / "m.jsonl", 7)


def test_a_clip_carries_the_slice_that_it_is_judged_in(data_dir: Path) -> None:
    cuts, _ = cuts_of_group(data_dir, group(), RECIPE, frozenset())
    assert {cut.id: cut.custom["slice"] for cut in cuts} == {"1": "cv", "2": "cv", "3": "l2_child", "4": "l2_adult", "6": "cv", "7": "cv"}


def test_without_a_teacher_nothing_is_made_up() -> None:
    assert text_of({"text": None}, -100.0) == ""


def test_judged_clips_are_spread_over_those_with_a_text(data_dir: Path) -> None:
    chosen = replace(recipe(), judge=replace(recipe().judge, manifest="train.jsonl", clips=2))
    assert [cut.id for cut in judged_cuts(data_dir, chosen)] == ["1", "3"]
    (data_dir / "train.jsonl").write_text('{"text": null}\n')
    with pytest.raises(ConfigurationError, match="no row with a text"):
        judged_cuts(data_dir, chosen)
