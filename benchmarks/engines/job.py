"""What an engine is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.features import Waveform

# Two one-thread sessions: on two cores the layout with the highest rate for every engine (measured).
STREAMS = 2
Hear = Callable[[Waveform], npt.NDArray[np.float32]]
"""One normalised clip (S,) -> logits (T, V). Called from one thread, always the same."""


@dataclass(frozen=True, slots=True)
class Job:
    """One model in every form that an engine may want."""

    bundle: Path
    """Ours, INT8."""
    checkpoint: Path
    """Folder with the float weights."""
    export: Path
    """What torch.onnx.export makes of them, float32: (1, S) waveform -> (1, T, V) logits. Engines keep what they make of it beside it."""
    clips: tuple[Waveform, ...]
    """Real recordings, normalised: to warm up, to calibrate, to be timed on."""
