"""Activations made even before they are quantised: what is loud in a few channels is moved into the weights behind them. In float32 nothing changes.

One scale a tensor must reach to its loudest channel, so one that is eight times as loud as the others takes three of the eight bits from all of them.
Norms and value projections can be divided by any number a channel where the product behind is multiplied by it (SmoothQuant, Xiao et al. 2023).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import onnx
import onnxruntime as ort

from models.export.builder import Array
from models.export.calibrate import CLIP_QUANTILE, watching
from models.export.checkpoint import Checkpoint
from models.export.tensors import SINK_VALUES, Shape
from models.features import Waveform, batch

# Of one channel's values in one clip: a frame in a thousand may be louder.
PERCENTILE = 99.9
# 0: activations stay as they are, 1: weights take all of it. What serves best differs from model to model, little (benchmarks/LOG.md).
STRENGTH = 0.7
LEAST = 1e-5


@dataclass(frozen=True, slots=True)
class Joint:
    """Where a channel's scale may be moved: it leaves `source` and enters `products`, and nothing else sees it."""

    activation: str
    """As the builder names what enters the products."""
    source: str
    """A norm, or a projection whose outputs are the channels."""
    products: tuple[str, ...]
    beside: tuple[str, ...] = ()
    """What else enters the products unprojected: sinks."""


def joints(shape: Shape) -> Iterator[Joint]:
    """Norms behind blocks are none: the residual sees them too."""
    yield Joint("feature_projection.projection", "feature_projection.layer_norm", ("feature_projection.projection",))
    for name in (f"encoder.layers.{number}" for number in range(shape.layers)):
        attention, inner = f"{name}.attention", f"{name}.feed_forward.intermediate_dense"
        if shape.stable_layer_norm:
            yield Joint(attention, f"{name}.layer_norm", tuple(f"{attention}.{part}_proj" for part in "qkv"))
            yield Joint(inner, f"{name}.final_layer_norm", (inner,))
        sinks = (f"{attention}.{SINK_VALUES}",) if shape.attention_sinks else ()
        yield Joint(f"{attention}.out_proj", f"{attention}.v_proj", (f"{attention}.out_proj",), sinks)
    if shape.stable_layer_norm:
        yield Joint("lm_head", "encoder.layer_norm", ("lm_head",))


def balanced(checkpoint: Checkpoint, peaks: Mapping[str, Array]) -> Checkpoint:
    """The same function with evener activations. peaks: of `channel_peaks`, (channels,) each."""
    weights = dict(checkpoint.weights)
    for joint in joints(checkpoint.shape):
        largest = np.max([np.abs(weights[f"{name}.weight"]).max(0) for name in joint.products], axis=0)
        scale = np.maximum(peaks[joint.activation], LEAST) ** STRENGTH / np.maximum(largest, LEAST) ** (1 - STRENGTH)
        scale = (scale / np.exp(np.log(scale).mean())).astype(np.float32)
        source = weights[f"{joint.source}.weight"]
        weights[f"{joint.source}.weight"] = source / (scale if source.ndim == 1 else scale[:, None])
        for name in (f"{joint.source}.bias", *joint.beside):
            weights[name] = weights[name] / scale
        for name in joint.products:
            weights[f"{name}.weight"] = weights[f"{name}.weight"] * scale
    return replace(checkpoint, weights=weights)


def channel_peaks(model: onnx.ModelProto, activations: Mapping[str, str], shape: Shape, speech: Sequence[Waveform]) -> dict[str, Array]:
    """How loud each channel gets where it can be balanced. activations: name -> tensor of the float graph `model`; speech: normalised waveforms."""
    names = [joint.activation for joint in joints(shape)]
    tensors = [activations[name] for name in names]
    session = ort.InferenceSession(watching(model, tensors).SerializeToString(), providers=["CPUExecutionProvider"])
    seen = [[np.percentile(np.abs(value[0]), PERCENTILE, axis=0) for value in session.run(tensors, batch([waveform]))] for waveform in speech]
    return {name: np.quantile([clip[index] for clip in seen], CLIP_QUANTILE, axis=0) for index, name in enumerate(names)}
