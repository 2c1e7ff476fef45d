from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bundle import Bundle
from models.evaluate.error_rates import Rates, error_rates, evaluate, group_of, labelled_rows
from models.recognizer import Recognizer
from models.text import normalise_text
from protos.errors import ConfigurationError

TEXT = st.text("ab c", max_size=12)
SPOKEN = TEXT.filter(lambda text: bool(text.strip()))


def distance(reference: list[str], hypothesis: list[str]) -> int:
    row = list(range(len(hypothesis) + 1))
    for i, wanted in enumerate(reference, 1):
        above, row[0] = row[0], i
        for j, heard in enumerate(hypothesis, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (wanted != heard))
    return row[-1]


@given(st.lists(st.tuples(SPOKEN, TEXT), min_size=1, max_size=4))
def test_rates_are_pooled_edit_distances(pairs: list[tuple[str, str]]) -> None:
    rates = error_rates(*map(list, zip(*pairs, strict=True)))
    clean = [(normalise_text(reference), normalise_text(hypothesis)) for reference, hypothesis in pairs]
    assert rates == Rates(
        len(pairs),
        sum(len(reference.split()) for reference, _ in clean),
        sum(distance(reference.split(), hypothesis.split()) for reference, hypothesis in clean),
        sum(len(reference) for reference, _ in clean),
        sum(distance(list(reference), list(hypothesis)) for reference, hypothesis in clean),
    )


def test_errors_are_pooled_not_averaged() -> None:
    rates = error_rates(["a", "a b c"], ["b", "a b c"])
    assert (rates.wer, rates.cer) == (1 / 4, 1 / 6)


def test_nothing_heard_is_all_wrong_and_more_heard_can_be_worse() -> None:
    assert error_rates(["fish pie"], [""]).wer == 1
    assert error_rates(["fish"], ["fish and chips and peas"]).wer == 4


def test_case_and_punctuation_are_no_errors() -> None:
    assert error_rates(["Crème brûlée!"], ["creme brulee"]).cer == 0


@pytest.mark.parametrize(("references", "hypotheses"), [([], []), ([""], ["a"]), (["a", "1984"], ["a", "b"])])
def test_without_words_to_count_there_is_no_rate(references: list[str], hypotheses: list[str]) -> None:
    with pytest.raises(ValueError, match="rates need words"):
        error_rates(references, hypotheses)


def test_references_and_hypotheses_must_pair_up() -> None:
    with pytest.raises(ValueError, match="zip"):
        error_rates(["a"], ["a", "b"])


def write_rows(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def row(text: object, **more: object) -> dict[str, object]:
    return {"audio": "a.wav", "source": "made", "text": text, **more}


def test_rows_without_a_letter_to_count_are_left_out(tmp_path: Path) -> None:
    manifest = write_rows(tmp_path / "m.jsonl", row("fish"), row(""), row(None), row("1984"), row("..."), {"id": "no text"}, row("pie"))
    assert [found["text"] for found in labelled_rows(manifest)] == ["fish", "pie"]


def test_a_limit_thins_evenly(tmp_path: Path) -> None:
    manifest = write_rows(tmp_path / "m.jsonl", *(row(text) for text in "abcdefghij"))
    assert [found["text"] for found in labelled_rows(manifest, 3)] == ["a", "d", "g"]
    assert len(labelled_rows(manifest, 10)) == len(labelled_rows(manifest, 99)) == 10


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]\n", "5\n", '{"text": "a"}\n', '{"text": "a", "audio": 1, "source": "x"}\n', '{"text": ""}\n'],
)
def test_what_is_no_manifest_of_recordings_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "m.jsonl").write_text(content)
    with pytest.raises(ConfigurationError, match=str(tmp_path / "m.jsonl")):
        labelled_rows(tmp_path / "m.jsonl")


@pytest.mark.parametrize(
    ("facts", "group"),
    [
        ({"source": "cv13"}, "common voice"),
        ({"source": "so", "age_group": "child"}, "so child"),
        ({"source": "kathleen", "age_group": None}, "kathleen"),
    ],
)
def test_groups_are_sources_by_age(facts: dict[str, object], group: str) -> None:
    assert group_of(facts) == group


def test_every_recording_counts_once_in_all_and_once_in_its_group(root: Path, shipped: Bundle, tmp_path: Path) -> None:
    recordings = root / "tests/recordings"
    rows = [{"audio": str(recordings / f"{name}.flac"), "text": name.replace("-", " "), "source": source} for name, source in
            (("garlic-shrimp", "cv1"), ("pumpkin-pie", "cv2"), ("pork-dumplings", "made"))]  # fmt: skip
    groups = evaluate(Recognizer(shipped), write_rows(tmp_path / "m.jsonl", *rows), rows)
    assert {name: rates.utterances for name, rates in groups.items()} == {"all": 3, "common voice": 2, "made": 1}
    assert groups["all"].character_errors == groups["common voice"].character_errors + groups["made"].character_errors
