"""The command line: what it prints, and that what a person must change is one sentence and exit code 2."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.__main__ import main
from models.bundle import Bundle, load_bundle

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def harken_models(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["harken-models", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            main()
        printed = capsys.readouterr()
        return int(caught.value.code or 0), printed.out, printed.err

    return call


def test_transcribe_hears_the_shipped_recordings(harken_models: Call, root: Path) -> None:
    recordings = sorted((root / "tests" / "recordings").glob("*.flac"))[:2]
    code, out, _ = harken_models("transcribe", *recordings, "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [Path(row["audio"]) for row in rows] == recordings
    for row in rows:
        assert row["final_reason"] == "RECOGNIZED"
        assert [word["word"] for word in row["words"]] == row["transcript"].split()
        assert 0 < row["confidence"] <= 1
    code, out, _ = harken_models("transcribe", recordings[0])
    assert out == f"{recordings[0]}: {rows[0]['transcript']}  [{rows[0]['confidence']:.2f}]\n"


def test_transcribe_takes_stretches(harken_models: Call, root: Path, tmp_path: Path) -> None:
    recording = next((root / "tests" / "recordings").glob("*.flac"))
    (tmp_path / "s.jsonl").write_text(json.dumps({"audio": str(recording), "start_sample": 100, "sample_count": 500}))
    assert harken_models("transcribe", "--segments", tmp_path / "s.jsonl") == (0, f"{recording}: (too short)\n", "")


@pytest.mark.parametrize("arguments", [[], ["a.wav", "--segments", "s.jsonl"]], ids=["nothing", "both"])
def test_transcribe_wants_recordings_or_stretches(harken_models: Call, arguments: list[str]) -> None:
    code, out, error = harken_models("transcribe", *arguments)
    assert (code, out) == (2, "")
    assert error == "harken-models: give recordings, or stretches with --segments\n"


def test_a_recording_that_is_too_long_is_one_sentence_and_exit_code_1(harken_models: Call, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "long.wav", np.tile(np.array([0.1, -0.1]), 16_000 * 16), 16_000)
    code, _, error = harken_models("transcribe", tmp_path / "long.wav")
    assert code == 1
    assert error.startswith(f"harken-models: {tmp_path}/long.wav: the segment has 32.00 s")
    assert error.count("\n") == 1


def test_verify_and_info_tell_about_a_bundle(harken_models: Call, tiny_bundle: Bundle) -> None:
    code, out, _ = harken_models("verify", tiny_bundle.path)
    assert code == 0
    assert f"{len(tiny_bundle.manifest.files)} files are as the manifest says" in out
    code, out, _ = harken_models("info", tiny_bundle.path, "--json")
    facts = json.loads(out)
    assert code == 0
    assert (facts["model_id"], facts["sha256"], facts["heads"], facts["max_seconds"]) == ("tiny-1", tiny_bundle.sha256, ["characters"], 30)
    _, out, _ = harken_models("info", tiny_bundle.path)
    assert "tiny-1" in out


def test_a_harmed_bundle_is_one_sentence_and_exit_code_2(harken_models: Call, bundle_dir: Path) -> None:
    (bundle_dir / "heads.json").write_text("{}")
    for command in ("verify", "info"):
        code, out, error = harken_models(command, bundle_dir)
        assert (code, out) == (2, "")
        assert error.startswith(f"harken-models: {bundle_dir}/heads.json: has 2 bytes, the manifest says ")


def test_export_makes_a_bundle_and_refresh_takes_an_edited_card(harken_models: Call, tiny_source: Path, root: Path, tmp_path: Path) -> None:
    beside = tiny_source.parent
    flags = ["--out", tmp_path / "made", "--model-id", "made-1", "--card", beside / "card.md", "--licence", beside / "MIT.txt"]
    (tmp_path / "speech.jsonl").write_text(json.dumps({"audio": str(next((root / "tests" / "recordings").glob("*.flac"))), "text": "any"}))
    code, out, error = harken_models("export", tiny_source, *flags, "--calibrate", tmp_path / "speech.jsonl")
    assert (code, error) == (0, "")
    assert "made-1@1, int8-static" in out
    (tmp_path / "made" / "model_card.md").write_text("# another\n")
    assert harken_models("verify", tmp_path / "made")[0] == 2
    assert harken_models("refresh", tmp_path / "made")[0] == 0
    assert harken_models("verify", tmp_path / "made")[0] == 0
    assert load_bundle(tmp_path / "made").manifest.model_id == "made-1"


def run_without(package: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """As on a machine where that package is not installed."""
    program = f"import sys; sys.modules[{package!r}] = None; sys.argv[0] = 'harken-models'; from models.__main__ import main; main()"
    return subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("package", "arguments"),
    [
        ("onnx", ["export", "x", "--out", "y", "--model-id", "z", "--card", "c", "--licence", "l", "--float"]),
        ("safetensors", ["refresh", "x"]),
        ("rapidfuzz", ["evaluate", "x.jsonl"]),
    ],
)
def test_a_maker_whose_package_is_missing_says_which_to_install(package: str, arguments: list[str]) -> None:
    done = run_without(package, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"needs the package {package}: pip install 'harken[" in done.stderr
    assert done.stderr.count("\n") == 1


def test_serving_and_the_command_line_import_no_maker() -> None:
    program = (
        "import sys, models.__main__, models.recognizer, models.transcribe;"
        "print(sorted({'onnx', 'safetensors', 'rapidfuzz', 'torch', 'transformers', 'ml_dtypes', 'models.export'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
