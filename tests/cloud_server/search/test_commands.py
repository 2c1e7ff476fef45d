"""harken-server index, as an operator meets it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from cloud_server import __main__ as command
from cloud_server.search.index import open_index


class Shell:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def index(self, *arguments: str | Path) -> tuple[int, str, str]:
        self._monkeypatch.setattr(sys, "argv", ["harken-server", "index", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_:
            command.main()
        streams = self._capsys.readouterr()
        return int(exit_.value.code or 0), streams.out, streams.err


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(monkeypatch, capsys)


def test_an_index_is_built_changed_and_described(shell: Shell, catalogue: Path, tmp_path: Path) -> None:
    directory, new = tmp_path / "i", tmp_path / "new.csv"
    code, out, err = shell.index("build", catalogue, "--out", directory, "--name", "kitchen", "--json")
    built = json.loads(out)
    assert (code, err) == (0, "")
    assert {"catalogue": "kitchen", "documents": 4}.items() <= built.items()
    new.write_text("id,name\nstew,Lamb Stew\n")
    code, out, _ = shell.index("add", directory, new, "--map", "title=name", "--json")
    assert (code, json.loads(out)["documents"]) == (0, 5)
    code, out, _ = shell.index("remove", directory, "stew")
    assert (code, out) == (0, f"{directory}: 4 documents of kitchen, version {built['version']}\n")
    assert open_index(directory).version == built["version"]


def test_an_index_is_pushed_and_pulled(shell: Shell, catalogue: Path, tmp_path: Path) -> None:
    store = (tmp_path / "store").as_uri()
    _, out, _ = shell.index("build", catalogue, "--out", tmp_path / "i", "--json")
    code, sent, _ = shell.index("push", tmp_path / "i", f"{store}/", "--json")
    assert (code, json.loads(sent)) == (0, {**json.loads(out), "index": store})
    code, out, _ = shell.index("pull", store, tmp_path / "replica")
    assert (code, out.partition(":")[0]) == (0, str(tmp_path / "replica"))
    assert open_index(tmp_path / "replica").documents == open_index(tmp_path / "i").documents


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["build", "nowhere.jsonl", "--out", "x"], "nowhere.jsonl"),
        (["build", "nowhere.jsonl", "--out", "x", "--map", "title"], "--map is 'title', must be FIELD=COLUMN"),
        (["add", "nowhere", "nowhere.jsonl"], "nowhere.jsonl"),
        (["push", "nowhere", "file:///nowhere"], "nowhere/manifest.json"),
        (["push", "{tmp}/i", "nonsense://x"], "nonsense://x: cannot be opened: Protocol not known"),
        (["pull", "memory://nowhere", "{tmp}/x"], "memory://nowhere: has no index"),
        (["remove", "{tmp}/i", "stew"], "has no document 'stew'; nothing was removed"),
    ],
)
def test_what_an_operator_must_change_is_one_sentence_and_exit_code_2(
    shell: Shell, catalogue: Path, tmp_path: Path, arguments: list[str], words: str
) -> None:
    shell.index("build", catalogue, "--out", tmp_path / "i")
    code, _, err = shell.index(*(argument.format(tmp=tmp_path) for argument in arguments))
    assert code == 2
    assert words in err
    assert "Traceback" not in err


def test_bad_rows_are_all_named_and_the_index_stays(shell: Shell, catalogue: Path, tmp_path: Path) -> None:
    shell.index("build", catalogue, "--out", tmp_path / "i")
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"id": "a"}\n{"id": "b", "title": "Good"}\n{\n')
    code, _, err = shell.index("add", tmp_path / "i", bad)
    assert code == 2
    assert "2 bad rows" in err
    assert "line 1: title is None" in err
    assert "line 3: is not JSON" in err
    assert len(open_index(tmp_path / "i").documents) == 4
