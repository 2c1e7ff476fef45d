"""Rows of a catalogue -> documents, or every reason why not. Knows neither file formats (rows.py) nor the index."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cloud_server.search.rows import read_rows
from protos.errors import CatalogueError, ConfigurationError

FIELDS = ("id", "title", "text", "tags", "url", "popularity", "locale")
MAX_EXPLAINED_ROWS = 20
_FIRST_SENTENCE = re.compile(r"^.{1,200}?[.!?](?=\s|$)|^.{1,200}(?=\s|$)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Document:
    """One thing that can be found."""

    id: str
    title: str
    text: str = ""
    tags: tuple[str, ...] = ()
    url: str = ""
    popularity: float = 0.0
    """0..1; breaks ties."""
    locale: str = ""
    details: tuple[str, ...] = ()
    """Words of every other text field (ingredients, cuisine, ...): searchable, not shown."""

    @property
    def snippet(self) -> str:
        """First sentence of the text, at most 200 characters."""
        match = _FIRST_SENTENCE.match(self.text)
        return match.group() if match else self.text[:200]


def default_catalogue() -> Path:
    """The recipes this distribution ships."""
    return Path(__file__).parent / "catalogues" / "recipes.jsonl"


def read_catalogue(path: Path, columns: Mapping[str, str] = MappingProxyType({})) -> list[Document]:
    """Every row of a file or folder that `search.rows` can read, in order. columns: field of a document -> what the rows call it.

    Raises: CatalogueError: it cannot be read, is empty, or has bad rows; names each bad row by its place, drops none silently.
    """
    check_columns(columns)
    documents, problems, place_of = [], list[tuple[str, str]](), dict[str, str]()
    for place, row in read_rows(path, columns):
        try:
            if isinstance(row, ValueError):
                raise row
            document = parse_row(row)
            if document.id in place_of:
                raise ValueError(f"id {document.id!r} was used in {place_of[document.id]}")
        except ValueError as error:
            problems.append((place, str(error)))
        else:
            place_of[document.id] = place
            documents.append(document)
    if problems:
        raise CatalogueError(f"{path}: {report(problems)}")
    if not documents:
        raise CatalogueError(f"{path}: has no rows")
    return documents


def report(problems: Sequence[tuple[str, str]]) -> str:
    """Every bad row: in words for the first MAX_EXPLAINED_ROWS, by its place alone for the rest."""
    explained = "".join(f"\n  {place}: {why}" for place, why in problems[:MAX_EXPLAINED_ROWS])
    rest = [place for place, _ in problems[MAX_EXPLAINED_ROWS:]]
    return f"{len(problems)} bad row{'s'[: len(problems) > 1]}{explained}" + (f"\n  and {len(rest)} more: {', '.join(rest)}" if rest else "")


def check_columns(columns: Mapping[str, str]) -> None:
    """Raises: ConfigurationError: no document has such a field."""
    if unknown := sorted(columns.keys() - set(FIELDS)):
        raise ConfigurationError(f"--map names the field {unknown[0]!r}; a document has {', '.join(FIELDS)}")


def parse_row(row: Mapping[str, Any]) -> Document:
    """Raises: ValueError: what is wrong with the row, in words."""
    row = dict(row)
    if type(row.get("id")) is int:
        row["id"] = str(row["id"])  # as tables number their rows
    popularity = row.pop("popularity", 0.0)
    if isinstance(popularity, bool) or not isinstance(popularity, int | float) or not math.isfinite(popularity) or not 0 <= popularity <= 1:
        raise ValueError(f"popularity is {popularity!r}, must be a number within 0..1")
    return Document(
        id=_text(row, "id", required=True),
        title=_text(row, "title", required=True),
        text=_text(row, "text"),
        tags=_texts(row, "tags"),
        url=_text(row, "url"),
        popularity=float(popularity),
        locale=_text(row, "locale"),
        details=tuple(_other_texts(row)),
    )


def _text(row: dict[str, Any], name: str, *, required: bool = False) -> str:
    value = row.pop(name, None if required else "")
    if not isinstance(value, str) or (required and not value.strip()):
        raise ValueError(f"{name} is {value!r}, must be {'a text that is not empty' if required else 'a text'}")
    return value.strip()


def _texts(row: dict[str, Any], name: str) -> tuple[str, ...]:
    value = row.pop(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{name} is {value!r}, must be a list of texts")
    return tuple(value)


def _other_texts(row: dict[str, Any]) -> Iterator[str]:
    for value in row.values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from (item for item in value if isinstance(item, str))
