"""CTC output -> what a lexicon beam reads: an extra column that waits between words, and no frames that are surely blank. Pure numpy.

Legend: T frames, V symbols of one head.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.ctc import Logits

# Log probability of what cannot be.
NEVER = -1e4
Mask = npt.NDArray[np.bool_]


def informative(log_probs: Logits, blank: int, certain: float) -> Mask:
    """(T, V) -> (T,): False where the blank has at least `certain` probability. The first such frame in a row stays: it parts equal symbols."""
    sure = log_probs[:, blank] >= np.log(certain)
    after_sure = np.concatenate([[False], sure[:-1]])
    kept: Mask = ~(sure & after_sure)
    return kept


def with_wait(log_probs: Logits, blank: int, word_end: int | None) -> Logits:
    """(T, V) -> (T, V + 1), contiguous: the last column is what it costs to stay between two words.

    A beam over words leaves a word with the first frame of its last symbol and then waits at the root, where a symbol that lasts on is unknown:
    without this column every word whose last symbol fills two frames (every second one here) would pay for a blank that was never heard. So waiting
    costs what the symbol of the frame before still has, and no more than the head's own word end, where it has one.
    """
    best = log_probs.argmax(axis=-1)
    before = np.concatenate([[blank], best[:-1]])
    lasting = np.where(before == blank, NEVER, log_probs[np.arange(len(log_probs)), before])
    wait = lasting if word_end is None else np.maximum(lasting, log_probs[:, word_end])
    return np.ascontiguousarray(np.column_stack([log_probs, wait]), np.float32)
