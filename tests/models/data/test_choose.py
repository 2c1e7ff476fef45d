from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.data.choose import choose_labels
from protos.errors import ConfigurationError


def labelling(path: Path, model: str, labels: dict[str, tuple[str, float]]) -> Path:
    heard = {name: {"model": model, "text": text, "mean_logprob": sure} for name, (text, sure) in labels.items()}
    rows = [{"id": name, "audio": f"{name}.opus", "teacher": label} for name, label in heard.items()]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_the_first_teacher_that_is_sure_is_believed(tmp_path: Path) -> None:
    good = labelling(tmp_path / "good.jsonl", "good", {"a": ("one", -0.1), "b": ("two", -0.9), "c": ("", -0.1)})
    fair = labelling(tmp_path / "fair.jsonl", "fair", {"a": ("won", -0.1), "b": ("too", -0.1), "c": ("sea", -0.3), "d": ("dee", -0.1)})
    counts = choose_labels([(good, -0.5), (fair, -0.2)], tmp_path / "labels" / "out.jsonl")
    rows = {row["id"]: row for line in (tmp_path / "labels" / "out.jsonl").read_text().splitlines() if (row := json.loads(line))}
    assert {name: row["teacher"]["text"] for name, row in rows.items()} == {"a": "one", "b": "too", "c": "", "d": "dee"}
    assert counts == {"": 1, "fair": 2, "good": 1}
    assert {row["audio"] for row in rows.values()} == {str(tmp_path / f"{name}.opus") for name in "abcd"}


def test_a_row_without_a_label_is_named(tmp_path: Path) -> None:
    (tmp_path / "bare.jsonl").write_text('{"id": "a", "audio": "a.opus"}\n')
    with pytest.raises(ConfigurationError, match=r"bare\.jsonl line 1: has no `teacher`"):
        choose_labels([(tmp_path / "bare.jsonl", -0.5)], tmp_path / "out.jsonl")


def test_labels_are_not_overwritten(tmp_path: Path) -> None:
    path = labelling(tmp_path / "good.jsonl", "good", {"a": ("one", -0.1)})
    with pytest.raises(ConfigurationError, match="is one of the labellings"):
        choose_labels([(path, -0.5)], path)
    assert path.read_text()
