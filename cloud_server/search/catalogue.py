"""A catalogue file -> documents, or every reason why not. Reads one JSONL file; knows nothing of the index."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from protos.errors import CatalogueError

MAX_REPORTED_ROWS = 20
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


def read_catalogue(path: Path) -> list[Document]:
    """Every row of a JSONL file, in order.

    Raises: CatalogueError: the file cannot be read, is empty, or has bad rows; names each bad row by its line (the first 20), drops none silently.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path}: {error}") from error
    documents, problems, line_of = [], [], dict[str, int]()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            document = parse_row(line)
            if document.id in line_of:
                raise ValueError(f"id {document.id!r} was used in line {line_of[document.id]}")
        except ValueError as error:
            problems.append(f"line {number}: {error}")
        else:
            line_of[document.id] = number
            documents.append(document)
    if problems:
        more = f"\n  and {len(problems) - MAX_REPORTED_ROWS} more" if len(problems) > MAX_REPORTED_ROWS else ""
        raise CatalogueError(f"{path}: {len(problems)} bad rows\n  " + "\n  ".join(problems[:MAX_REPORTED_ROWS]) + more)
    if not documents:
        raise CatalogueError(f"{path}: has no rows")
    return documents


def parse_row(line: str) -> Document:
    """Raises: ValueError: what is wrong with the row, in words."""
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON ({error.msg} at column {error.colno})") from error
    if not isinstance(row, dict):
        raise ValueError(f"is a JSON {type(row).__name__}, must be an object")
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
