"""A trained model with more blocks on top: they change nothing at first, so that training goes on from what was known."""

from __future__ import annotations

import torch

from models.train.wav2vec2 import HarkenWav2Vec2Config, HarkenWav2Vec2ForCTC
from protos.errors import ConfigurationError


def deepened(model: HarkenWav2Vec2ForCTC, blocks: int) -> HarkenWav2Vec2ForCTC:
    """The same weights below blocks that give what they get: their last projections are zero. blocks: 0 or as many as there are: the model itself.

    Raises: ConfigurationError: fewer blocks than the model has, or norms behind the blocks, which change what they get.
    """
    config = model.config
    if blocks in (0, config.num_hidden_layers):
        return model
    if blocks < config.num_hidden_layers or not config.do_stable_layer_norm:
        place = "before" if config.do_stable_layer_norm else "behind"
        raise ConfigurationError(
            f"start.blocks is {blocks}; the checkpoint has {config.num_hidden_layers} with norms {place} them: there can be more, of the kind before"
        )
    deeper = HarkenWav2Vec2ForCTC(HarkenWav2Vec2Config.from_dict({**config.to_dict(), "num_hidden_layers": blocks}))
    deeper.load_state_dict(model.state_dict(), strict=False)
    with torch.no_grad():
        for block in deeper.wav2vec2.encoder.layers[config.num_hidden_layers :]:
            for last in (block.attention.out_proj, block.feed_forward.output_dense):
                last.weight.zero_()
                last.bias.zero_()
    return deeper.to(torch.float32)
