"""What training makes small: CTC on each head's outputs, and the distance of hidden states to the teacher's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from models.records import CtcHead

# No dimension is weighed by less than the median deviation: a quarter of those of Whisper's front end hardly move, its first block heeds them as
# little, and divided by what they move they were most of the loss.
LEAST = 1e-3


def ctc_loss(logits: Tensor, frames: Tensor, head: CtcHead, targets: Sequence[tuple[int, ...]]) -> Tensor:
    """Mean nats a symbol over the rows that have a target; 0, with a gradient of 0, where none has.

    logits: (B, T, V), cut to the head here. frames: (B,). targets: of each row, indices from the head's first output.
    """
    rows = [row for row, target in enumerate(targets) if target]
    if not rows:
        return logits.sum() * 0
    lengths = torch.tensor([len(targets[row]) for row in rows])
    symbols = torch.tensor([symbol for row in rows for symbol in targets[row]], device=logits.device)
    own = logits[rows, :, head.first : head.first + head.size].float()
    log_probs = functional.log_softmax(own, -1).transpose(0, 1)
    # A row whose best alignment is impossible (equal neighbours in too few frames) is infinite: left out, not learnt from.
    total = functional.ctc_loss(log_probs, symbols, frames[rows].cpu(), lengths, head.blank - head.first, reduction="sum", zero_infinity=True)
    return total / lengths.sum()


def consistency_loss(logits: Tensor, frames: Tensor, heads: Sequence[CtcHead]) -> Tensor:
    """How differently both views of a clip are heard: nats a frame, the heads' together. Each view is pulled to the other as it stands.

    logits: (2 * B, T, V), the second views behind the first. frames: (2 * B,), the same for both.
    """
    valid = torch.arange(logits.shape[1], device=logits.device) < frames[:, None]
    total = logits.new_zeros((), dtype=torch.float32)
    for head in heads:
        log_probs = functional.log_softmax(logits[..., head.first : head.first + head.size].float(), -1)
        others = log_probs.detach().roll(len(logits) // 2, 0)
        total = total + ((others.exp() * (others - log_probs)).sum(-1) * valid).sum()
    return total / valid.sum().clamp(min=1)


@dataclass(frozen=True, slots=True)
class Scale:
    """Of one hidden state of the teacher: its dimensions differ a hundredfold in size. Loud ones are weighed alike here, quiet ones as they are."""

    mean: Tensor
    """(H,)."""
    deviation: Tensor
    """(H,), above 0."""


def scale_of(states: Tensor) -> Scale:
    """states: (N, H), frames of many clips."""
    deviation = states.std(0)
    return Scale(states.mean(0), deviation.clamp(min=max(LEAST, float(deviation.median()))))


def regression_loss(ours: Tensor, theirs: Tensor, frames: Tensor, scale: Scale) -> Tensor:
    """Smooth L1 a dimension, mean over the frames that both have. ours, theirs: (B, T, H); frames: (B,)."""
    mean, deviation = scale.mean, scale.deviation
    distance = functional.smooth_l1_loss((ours.float() - mean) / deviation, (theirs.float() - mean) / deviation, reduction="none").mean(-1)
    valid = torch.arange(ours.shape[1], device=ours.device) < frames[:, None]
    return (distance * valid).sum() / valid.sum().clamp(min=1)
