"""A catalogue file: every row a document, or named by its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_server.search.catalogue import Document, parse_row, read_catalogue
from protos.errors import CatalogueError, ConfigurationError


def test_fields_we_do_not_know_are_searchable_too() -> None:
    row = {"id": "a", "title": " Pie ", "text": "Bake.", "tags": ["sweet"], "cuisine": "french", "ingredients": ["apple", 3], "minutes": 30}
    assert parse_row(row) == Document("a", "Pie", "Bake.", ("sweet",), details=("french", "apple"))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"title": "Pie"}, "id is None, must be a text that is not empty"),
        ({"id": True, "title": "Pie"}, "id is True"),
        ({"id": "a", "title": "  "}, "title is '  '"),
        ({"id": "a", "title": "b", "tags": "c"}, "tags is 'c', must be a list of texts"),
        ({"id": "a", "title": "b", "popularity": 2}, "popularity is 2, must be a number within 0..1"),
        ({"id": "a", "title": "b", "popularity": float("nan")}, "popularity is nan"),
        ({"id": "a", "title": "b", "url": 7}, "url is 7, must be a text"),
    ],
)
def test_a_bad_row_says_what_is_wrong(row: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_row(row)


def test_every_bad_row_is_reported_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text('{"id": "a", "title": "x"}\n\n{\n{"id": "a", "title": "y"}\n')
    with pytest.raises(CatalogueError, match="2 bad rows") as refusal:
        read_catalogue(path)
    assert "line 3: is not JSON" in str(refusal.value)
    assert "line 4: id 'a' was used in line 1" in str(refusal.value)


def test_rows_beyond_the_first_twenty_are_named_by_their_line_alone(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text("{}\n" * 22)
    with pytest.raises(CatalogueError) as refusal:
        read_catalogue(path)
    assert "line 20: id is None" in str(refusal.value)
    assert str(refusal.value).endswith("and 2 more: line 21, line 22")


def test_tables_number_their_rows() -> None:
    assert parse_row({"id": 7, "title": "Pie"}) == Document("7", "Pie")


def test_a_field_that_no_document_has_cannot_be_mapped(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="--map names the field 'name'; a document has id, title"):
        read_catalogue(tmp_path, {"name": "title"})


@pytest.mark.parametrize("content", [None, b"", b"\n\n", b"\xff\xfe"])
def test_a_file_without_rows_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "c.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CatalogueError, match=r"c\.jsonl"):
        read_catalogue(path)


@pytest.mark.parametrize(
    ("text", "snippet"),
    [("One. Two.", "One."), ("No stop", "No stop"), ("", ""), ("A 2.5 cm cube! Then", "A 2.5 cm cube!"), ("word " * 60, ("word " * 40).strip())],
)
def test_a_snippet_is_the_first_sentence(text: str, snippet: str) -> None:
    assert Document("a", "b", text).snippet == snippet
