from __future__ import annotations

import pytest
import torch

from models.train.deepen import deepened
from models.train.wav2vec2 import HarkenWav2Vec2ForCTC
from protos.errors import ConfigurationError
from tests.models.tiny import SHAPE, write_source

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> HarkenWav2Vec2ForCTC:
    folder = tmp_path_factory.mktemp("tiny") / "seed"
    write_source(folder, SHAPE)
    return HarkenWav2Vec2ForCTC.from_pretrained(folder).eval()


def test_more_blocks_hear_the_same_at_first_and_can_learn(model: HarkenWav2Vec2ForCTC) -> None:
    deeper = deepened(model, model.config.num_hidden_layers + 2).eval()
    waveforms, samples = torch.randn(2, 4000), torch.tensor([4000, 2500])
    assert torch.equal(deeper.hear(waveforms, samples).logits, model.hear(waveforms, samples).logits)
    deeper.hear(waveforms, samples).logits.square().sum().backward()
    new = deeper.wav2vec2.encoder.layers[-1]
    assert new.attention.out_proj.weight.grad.abs().sum() > 0
    assert new.feed_forward.output_dense.weight.grad.abs().sum() > 0


def test_as_many_blocks_as_there_are_is_the_model_itself(model: HarkenWav2Vec2ForCTC) -> None:
    assert deepened(model, 0) is model
    assert deepened(model, model.config.num_hidden_layers) is model


def test_fewer_blocks_are_refused(model: HarkenWav2Vec2ForCTC) -> None:
    with pytest.raises(ConfigurationError, match=r"start\.blocks is 1; the checkpoint has \d"):
        deepened(model, 1)
