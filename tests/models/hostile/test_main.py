from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.__main__ import main
from models.bundle import Bundle, default_bundle_dir, load_bundle
from tests.models.hostile.tiny import write_folder


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """The exit code of `harken-models ARGUMENTS`."""
    monkeypatch.setattr(sys, "argv", ["harken-models", *map(str, arguments)])
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.fixture
def recording(root: Path) -> Path:
    return root / "tests/recordings/garlic-shrimp.flac"


def test_transcribe_says_what_it_hears(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], recording: Path, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silence.wav", np.zeros(16000, np.int16), 16000)
    assert run(monkeypatch, "transcribe", recording, tmp_path / "silence.wav") == 0
    heard, silence = capsys.readouterr().out.splitlines()
    assert heard.startswith(f"{recording}: ")
    assert "garlic" in heard
    assert silence == f"{tmp_path / 'silence.wav'}: (no speech)"


def test_transcribe_json_is_one_object_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], recording: Path, tmp_path: Path
) -> None:
    stretches = tmp_path / "stretches.jsonl"
    rows = [{"audio": str(recording), "start_sample": start, "sample_count": 20_000} for start in (0, 4000)] + [
        {"audio": str(recording), "start_sample": 0, "sample_count": 10}
    ]
    stretches.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert run(monkeypatch, "transcribe", "--segments", stretches, "--json") == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["start_sample"] for answer in answers] == [0, 4000, 0]
    assert [answer["final_reason"] for answer in answers] == ["RECOGNIZED", "RECOGNIZED", "TOO_SHORT"]
    for answer in answers:
        assert list(answer) == ["audio", "start_sample", "transcript", "confidence", "final_reason", "words"]
        assert answer["transcript"] == " ".join(word["word"] for word in answer["words"])
        assert all(word["start_seconds"] < word["end_seconds"] for word in answer["words"])
    assert answers[2]["confidence"] == 0


def test_verify_and_info_tell_what_the_shipped_bundle_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shipped: Bundle
) -> None:
    assert run(monkeypatch, "verify") == 0
    assert f"{len(load_bundle(default_bundle_dir()).manifest.files)} files are as the manifest says" in capsys.readouterr().out
    assert run(monkeypatch, "info", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["model_id"] == shipped.manifest.model_id
    assert facts["sha256"] == shipped.sha256
    assert facts["frames_per_second"] == round(16_000 / shipped.manifest.clock.stride_samples, 2)
    assert run(monkeypatch, "info") == 0
    assert shipped.manifest.model_id in capsys.readouterr().out


def test_a_bundle_is_exported_verified_edited_and_refreshed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    source, out = write_folder(tmp_path / "checkpoint"), tmp_path / "out"
    named = ["--out", out, "--model-id", "kitchen-en", "--card", source / "card.md", "--licence", source / "LICENSE"]
    assert run(monkeypatch, "export", source, *named) == 2
    assert "--calibrate, or --float" in capsys.readouterr().err
    assert run(monkeypatch, "export", source, *named, "--float") == 0
    assert "kitchen-en@1, float32" in capsys.readouterr().out
    (out / "model_card.md").write_text("# better\n")
    assert run(monkeypatch, "verify", out) == 2
    assert "model_card.md" in capsys.readouterr().err
    assert run(monkeypatch, "refresh", out) == 0
    assert load_bundle(out).sha256 in capsys.readouterr().out
    assert run(monkeypatch, "verify", out) == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["transcribe"], "give recordings, or stretches with --segments"),
        (["transcribe", "absent.wav"], "absent.wav"),
        (["transcribe", "absent.wav", "--bundle", "no-bundle"], "no-bundle"),
        (["transcribe", "--segments", "absent.jsonl"], "absent.jsonl: No such file"),
        (["transcribe", "a.wav", "--segments", "b.jsonl"], "give recordings, or stretches"),
        (["verify", "no-bundle"], "no-bundle: No such file"),
        (["info", "no-bundle"], "no-bundle: No such file"),
        (["refresh", "no-bundle"], "no-bundle"),
        (["evaluate", "absent.jsonl"], "absent.jsonl"),
        (["export", "absent", "--out", "o", "--model-id", "x", "--card", "c", "--licence", "l", "--float"], "absent: is no folder"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
def test_what_a_person_must_change_is_one_sentence_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, *arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("harken-models: ")
    assert sentence in error
    assert error.count("\n") == 1


def test_audio_the_model_refuses_is_one_sentence_and_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    soundfile.write(tmp_path / "long.wav", np.zeros(31 * 16000, np.int16), 16000)
    soundfile.write(tmp_path / "nan.wav", np.array([0.0, np.nan]), 16000, subtype="FLOAT")
    for name in ("long.wav", "nan.wav"):
        assert run(monkeypatch, "transcribe", tmp_path / name) == 1
        error = capsys.readouterr().err
        assert error.startswith(f"harken-models: {tmp_path / name}: ")
        assert error.count("\n") == 1


def test_serving_imports_none_of_the_makers_packages(root: Path) -> None:
    code = "import sys, models.__main__; print([name for name in ('onnx', 'safetensors', 'ml_dtypes', 'rapidfuzz', 'torch') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True).stdout.strip() == "[]"
