"""harken-models evaluate and gate, from the outside."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models import __main__ as cli
from models.bundle import load_bundle
from models.evaluate.gate import SHIPPED, Limits
from models.recognizer import Recognizer
from models.records import Gate, GateCheck
from models.transcribe import read_pcm


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


def test_gate_refuses_a_model_of_noise_and_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], root: Path, shipped: Recognizer, bundle_dir: Path, tmp_path: Path
) -> None:
    """Judged on what the shipped model hears, so that this one is right and the other is not."""
    recording = next((root / "tests" / "recordings").glob("*.flac"))
    heard = shipped.recognize(read_pcm(recording), 0).alternatives[0].transcript
    (tmp_path / "heard.jsonl").write_text(json.dumps({"audio": str(recording), "text": heard, "source": "cv"}))
    assert run(monkeypatch, "gate", bundle_dir, "--manifest", tmp_path / "heard.jsonl", "--json") == 1
    verdict = json.loads(capsys.readouterr().out)
    assert (verdict["passed"], verdict["against"]) == (False, shipped.bundle.sha256)
    assert {check["name"]: check["passed"] for check in verdict["checks"]}["WER"] is False
    assert run(monkeypatch, "info", bundle_dir) == 0
    assert "failed" in capsys.readouterr().out


def test_gate_fits_confidence_before_it_judges(monkeypatch: pytest.MonkeyPatch, bundle_dir: Path, manifest: Path, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "noise.wav", np.random.default_rng(1).standard_normal(4_000) * 0.1, 16_000)
    (tmp_path / "other.jsonl").write_text((json.dumps({"audio": "noise.wav", "text": "hello"}) + "\n") * 50)

    def verdict(new: Path, *_: object) -> Gate:
        return Gate(load_bundle(new).confidence is not None, "0" * 64, (GateCheck("fitted", True, "yes"),))

    monkeypatch.setattr("models.evaluate.measure.gate_bundle", verdict)
    assert run(monkeypatch, "gate", bundle_dir, "--manifest", manifest, "--calibrate", tmp_path / "other.jsonl") == 0


@pytest.mark.parametrize(("passed", "code", "word"), [(True, 0, "passed"), (False, 1, "FAIL")])
def test_gate_exits_with_the_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], manifest: Path, passed: bool, code: int, word: str
) -> None:
    verdict = Gate(passed, "0" * 64, (GateCheck("WER", passed, "+0.10%"),))
    monkeypatch.setattr("models.evaluate.measure.gate_bundle", lambda *_: verdict)
    assert run(monkeypatch, "gate", "any", "--manifest", manifest) == code
    assert word in capsys.readouterr().out


@pytest.mark.parametrize(("asked", "least"), [((), SHIPPED.speed_ratio), (("--least-speed", "0.125"), 0.125)])
def test_a_bundle_that_is_to_be_larger_may_be_slower_if_somebody_says_so(
    monkeypatch: pytest.MonkeyPatch, manifest: Path, asked: tuple[str, ...], least: float
) -> None:
    judged = list[Limits]()

    def verdict(*given: object) -> Gate:
        judged.extend(limits for limits in given if isinstance(limits, Limits))
        return Gate(True, "0" * 64, (GateCheck("speed", True, "fast"),))

    monkeypatch.setattr("models.evaluate.measure.gate_bundle", verdict)
    assert run(monkeypatch, "gate", "any", "--manifest", manifest, *asked) == 0
    assert judged == [Limits(speed_ratio=least)]
