"""The exported graph against transformers' own Wav2Vec2ForCTC, with random weights: every kind of norm, and the published shapes, cut in depth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest

from models.export.checkpoint import read_checkpoint
from models.export.graph import build_graph
from models.features import batch, normalise
from protos.messages import SAMPLE_RATE_HZ

pytestmark = pytest.mark.train

TOLERANCE = 1e-4
BASE: dict[str, Any] = {"num_hidden_layers": 2}
LARGE_LV60: dict[str, Any] = {
    "num_hidden_layers": 2,
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_attention_heads": 16,
    "feat_extract_norm": "layer",
    "conv_bias": True,
    "do_stable_layer_norm": True,
}
SMALL: dict[str, Any] = {
    "num_hidden_layers": 3,
    "hidden_size": 96,
    "intermediate_size": 160,
    "num_attention_heads": 4,
    "conv_dim": (32, 48, 40),
    "conv_kernel": (10, 4, 3),
    "conv_stride": (5, 4, 2),
    "num_conv_pos_embeddings": 33,
    "num_conv_pos_embedding_groups": 8,
}
CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "wav2vec2-base": BASE,
    "wav2vec2-large-lv60": LARGE_LV60,
    "group norm, norms before": {**SMALL, "do_stable_layer_norm": True},
    "group norm, biased": {**SMALL, "conv_bias": True},
    "layer norm, norms after": {**SMALL, "feat_extract_norm": "layer"},
    "layer norm, biased, norms before": {**SMALL, "feat_extract_norm": "layer", "conv_bias": True, "do_stable_layer_norm": True},
    "an even kernel of one group": {**SMALL, "num_conv_pos_embeddings": 20, "num_conv_pos_embedding_groups": 1, "layer_norm_eps": 1e-3},
    "seven layers of strides": {**SMALL, "conv_dim": (24,) * 7, "conv_kernel": (10, 8, 4, 4, 4, 3, 2), "conv_stride": (5, 4, 2, 2, 2, 1, 1)},
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_logits_are_those_of_transformers(tmp_path: Path, name: str) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed: make test-train")
    transformers = pytest.importorskip("transformers", reason="transformers is not installed: make test-train")
    torch.manual_seed(7)
    settings = CONFIGURATIONS[name]
    model = transformers.Wav2Vec2ForCTC(
        transformers.Wav2Vec2Config(vocab_size=32, num_feat_extract_layers=len(settings.get("conv_dim", range(7))), **settings)
    ).eval()
    with torch.no_grad():
        for parameter in model.parameters():  # as initialised, every norm is the identity and every bias nothing
            parameter.add_(0.1 * parameter.std().nan_to_num(0).clamp(min=0.1) * torch.randn_like(parameter))
    model.save_pretrained(tmp_path)
    graph = build_graph(read_checkpoint(tmp_path), 10 * SAMPLE_RATE_HZ)
    session = ort.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    random = np.random.default_rng(1)
    for samples in (1600, 16_001, 70_000):
        waveform = normalise(random.standard_normal(samples).astype(np.float32))
        with torch.no_grad():
            wanted = model(torch.from_numpy(waveform)[None]).logits[0].numpy()
        (logits,) = session.run(None, batch([waveform]))
        assert logits.shape[1:] == wanted.shape
        assert np.abs(logits[0] - wanted).max() < TOLERANCE, samples
