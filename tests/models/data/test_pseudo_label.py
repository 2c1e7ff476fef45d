from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.data.moonshine import Transcript
from models.data.pseudo_label import Rule, heard_by, pseudo_label
from models.features import Waveform
from protos.errors import ConfigurationError


class Loudness:
    """A teacher that says how loud a clip is, and is surer the louder it is."""

    name = "loudness"

    def __init__(self) -> None:
        self.heard = 0

    def transcribe(self, waveform: Waveform) -> Transcript:
        self.heard += 1
        level = round(float(np.abs(waveform).max()) * 10)
        return Transcript("Loud." * level, level / 10 - 1)


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    folder = tmp_path / "speech"
    folder.mkdir()
    rows = []
    for level in (1, 3, 5, 7):
        soundfile.write(folder / f"{level}.flac", np.full(1600, level / 10), 16_000)
        rows.append(json.dumps({"id": f"clip-{level}", "audio": f"{level}.flac", "text": None, "source": "cv"}) + "\n")
    path = folder / "unlabelled.jsonl"
    path.write_text("".join(rows))
    return path


def rows(out: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.read_text().splitlines()]


def test_rows_keep_what_they_had_and_gain_the_teachers_text_where_it_was_sure(manifest: Path, tmp_path: Path) -> None:
    out = tmp_path / "labelled.jsonl"
    labelled = list(pseudo_label(manifest, out, Loudness(), Rule(min_logprob=-0.5)))
    assert [item.kept for item in labelled] == [False, False, True, True]
    assert labelled[0].seconds == 0.1
    assert [row["teacher"] for row in rows(out)][1:3] == [
        {"model": "loudness", "raw_text": "Loud." * 3, "text": "", "mean_logprob": -0.7},
        {"model": "loudness", "raw_text": "Loud." * 5, "text": "loud loud loud loud loud", "mean_logprob": -0.5},
    ]
    assert all(Path(str(row["audio"])).is_file() and row["source"] == "cv" for row in rows(out))


def test_an_interrupted_run_goes_on_and_hears_nothing_twice(manifest: Path, tmp_path: Path) -> None:
    out, whole = tmp_path / "parts.jsonl", tmp_path / "whole.jsonl"
    list(pseudo_label(manifest, whole, Loudness(), Rule()))
    list(islice(pseudo_label(manifest, out, Loudness(), Rule()), 2))
    with out.open("a") as file:
        file.write('{"id": "clip-5", "audio"')
    again = Loudness()
    list(pseudo_label(manifest, out, again, Rule()))
    assert again.heard == 2
    assert rows(out) == rows(whole)


def test_labels_of_another_teacher_are_not_mixed(manifest: Path, tmp_path: Path) -> None:
    out = tmp_path / "labelled.jsonl"
    out.write_text(json.dumps({"id": "x", "teacher": {"model": "somebody"}}) + "\n")
    with pytest.raises(ConfigurationError, match="x was labelled by somebody, not loudness"):
        list(pseudo_label(manifest, out, Loudness(), Rule()))


def test_a_row_without_audio_is_refused_by_line(tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_text('{"id": "x"}\n')
    with pytest.raises(ConfigurationError, match="line 1: audio is None"):
        list(pseudo_label(tmp_path / "m.jsonl", tmp_path / "out.jsonl", Loudness(), Rule()))


@pytest.mark.parametrize(
    ("rule", "text", "kept"),
    [
        (Rule(), "hello", True),
        (Rule(), "", False),
        (Rule(others={"a": "hello"}), "hello", True),
        (Rule(others={"a": "hallo"}), "hello", False),
        (Rule(others={"a": "hallo"}, max_difference=0.2), "hello", True),
        (Rule(others={"b": "hello"}), "hello", False),
        (Rule(min_logprob=-0.1, others={"a": "hello"}), "hello", False),
    ],
    ids=["sure", "nothing heard", "agreed", "differed", "nearly agreed", "not heard by the other", "agreed and unsure"],
)
def test_two_teachers_must_agree(rule: Rule, text: str, kept: bool) -> None:
    assert rule.keeps("a", text, -0.2) is kept


def test_a_second_teachers_texts_are_taken_whether_it_was_sure_or_not(tmp_path: Path) -> None:
    labels = tmp_path / "other.jsonl"
    labels.write_text(json.dumps({"id": "a", "teacher": {"model": "m", "raw_text": "Hello!", "text": "", "mean_logprob": -3}}) + "\n")
    assert heard_by(labels) == {"a": "hello"}
