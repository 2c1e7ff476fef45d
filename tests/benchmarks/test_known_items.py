"""Known-item search: what is drawn, what is counted, and one real run over the recordings this repository ships."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.known_items import BIASED, TEXTS, WAYS, Asked, as_groups, as_rows, documents_of, figures, measure_known_items
from models.bundle import default_bundle_dir
from protos.errors import ConfigurationError


def asked(speaker: str, slice_name: str = "cv", **ranks: int | None) -> Asked:
    return Asked(speaker, slice_name, dict.fromkeys(WAYS) | ranks, 0.002, 0.004)


def test_every_text_is_among_the_documents_once_and_the_draw_is_the_same_every_time() -> None:
    distractors = [f"other {number}" for number in range(50)]
    documents = documents_of(["one", "two", "one"], [*distractors, "two", ""], 12)
    assert [document.title for document in documents[:2]] == ["one", "two"]
    assert len({document.title for document in documents}) == len(documents) == 12
    assert documents == documents_of(["one", "two"], distractors, 12)


@pytest.mark.parametrize("count", [1, 99])
def test_documents_that_do_not_exist_are_not_made_up(count: int) -> None:
    with pytest.raises(ConfigurationError, match=rf"--documents is {count}, must be within 2\.\.5"):
        documents_of(["one", "two"], ["three", "four", "five"], count)


def test_shares_places_and_the_gap() -> None:
    facts = figures([
        asked("a", one_best=None, full=0, oracle=0, phonetic=3),
        asked("b", "l2_child", one_best=0, full=0, oracle=0, phonetic=0),
        asked("a", one_best=1, full=1, oracle=0, phonetic=0),
        asked("b", one_best=None, full=None, oracle=0, phonetic=None),
    ])  # fmt: skip
    assert facts["success_at_1"] == {"one_best": 0.25, "fusion": 0.0, "phonetic": 0.5, "full": 0.5, "oracle": 1.0}
    assert facts["success_at_5"]["phonetic"] == 0.75
    assert facts["mean_reciprocal_rank"]["full"] == 0.625
    assert (facts["gain"]["value"], facts["gap_closed"]) == (0.25, round(0.25 / 0.75, 4))
    assert list(facts["slices"]) == ["cv", "l2_child"]
    assert facts["slices"]["l2_child"]["queries"] == 1
    assert facts["latency_ms"]["p95"] == 6.0


def test_recordings_find_their_own_texts(root: Path, tmp_path: Path) -> None:
    names = sorted((root / "tests" / "recordings").glob("*.flac"))
    rows = [{"audio": str(path), "text": path.stem.replace("-", " "), "source": "cv", "speaker": path.stem} for path in names]
    (tmp_path / "m.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name in TEXTS[:-1]:
        (tmp_path / name).write_text("\n".join(f"{word} cake" for word in ("plum", "lemon", "poppy seed", "walnut", "carrot")))
    kept: list[tuple[str, str, str]] = []
    facts = measure_known_items(
        tmp_path / "m.jsonl",
        tmp_path,
        default_bundle_dir(),
        len(rows) + 4,
        None,
        lambda _, items, __: items,
        biased=True,
        keep=lambda *given: kept.append(given),
    )
    assert facts["success_at_1"]["full"] >= facts["success_at_1"]["one_best"]
    assert facts["success_at_1"]["oracle"] == 1.0
    assert facts["index"]["seconds"] > 0
    assert list(facts["success_at_1"]) == [*WAYS, *BIASED]
    assert facts["success_at_1"]["biased"] >= facts["success_at_1"]["one_best"]
    assert [speaker for speaker, _, _ in kept] == [path.stem for path in names]
    assert all(any(row["id"] == wanted for row in json.loads(seen)["candidates"]) for _, wanted, seen in kept)
    assert "biased_one_best" in next(as_rows(facts))
    groups = as_groups(facts)
    assert list(groups) == [f"cv ({len(rows)})", f"all ({len(rows)})"]
    assert groups["cv (6)"].keys() == facts["success_at_1"].keys()
