"""The mean of checkpoints, and what cannot be averaged."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.export.average import average
from models.export.checkpoint import read_checkpoint
from protos.errors import BundleError, ConfigurationError
from tests.models.tiny import SHAPE, write_source


def test_every_weight_is_the_mean(tmp_path: Path) -> None:
    sources = [write_source(tmp_path / str(seed), seed=seed) for seed in (1, 2, 3)]
    average(sources, tmp_path / "made")
    made, parts = read_checkpoint(tmp_path / "made"), [read_checkpoint(source) for source in sources]
    assert made.shape == SHAPE
    assert (tmp_path / "made" / "heads.json").read_bytes() == (sources[0] / "heads.json").read_bytes()
    for name, tensor in made.tensors.items():
        np.testing.assert_allclose(tensor, np.mean([part.tensors[name] for part in parts], axis=0), rtol=1e-6, atol=1e-7)


def test_the_mean_of_one_with_itself_is_itself(tmp_path: Path) -> None:
    source = write_source(tmp_path / "one")
    average([source, source], tmp_path / "made")
    before, after = read_checkpoint(source), read_checkpoint(tmp_path / "made")
    assert all(np.array_equal(before.weights[name], after.weights[name]) for name in before.weights)


def test_a_deeper_stage_and_what_it_grew_from_share_the_blocks_that_both_have(tmp_path: Path) -> None:
    deep = write_source(tmp_path / "deep", replace(SHAPE, layers=SHAPE.layers + 1))
    shallow = write_source(tmp_path / "shallow", seed=2)
    average([deep, shallow], tmp_path / "made")
    made, deeper, other = (read_checkpoint(folder) for folder in (tmp_path / "made", deep, shallow))
    assert made.shape == deeper.shape
    for name, tensor in made.tensors.items():
        expected = (deeper.tensors[name] + other.tensors[name]) / 2 if name in other.tensors else deeper.tensors[name]
        np.testing.assert_allclose(tensor, expected, rtol=1e-6, atol=1e-7)
    assert any(f"layers.{SHAPE.layers}." in name for name in made.tensors)


def test_one_is_no_average(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="at least 2"):
        average([write_source(tmp_path / "one")], tmp_path / "made")


def test_what_is_there_stays(tmp_path: Path) -> None:
    source = write_source(tmp_path / "one")
    with pytest.raises(ConfigurationError, match="is there already"):
        average([source, source], source)


@pytest.mark.parametrize(("change", "said"), [("shape", "another shape"), ("heads", "same outputs"), ("no heads", "heads.json")])
def test_what_does_not_fit_leaves_nothing_behind(tmp_path: Path, change: str, said: str) -> None:
    first = write_source(tmp_path / "first")
    second = write_source(tmp_path / "second", replace(SHAPE, layers=SHAPE.layers + 1) if change == "shape" else SHAPE)
    heads = json.loads((second / "heads.json").read_bytes())
    heads["heads"][0]["tokens"][3], heads["heads"][0]["tokens"][4] = heads["heads"][0]["tokens"][4], heads["heads"][0]["tokens"][3]
    if change == "heads":
        (second / "heads.json").write_text(json.dumps(heads))
    if change == "no heads":
        (second / "heads.json").unlink()
    (tmp_path / "out").mkdir()
    with pytest.raises(BundleError, match=said):
        average([first, second], tmp_path / "out" / "made")
    assert not list((tmp_path / "out").iterdir())
