"""Four kinds of catalogue, one kind of row; what cannot be read comes with its place."""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from cloud_server.search.catalogue import Document, read_catalogue
from cloud_server.search.rows import read_rows
from protos.errors import CatalogueError, ConfigurationError

PIE = Document("pie", "Apple Pie", "Slice, and bake.", ("sweet", "baking"), "recipe:pie", 0.5, "en", ("french",))


def problems(path: Path) -> list[tuple[str, str]]:
    return [(place, str(row)) for place, row in read_rows(path, {}) if isinstance(row, ValueError)]


def test_lines_of_json(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text('{"id": "a", "title": "x\u2028y"}\n\n{\n[]\n')
    assert problems(path) == [
        ("line 3", "is not JSON (Expecting property name enclosed in double quotes at column 2)"),
        ("line 4", "is a JSON list, must be an object"),
    ]
    assert [place for place, _ in read_rows(path, {})] == ["line 1", "line 3", "line 4"]


def test_a_table_with_commas(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text(
        '\ufeffid,title,text,tags,url,popularity,locale,cuisine\npie,Apple Pie,"Slice, and bake.",sweet; baking,recipe:pie,0.5,en,french\n'
    )
    assert read_catalogue(path) == [PIE]


def test_rows_of_a_table_are_named_by_the_line_they_begin_in(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text('id,title,text\na,A,"two\nlines"\nb,B\nc,C,D,E\nd,"D"x,\ne,E,\nf,F,"never closed\n')
    assert problems(path) == [
        ("line 4", "has 2 cells, the header has 3"),
        ("line 5", "has 4 cells, the header has 3"),
        ("line 6", "is not CSV (',' expected after '\"')"),
        ("line 8", "is not CSV (unexpected end of data)"),
    ]


def test_numbers_of_a_table_that_are_none_are_refused_by_their_line(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("id,title,popularity\na,A,much\nb,B,\n")
    with pytest.raises(CatalogueError, match="1 bad row\n  line 2: popularity is 'much', must be a number"):
        read_catalogue(path)
    path.write_text("id,title,id\na,A,b\n")
    with pytest.raises(CatalogueError, match="has the column 'id' more than once"):
        read_catalogue(path)


def test_a_folder_of_pages(tmp_path: Path) -> None:
    (tmp_path / "sweet").mkdir()
    (tmp_path / "sweet" / "pie.md").write_text("# Apple Pie #\n\nSlice, and bake.\n")
    head = "---\nid: tart\ntitle: Plum Tart\ntags: sweet; baking\npopularity: 0.5\nchef:\n---\n"
    (tmp_path / "tart.md").write_text(head + "# Tart of plums\nStone them.\n")
    assert read_catalogue(tmp_path) == [
        Document("sweet/pie", "Apple Pie", "Slice, and bake."),
        Document("tart", "Plum Tart", "Stone them.", ("sweet", "baking"), popularity=0.5),
    ]


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("---\ntitle: x\n", "the second --- is missing"),
        ("---\ntitle: x\n - y\n---\n", "line 3 is ' - y', must be `field: value`"),
    ],
)
def test_a_page_that_cannot_be_read_says_why(tmp_path: Path, page: str, words: str) -> None:
    (tmp_path / "bad.md").write_text(page)
    ((place, why),) = problems(tmp_path)
    assert place == "bad.md"
    assert words in why


def test_fields_may_have_other_names(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("id,name,title,genres,rank\n1,Apple Pie,Dr,sweet;baking,0.5\n")
    columns = {"title": "name", "tags": "genres", "popularity": "rank"}
    assert read_catalogue(path, columns) == [Document("1", "Apple Pie", tags=("sweet", "baking"), popularity=0.5, details=("Dr",))]
    with pytest.raises(CatalogueError, match="no row has 'nmae', which --map names"):
        read_catalogue(path, {**columns, "text": "nmae"})


@pytest.mark.parametrize("name", ["c.xlsx", "c"])
def test_other_endings_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CatalogueError, match=r"must be \.jsonl, \.csv, \.parquet or a folder"):
        list(read_rows(tmp_path / name, {}))


def test_without_pyarrow_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigurationError, match=r"reading Parquet needs the package pyarrow: pip install 'harken\[parquet\]'"):
        list(read_rows(tmp_path / "c.parquet", {}))


def test_a_table_in_columns(tmp_path: Path) -> None:
    path = tmp_path / "c.parquet"
    rows = [{"id": 7, "title": "Apple Pie", "tags": ["sweet"], "popularity": None}, {"id": 8, "title": None, "tags": None, "popularity": 0.25}]
    parquet.write_table(pa.Table.from_pylist(rows), path)
    assert list(read_rows(path, {})) == [("row 1", {"id": 7, "title": "Apple Pie", "tags": ["sweet"]}), ("row 2", {"id": 8, "popularity": 0.25})]
    path.write_bytes(b"PAR1 and nothing more")
    with pytest.raises(CatalogueError, match=r"c\.parquet"):
        list(read_rows(path, {}))
