"""CTC logits -> log-probabilities, and the symbols of the best path. Pure numpy; T frames, V symbols of one head."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Logits = npt.NDArray[np.float32]


def log_softmax(logits: Logits) -> Logits:
    """(T, V) -> (T, V), natural logarithm, over the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    normalised: Logits = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return normalised


def greedy_symbols(log_probs: Logits, blank: int) -> list[int]:
    """Best symbol a frame, runs collapsed, blanks dropped. log_probs: (T, V)."""
    best = log_probs.argmax(axis=-1)
    begins = np.append(True, best[1:] != best[:-1])[: len(best)]
    symbols: list[int] = best[begins & (best != blank)].tolist()
    return symbols
