"""A catalogue's file -> rows, each with its place: JSONL, CSV, Parquet, or a folder of Markdown. Knows nothing of documents.

A row that cannot be read comes as the ValueError that says why: whoever reads on reports it with the others.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from models.extras import needs_extra
from protos.errors import CatalogueError

Row: TypeAlias = "tuple[str, Mapping[str, Any] | ValueError]"
"""Where ("line 3"), and what."""
NUMBERS = ("popularity",)
LISTS = ("tags",)
_SEPARATOR = re.compile(r"\s*;\s*")
_HEADING = re.compile(r"#\s+(.+?)\s*#*\s*$")
_FENCE = "---"


def read_rows(path: Path, columns: Mapping[str, str]) -> Iterator[Row]:
    """Every row in order, bad ones included. columns: field of a document -> what the rows call it; other names stay.

    Raises: CatalogueError: it cannot be read at all, its ending is none we know, or no row has one of the columns.
    """
    reader = markdown_rows if path.is_dir() else READERS.get(path.suffix.lower())
    if reader is None:
        raise CatalogueError(f"{path}: ends in {path.suffix!r}, must be {', '.join(READERS)} or a folder of .md files")
    missing = set(columns.values())
    try:
        for place, row in reader(path):
            if isinstance(row, ValueError):
                yield place, row
                continue
            missing -= row.keys()
            named = renamed(row, columns)
            yield place, typed(named) if reader in TEXTS_ONLY else named
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path}: {error}") from error
    if missing:
        raise CatalogueError(f"{path}: no row has {', '.join(map(repr, sorted(missing)))}, which --map names")


def renamed(row: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    """By the names of a document's fields. A column whose name a mapped one takes stays, as one that is no field."""
    fields = {column: field for field, column in columns.items()}
    others = {f"{name} (not mapped)" if name in columns else name: value for name, value in row.items() if name not in fields}
    return {**others, **{fields[name]: value for name, value in row.items() if name in fields}}


def typed(row: Mapping[str, str]) -> dict[str, Any]:
    """Of formats that know texts only: numbers and lists as far as they can be read; what cannot stays a text, and is refused as one."""
    values: dict[str, Any] = dict(row)
    for name in LISTS:
        if name in row:
            values[name] = [item for item in _SEPARATOR.split(row[name].strip()) if item]
    for name in NUMBERS:
        try:
            values[name] = float(row[name])
        except (KeyError, ValueError):
            continue
    return values


def jsonl_rows(path: Path) -> Iterator[Row]:
    """One object a line; empty lines count and are passed over."""
    # Not splitlines: U+2028 and its like may stand in a JSON text.
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if line.strip():
            yield f"line {number}", _object(line)


def csv_rows(path: Path) -> Iterator[Row]:
    """A header, then a row for each document; tags are separated by `;`, an empty cell is a field that is not there."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        header = next(reader, [])
        if repeated := {name for name in header if header.count(name) > 1}:
            raise CatalogueError(f"{path}: has the column {min(repeated)!r} more than once")
        while True:
            place = f"line {reader.line_num + 1}"
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield place, ValueError(f"is not CSV ({error})")
                continue
            if cells:
                yield place, _cells(header, cells)


def parquet_rows(path: Path) -> Iterator[Row]:
    """Raises: ConfigurationError: pyarrow is not installed. CatalogueError: it is no Parquet file."""
    with needs_extra("reading Parquet", "parquet"):
        import pyarrow as pa  # noqa: PLC0415
        from pyarrow import parquet  # noqa: PLC0415
    number = 0
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches():
                for row in batch.to_pylist():
                    number += 1
                    yield f"row {number}", {name: value for name, value in row.items() if value is not None}
    except pa.ArrowException as error:
        raise CatalogueError(f"{path}: {error}") from error


def markdown_rows(folder: Path) -> Iterator[Row]:
    """A document for each .md file, by its path: fields between `---` lines, the first heading as title, the rest as text."""
    for path in sorted(folder.rglob("*.md")):
        name = path.relative_to(folder).as_posix()
        yield name, _page(path.read_text(encoding="utf-8-sig"), name.removesuffix(".md"))


def _object(line: str) -> Mapping[str, Any] | ValueError:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        return ValueError(f"is not JSON ({error.msg} at column {error.colno})")
    return row if isinstance(row, dict) else ValueError(f"is a JSON {type(row).__name__}, must be an object")


def _cells(header: list[str], cells: list[str]) -> Mapping[str, Any] | ValueError:
    if len(cells) != len(header):
        return ValueError(f"has {len(cells)} cells, the header has {len(header)}")
    return {name: cell for name, cell in zip(header, cells, strict=True) if cell.strip()}


def _page(text: str, name: str) -> Mapping[str, Any] | ValueError:
    lines = text.splitlines()
    fields: dict[str, str] = {}
    if lines and lines[0].rstrip() == _FENCE:
        if _FENCE not in (ends := [line.rstrip() for line in lines[1:]]):
            return ValueError("begins with fields between --- lines, and the second --- is missing")
        body = ends.index(_FENCE) + 1
        for number, line in enumerate(lines[1:body], 2):
            key, colon, value = line.partition(":")
            if line.strip() and not (colon and key.strip() and not line[0].isspace()):
                return ValueError(f"line {number} is {line!r}, must be `field: value` (tags: one; two)")
            fields[key.strip()] = value.strip()
        lines = lines[body + 1 :]
    heading = next((match.group(1) for line in lines if (match := _HEADING.match(line))), "")
    rest = "\n".join(line for line in lines if not _HEADING.match(line)).strip()
    given = {key: value for key, value in fields.items() if value}
    return {**({"title": heading} if heading else {}), "id": name, "text": rest, **given}


READERS: dict[str, Callable[[Path], Iterator[Row]]] = {".jsonl": jsonl_rows, ".csv": csv_rows, ".parquet": parquet_rows}
TEXTS_ONLY = (csv_rows, markdown_rows)
