"""A small torchaudio pipeline."""

from __future__ import annotations

from typing import Any

LABELS = ("|", *"ETAONIHSRDLUMWCFGYPBVK", "'", *"XJQZ")


def parameters(mode: str) -> dict[str, Any]:
    return {
        "extractor_mode": mode,
        "extractor_conv_layer_config": [(8, 10, 5), (8, 3, 2), (8, 4, 2)],
        "extractor_conv_bias": mode == "layer_norm",
        "encoder_embed_dim": 16,
        "encoder_projection_dropout": 0.0,
        "encoder_pos_conv_kernel": 6,
        "encoder_pos_conv_groups": 2,
        "encoder_num_layers": 2,
        "encoder_num_heads": 2,
        "encoder_attention_dropout": 0.0,
        "encoder_ff_interm_features": 24,
        "encoder_ff_interm_dropout": 0.0,
        "encoder_dropout": 0.0,
        "encoder_layer_norm_first": mode == "layer_norm",
        "encoder_layer_drop": 0.0,
        "aux_num_out": 29,
    }
