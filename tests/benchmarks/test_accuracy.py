"""The stored shape, on real recordings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.accuracy import measure_accuracy
from protos.errors import ConfigurationError


def write_manifest(folder: Path, root: Path) -> None:
    rows = [
        {"audio": str(path), "text": path.stem.replace("-", " "), "source": "cv", "speaker": path.stem}
        for path in sorted((root / "tests" / "recordings").glob("*.flac"))
    ]
    (folder / "m.jsonl").write_text("".join(json.dumps(row) + "\n" for row in [*rows, {"audio": "none.flac", "text": None}]))


@pytest.mark.parametrize("decoder", ["greedy", "beam"])
def test_the_shape(root: Path, tmp_path: Path, decoder: str) -> None:
    write_manifest(tmp_path, root)
    facts = measure_accuracy(Path("m.jsonl"), tmp_path, None, decoder)
    assert facts.keys() == {"decoder", "wer", "cer", "utterances", "skipped", "slices", "oracle", "token_error_rates"}
    rates = [facts["oracle"][size]["cv"] for size in ("1", "5", "10", "30")]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == facts["slices"]["cv"]["wer"]
    assert facts["wer"].keys() == facts["cer"].keys() == {"value", "low", "high"}
    assert facts["slices"]["cv"].keys() == {"wer", "low", "high", "utterances"}
    assert facts["skipped"] == 1
    assert 0 < facts["token_error_rates"]["phones"]["cv"] < 1


@pytest.mark.parametrize(
    ("manifest", "decoder", "why"), [("none.jsonl", "greedy", "is neither here nor under"), ("m.jsonl", "oracle", "decoder is 'oracle'")]
)
def test_what_is_not_there_is_named(tmp_path: Path, manifest: str, decoder: str, why: str) -> None:
    (tmp_path / "m.jsonl").touch()
    with pytest.raises(ConfigurationError, match=why):
        measure_accuracy(Path(manifest), tmp_path, None, decoder)
