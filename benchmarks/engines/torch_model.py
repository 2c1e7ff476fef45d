"""The float model in torch: the training class for checkpoints with positions of its own, transformers' own class for all others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import Wav2Vec2ForCTC

from models.export.checkpoint import CONFIG, OWN_MODEL_TYPE
from models.train.wav2vec2 import HarkenWav2Vec2ForCTC

# Bounds of the exported graph's one free size; the model shipped takes 30 s.
SHORTEST_SAMPLES, LONGEST_SAMPLES = 8_000, 480_000
EXAMPLE_SAMPLES = 48_000


class Logits(nn.Module):
    """(1, S) normalised waveform -> (1, T, V)."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, waveform: Tensor) -> Tensor:
        logits: Tensor = self.model(waveform).logits
        return logits


def load_model(checkpoint: Path) -> Logits:
    """In float32, ready to hear."""
    ours = json.loads((checkpoint / CONFIG).read_text())["model_type"] == OWN_MODEL_TYPE
    kind: Any = HarkenWav2Vec2ForCTC if ours else Wav2Vec2ForCTC
    return Logits(kind.from_pretrained(checkpoint)).eval()


def export_model(checkpoint: Path, path: Path) -> None:
    """As float32 ONNX for clips of any length, by torch's own exporter."""
    samples = torch.export.Dim("samples", min=SHORTEST_SAMPLES, max=LONGEST_SAMPLES)
    with torch.no_grad():
        torch.onnx.export(
            load_model(checkpoint),
            (torch.zeros(1, EXAMPLE_SAMPLES),),
            path,
            input_names=["waveform"],
            output_names=["logits"],
            dynamic_shapes={"waveform": {1: samples}},
            dynamo=True,
            external_data=False,
        )
