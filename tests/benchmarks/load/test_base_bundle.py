"""A model of random weights that is a bundle like any other; a small one here, by the same way as wav2vec2-base's."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.load.base_bundle import BASE, make_base_bundle
from models.bundle import load_bundle
from models.export.checkpoint import shape_of
from models.recognizer import Recognizer

SMALL = {**BASE, "conv_dim": [16] * 7, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}


def test_a_model_of_random_weights_is_served_like_any_other(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).standard_normal(32_000)
    bundle = load_bundle(make_base_bundle(tmp_path / "small", [noise.astype(np.float32)], SMALL))
    pcm = (noise * 5000).astype(np.int16).tobytes()
    assert Recognizer(bundle).recognize(pcm, 0).stage_seconds
    assert bundle.manifest.model_id == "wav2vec2-base-random"


def test_its_shape_is_wav2vec2_bases() -> None:
    shape = shape_of(Path("config.json"), BASE)
    assert (shape.hidden_size, shape.layers, shape.heads, shape.intermediate_size) == (768, 12, 12, 3072)
    assert (shape.clock.stride_samples, shape.clock.receptive_field_samples) == (320, 400)
