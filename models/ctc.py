"""CTC logits -> words with times and confidence. Pure numpy; T frames, V symbols of one head."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.records import CtcHead, FrameClock
from protos.messages import Hypothesis, Word

Logits = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Token:
    """One emitted symbol."""

    symbol: int
    first_frame: int
    last_frame: int
    """Of its run of equal frames, inclusive."""
    confidence: float
    """Highest posterior in the run: CTC spikes, so the mean would mostly measure how long the spike's foot is."""


def log_softmax(logits: Logits) -> Logits:
    """(T, V) -> (T, V), natural logarithm, over the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    normalised: Logits = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return normalised


def greedy_tokens(log_probs: Logits, blank: int) -> list[Token]:
    """Best symbol a frame, runs collapsed, blanks dropped. log_probs: (T, V)."""
    if not len(log_probs):
        return []
    best = log_probs.argmax(axis=-1)
    starts = np.flatnonzero(np.concatenate([[True], best[1:] != best[:-1]]))
    ends = np.concatenate([starts[1:], [len(best)]])
    return [
        Token(int(best[start]), int(start), int(end) - 1, float(np.exp(log_probs[start:end, best[start]].max())))
        for start, end in zip(starts, ends, strict=True)
        if best[start] != blank
    ]


def greedy_hypothesis(logits: Logits, head: CtcHead, clock: FrameClock, start_sample: int, end_sample: int) -> Hypothesis | None:
    """The best path as one hypothesis on the capture clock; None where it has no words.

    logits: (T, all outputs), cut to the head here so that other heads take no probability. A word's confidence is the geometric mean of its symbols';
    the utterance's that of all its words', so one lost word lowers it and length does not. log_prob is the best path's.
    """
    log_probs = log_softmax(logits[:, head.first : head.first + head.size])
    words: list[Word] = []
    current: list[Token] = []
    for token in [*greedy_tokens(log_probs, head.blank - head.first), None]:
        if token is None or head.tokens[token.symbol] == head.word_end:
            if current:
                words.append(_word(current, head, clock, start_sample, end_sample))
            current = []
        else:
            current.append(token)
    if not words:
        return None
    confidence = float(np.exp(np.mean(np.log([max(word.confidence, 1e-9) for word in words]))))
    path_log_prob = float(log_probs.max(axis=-1).sum())
    return Hypothesis(" ".join(word.word for word in words), confidence, path_log_prob, tuple(words))


def _word(tokens: list[Token], head: CtcHead, clock: FrameClock, start_sample: int, end_sample: int) -> Word:
    first, _ = clock.span(tokens[0].first_frame)
    _, last = clock.span(tokens[-1].last_frame)
    confidence = float(np.exp(np.mean(np.log([max(token.confidence, 1e-9) for token in tokens]))))
    return Word(
        "".join(head.tokens[token.symbol] for token in tokens),
        start_sample + first,
        min(start_sample + last, end_sample),
        confidence,
    )
