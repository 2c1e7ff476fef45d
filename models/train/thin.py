"""Feed-forward parts with fewer neurons that compute nearly the same: which to keep, and how the rest's work is shared out, by least squares.

As optimal brain surgeon does (Hassibi & Stork 1992), on what the neurons say of real speech: no gradient, no label.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.train.wav2vec2 import HarkenWav2Vec2Config, HarkenWav2Vec2ForCTC

# So many at a time leave: then the others' worth is computed anew.
AT_ONCE = 32
# Of the mean power of a neuron, on the diagonal: few clips leave directions that nothing is known of.
RIDGE = 1e-4


@torch.no_grad()
def thinned(model: HarkenWav2Vec2ForCTC, entering: Sequence[Tensor], inner: int) -> HarkenWav2Vec2ForCTC:
    """The same model with `inner` neurons in each feed-forward part. entering: (1, T, H) each, what the first block gets of minutes of speech."""
    config = HarkenWav2Vec2Config.from_dict({**model.config.to_dict(), "intermediate_size": inner})
    thin = HarkenWav2Vec2ForCTC(config)
    blocks = {id(parameter) for parameter in model.wav2vec2.encoder.layers.parameters()}
    thin.load_state_dict({name: tensor for name, tensor in model.named_parameters() if id(tensor) not in blocks}, strict=False)
    states = list(entering)
    for thick_block, thin_block in zip(model.wav2vec2.encoder.layers, thin.wav2vec2.encoder.layers, strict=True):
        parts = dict(thick_block.named_parameters())
        parts |= _thin_feed_forward(parts, _gram(thick_block, states), inner)
        thin_block.load_state_dict(parts)
        states = [thin_block(state) for state in states]
    return thin


def _gram(block: nn.Module, states: Sequence[Tensor]) -> Tensor:
    """(F + 1, F + 1) float64: how the neurons, and a constant 1 behind them, go together, a frame on average."""
    said: list[Tensor] = []
    hook = block.feed_forward.output_dense.register_forward_pre_hook(lambda _, given: said.append(given[0].flatten(0, -2)))
    total, frames = torch.zeros(()), 0
    try:
        for state in states:
            block(state)
            neurons = functional.pad(said.pop(), (0, 1), value=1.0).double()
            total, frames = total + neurons.T @ neurons, frames + len(neurons)
    finally:
        hook.remove()
    gram = total / frames
    return gram + torch.eye(len(gram), dtype=gram.dtype) * gram.diagonal().mean() * RIDGE


def _thin_feed_forward(parts: dict[str, Tensor], gram: Tensor, inner: int) -> dict[str, Tensor]:
    """Both products' new weights and biases, by their names in the block."""
    into, out = "feed_forward.intermediate_dense", "feed_forward.output_dense"
    whole = torch.cat((parts[f"{out}.weight"], parts[f"{out}.bias"][:, None]), 1).double()
    kept, weights = keep_best(gram, gram @ whole.T, inner)
    return {
        f"{into}.weight": parts[f"{into}.weight"][kept],
        f"{into}.bias": parts[f"{into}.bias"][kept],
        f"{out}.weight": weights[:-1].T.float().contiguous(),
        f"{out}.bias": weights[-1].float(),
    }


def keep_best(gram: Tensor, wanted: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Which `count` neurons to keep (indices, rising), and the weights of these and of the constant that come nearest to what all gave.

    gram: (F + 1, F + 1), the constant last. wanted: (F + 1, H), how each goes together with what all give. Returns: (count,), (count + 1, H).
    """
    alive = torch.arange(len(gram))
    while (spare := len(alive) - 1 - count) > 0:
        inverse = torch.linalg.inv(gram[alive][:, alive])
        worth = (inverse @ wanted[alive]).pow(2).sum(1) / inverse.diagonal()
        worth[-1] = torch.inf
        leaving = worth.argsort()[: min(AT_ONCE, spare)]
        alive = alive[~torch.isin(torch.arange(len(alive)), leaving)]
    return alive[:-1], torch.linalg.solve(gram[alive][:, alive], wanted[alive])
