from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from models.export.checkpoint import read_checkpoint
from models.train.batches import Position
from models.train.checkpoints import CHECKPOINT, STATE, Standing, read_heads, resume, save, write_checkpoint
from models.train.lesson import Fitted
from models.train.loss import Scale
from models.train.wav2vec2 import HarkenWav2Vec2ForCTC
from protos.errors import ConfigurationError
from tests.models.tiny import write_source

pytestmark = pytest.mark.train

STANDING = Standing(7, 123.5, 0.25, Position(2, 3), 0.4, 1)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = write_source(tmp_path / "seed")
    (folder / "LICENSES").mkdir()
    (folder / "LICENSES" / "MIT.txt").write_text("Do as you like.\n")
    return folder


def model_and_optimiser(source: Path) -> tuple[HarkenWav2Vec2ForCTC, torch.optim.Optimizer]:
    model = HarkenWav2Vec2ForCTC.from_pretrained(source)
    return model, torch.optim.AdamW(model.parameters())


def test_what_is_saved_is_what_goes_on(source: Path, tmp_path: Path) -> None:
    model, optimiser = model_and_optimiser(source)
    model.lm_head.bias.sum().backward()
    optimiser.step()
    fitted = Fitted([Scale(torch.zeros(3), torch.ones(3) * 2)], {"layer_0/self_attention/sink_keys": torch.ones(2, 3)})
    save(tmp_path, model, optimiser, None, fitted, STANDING, source)
    again, its_optimiser = model_and_optimiser(source)
    standing, its_fitted = resume(tmp_path / STATE, again, its_optimiser, None)
    assert standing == STANDING
    assert torch.equal(its_fitted.scales[0].deviation, fitted.scales[0].deviation)
    assert torch.equal(its_fitted.sinks["layer_0/self_attention/sink_keys"], torch.ones(2, 3))
    assert all(torch.equal(tensor, again.state_dict()[name]) for name, tensor in model.state_dict().items())
    assert its_optimiser.state_dict()["state"].keys() == optimiser.state_dict()["state"].keys()
    assert sorted(path.name for path in tmp_path.iterdir()) == [CHECKPOINT, "seed", STATE], "nothing half written is left"


def test_an_average_goes_on_and_is_what_is_kept(source: Path, tmp_path: Path) -> None:
    model, optimiser = model_and_optimiser(source)
    averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.75))
    before = model.lm_head.bias.detach().clone()
    averaged.update_parameters(model)
    with torch.no_grad():
        model.lm_head.bias += 4
    averaged.update_parameters(model)
    save(tmp_path, model, optimiser, averaged, Fitted(), STANDING, source)
    assert torch.allclose(HarkenWav2Vec2ForCTC.from_pretrained(tmp_path / CHECKPOINT).lm_head.bias, before + 1)
    again, its_optimiser = model_and_optimiser(source)
    its_average = AveragedModel(again, multi_avg_fn=get_ema_multi_avg_fn(0.75))
    resume(tmp_path / STATE, again, its_optimiser, its_average)
    assert torch.equal(again.lm_head.bias, model.lm_head.bias)
    for one in (averaged, its_average):
        one.update_parameters(model)
    assert torch.equal(its_average.module.lm_head.bias, averaged.module.lm_head.bias)
    assert not torch.equal(its_average.module.lm_head.bias, model.lm_head.bias)


def test_averaging_may_begin_where_a_run_without_goes_on(source: Path, tmp_path: Path) -> None:
    model, optimiser = model_and_optimiser(source)
    with torch.no_grad():
        model.lm_head.bias += 4
    save(tmp_path, model, optimiser, None, Fitted(), STANDING, source)
    again, its_optimiser = model_and_optimiser(source)
    averaged = AveragedModel(again, multi_avg_fn=get_ema_multi_avg_fn(0.75))
    resume(tmp_path / STATE, again, its_optimiser, averaged)
    assert torch.equal(averaged.module.lm_head.bias, model.lm_head.bias)


def test_a_checkpoint_is_what_the_exporter_reads_with_heads_and_licences(source: Path, tmp_path: Path) -> None:
    model, _ = model_and_optimiser(source)
    for _ in range(2):
        write_checkpoint(model, tmp_path / CHECKPOINT, source)
    checkpoint = read_checkpoint(tmp_path / CHECKPOINT)
    assert checkpoint.shape == read_checkpoint(source).shape
    assert read_heads(tmp_path / CHECKPOINT) == read_heads(source)
    assert (tmp_path / CHECKPOINT / "LICENSES" / "MIT.txt").is_file()


@pytest.mark.parametrize("raw", [None, b"", b"no state", "of another model"])
def test_what_cannot_be_gone_on_with_is_refused_with_its_path(source: Path, tmp_path: Path, raw: object) -> None:
    model, optimiser = model_and_optimiser(source)
    path = tmp_path / STATE
    if isinstance(raw, bytes):
        path.write_bytes(raw)
    elif raw is not None:
        torch.save({"model": {"other.weight": torch.zeros(1)}}, path)
    with pytest.raises(ConfigurationError, match=r"state\.pt: cannot go on from it"):
        resume(path, model, optimiser, None)


def test_a_checkpoint_without_heads_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"heads\.json: .*which outputs are which symbols"):
        read_heads(tmp_path)
