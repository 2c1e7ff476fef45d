"""harken-models pull, whole and without a network: fetched, exported, quantised and judged by one command."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from models import __main__ as cli
from models.bundle import CARD, load_bundle
from models.export.to_bundle import Identity, export_bundle
from models.exporting import model_name
from tests.models.tiny import STOCK_SHAPE, write_hub_cache, write_source, write_stock

needs_hub = pytest.mark.skipif(importlib.util.find_spec("huggingface_hub") is None, reason="the hub library is in the extra train")


@pytest.fixture
def speech(root: Path, tmp_path: Path) -> Path:
    rows = [{"audio": str(path), "text": "one two", "source": "cv"} for path in sorted((root / "tests" / "recordings").glob("*.flac"))[:2]]
    (tmp_path / "speech.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path / "speech.jsonl"


@pytest.fixture
def old(tiny_source: Path, tmp_path: Path) -> Path:
    """A bundle whose place others would take."""
    beside, source = tiny_source.parent, write_source(tmp_path / "old-source", STOCK_SHAPE)
    return export_bundle(source, tmp_path / "old", Identity("old"), beside / "card.md", [beside / "MIT.txt"]).path


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hub's own cache, and no way to the hub."""
    from huggingface_hub import constants  # noqa: PLC0415 - only where torch is

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path / "hub"


def pull(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int | str | None:
    monkeypatch.setattr("sys.argv", ["harken-models", "pull", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return end.value.code


def test_a_folder_of_somebodys_is_pulled_and_judged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], speech: Path, old: Path, tmp_path: Path
) -> None:
    """Against a bundle of the same weights; the verdict's code is the command's."""
    source, out = write_stock(tmp_path / "Stock"), tmp_path / "made"
    flags = ("--out", out, "--calibrate", speech, "--manifest", speech, "--against", old)
    code = pull(monkeypatch, source, *flags)
    printed = capsys.readouterr()
    made = load_bundle(out).manifest
    assert made.gate is not None
    assert made.gate.against == load_bundle(old).sha256
    assert code == (0 if made.gate.passed else 1)
    assert printed.out.splitlines()[-1] == f"{out}: {'passed' if made.gate.passed else 'failed'}"
    assert "stock@1, int8-static" in "".join(printed.err.splitlines())
    assert made.lineage is not None
    assert (made.lineage.source, made.lineage.calibration_clips) == (str(source), 2)
    assert (made.lineage.command or "").startswith("harken-models pull ")
    assert "apache-2.0, as its page says" in (out / "LICENSES" / "AS-STATED.txt").read_text()


def test_weights_that_nobody_licensed_are_not_pulled(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], speech: Path, tmp_path: Path
) -> None:
    source = write_stock(tmp_path / "stock")
    (source / "README.md").write_text("# No licence\n")
    assert pull(monkeypatch, source, "--out", tmp_path / "made", "--calibrate", speech, "--manifest", speech) == 2
    assert "names no licence" in capsys.readouterr().err
    assert not (tmp_path / "made").exists()


@pytest.mark.train
@needs_hub
def test_a_hub_name_is_pulled_from_the_hubs_cache(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], speech: Path, old: Path, hub: Path, tmp_path: Path
) -> None:
    write_hub_cache(hub)
    flags = ("--out", tmp_path / "made", "--calibrate", speech, "--manifest", speech, "--against", old, "--json")
    code = pull(monkeypatch, "someone/tiny", *flags)
    verdict = json.loads(capsys.readouterr().out)
    made = load_bundle(tmp_path / "made")
    assert (code, made.manifest.model_id, made.manifest.quantization) == (0 if verdict["passed"] else 1, "tiny", "int8-static")
    assert made.manifest.lineage is not None
    assert made.manifest.lineage.source == "someone/tiny"
    assert (made.path / CARD).read_text().endswith("# Base\n")


@pytest.mark.train
@needs_hub
def test_a_hub_name_that_cannot_be_had_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], speech: Path, hub: Path, tmp_path: Path
) -> None:
    hub.mkdir()
    assert pull(monkeypatch, "someone/other", "--out", tmp_path / "made", "--calibrate", speech, "--manifest", speech) == 2
    printed = capsys.readouterr().err.strip()
    assert printed.startswith("harken-models: someone/other: is no folder here, and the Hugging Face hub does not give it")


def test_a_model_is_named_after_its_source() -> None:
    assert model_name("someone/Tiny") == "tiny"
    assert model_name("torchaudio:WAV2VEC2_ASR_BASE_960H") == "wav2vec2_asr_base_960h"
