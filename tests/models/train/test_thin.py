"""Neurons that others can stand in for go; what is left computes what all did."""

from __future__ import annotations

import pytest
import torch

from models.train.thin import keep_best, thinned
from models.train.wav2vec2 import HarkenWav2Vec2ForCTC
from tests.models.train.test_wav2vec2 import tiny

pytestmark = pytest.mark.train


def speech(clips: int = 6) -> list[torch.Tensor]:
    torch.manual_seed(3)
    return [torch.randn(1, 80, 72) for _ in range(clips)]


def last_states(model: HarkenWav2Vec2ForCTC, states: list[torch.Tensor]) -> torch.Tensor:
    heard = []
    for state in states:
        for block in model.wav2vec2.encoder.layers:
            state = block(state)
        heard.append(state[0])
    return torch.cat(heard)


@torch.no_grad()
def test_doubled_neurons_are_not_missed() -> None:
    model, states = tiny(), speech()
    for block in model.wav2vec2.encoder.layers:
        into = block.feed_forward.intermediate_dense
        into.weight[20:] = into.weight[:20]
        into.bias[20:] = into.bias[:20]
    thin = thinned(model, states, 20).eval()
    assert thin.config.intermediate_size == 20
    assert thin.wav2vec2.encoder.layers[0].feed_forward.output_dense.weight.shape == (72, 20)
    whole = last_states(model, states)
    assert (last_states(thin, states) - whole).pow(2).mean() < 1e-3 * whole.var()


@torch.no_grad()
def test_what_is_left_is_refitted_and_the_rest_stays() -> None:
    model, states = tiny(), speech()
    thin = thinned(model, states, 30).eval()
    cut = tiny(intermediate_size=30)
    parameters = dict(model.named_parameters())
    for name, parameter in cut.named_parameters():
        kept = parameters[name]
        parameter.copy_(kept[:30] if "intermediate_dense" in name else kept[:, :30] if name.endswith("output_dense.weight") else kept)
    whole = last_states(model, states)
    errors = [float((last_states(one, states) - whole).pow(2).mean()) for one in (thin, cut)]
    assert errors[0] < 0.5 * errors[1]
    assert torch.equal(thin.lm_head.weight, model.lm_head.weight)
    assert torch.equal(thin.wav2vec2.encoder.layers[3].attention.q_proj.weight, model.wav2vec2.encoder.layers[3].attention.q_proj.weight)


def test_the_neuron_whose_place_none_can_take_is_kept() -> None:
    torch.manual_seed(4)
    said = torch.randn(500, 4, dtype=torch.float64)
    said[:, 3] = said[:, 0] + said[:, 1]
    said = torch.cat((said, torch.ones(500, 1, dtype=torch.float64)), 1)
    gram = said.T @ said / 500 + torch.eye(5) * 1e-9
    weights = torch.tensor([[1.0], [1.0], [5.0], [1.0], [0.5]], dtype=torch.float64)
    kept, refitted = keep_best(gram, gram @ weights, 3)
    assert 2 in kept
    assert torch.allclose(said[:, [*kept.tolist(), 4]] @ refitted, said @ weights, atol=1e-4)


def test_nothing_goes_where_nothing_is_spare() -> None:
    gram, wanted = torch.eye(4, dtype=torch.float64), torch.ones(4, 2, dtype=torch.float64)
    kept, weights = keep_best(gram, wanted, 3)
    assert kept.tolist() == [0, 1, 2]
    assert torch.equal(weights, wanted)
