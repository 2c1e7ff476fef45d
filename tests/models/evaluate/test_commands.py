"""harken-models evaluate and gate, from the outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models import __main__ as cli
from models.bundle import Bundle


@pytest.fixture
def manifest(tmp_path: Path, root: Path) -> Path:
    recording = str(next((root / "tests" / "recordings").glob("*.flac")))
    rows = [
        {"audio": recording, "text": "one two", "source": "cv13"},
        {"audio": recording, "text": "one", "source": "kathleen"},
        {"audio": recording},
    ]
    (tmp_path / "m.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path / "m.jsonl"


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int | str | None:
    monkeypatch.setattr("sys.argv", ["harken-models", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return end.value.code


def test_evaluate_gives_one_object_to_machines_and_a_table_to_people(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], manifest: Path
) -> None:
    assert run(monkeypatch, "evaluate", manifest, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["utterances"], facts["skipped"]) == (2, 1)
    assert {"cv", "kathleen"} < facts["slices"].keys()
    assert facts["token_error_rates"].keys() == {"phones", "characters"}
    assert run(monkeypatch, "evaluate", manifest, "--limit", 1) == 0
    out = capsys.readouterr().out
    assert "cv" in out
    assert "1 utterances, 1 rows without text skipped" in out


def test_gate_exits_with_1_when_a_bundle_may_not_be_promoted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], manifest: Path, tiny_bundle: Bundle, bundle_dir: Path
) -> None:
    code = run(monkeypatch, "gate", bundle_dir, "--against", tiny_bundle.path, "--manifest", manifest, "--json")
    verdict = json.loads(capsys.readouterr().out)
    assert code == (0 if verdict["passed"] else 1)
    assert verdict["against"] == tiny_bundle.sha256
    # A model of noise against the shipped one: whatever it lacks, it is not as accurate as nothing at all.
    assert run(monkeypatch, "gate", bundle_dir, "--manifest", manifest) in (0, 1)
    assert "WER" in capsys.readouterr().out
