"""What is known about each word of each reading, as numbers that confidence is fitted on. Pure numpy; T frames, V symbols of one head."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.align import Span, align_all
from models.ctc import Logits
from models.decode.candidate import Candidate
from models.decode.nbest import posteriors
from models.records import CtcHead

Numbers = npt.NDArray[np.float64]
Frames = npt.NDArray[np.intp]

WORD_FEATURES = (
    "symbols_mean",
    "symbols_min",
    "path_per_symbol",
    "margin_per_symbol",
    "log_symbols",
    "reading_symbols_mean",
    "frames_mean",
    "share_log_odds",
    "language_per_word",
)
"""Logarithms of probabilities, save log_symbols and share_log_odds:
symbols_mean, symbols_min: of the word's symbols, each at its highest frame; reading_symbols_mean: of all symbols of the reading;
path_per_symbol: of the word's frames on the aligned path; margin_per_symbol: how much less that is than the frames' best symbols have;
frames_mean: of every frame's best symbol in the segment: how clear the speech is;
share_log_odds: of the share of the n-best's posterior that lies in readings with this word here, at most MAX_SHARE_LOG_ODDS;
language_per_word: of the reading by the language model."""
READING_FEATURES = ("words_mean", "words_log_odds", "words_min", "log_words", "log_posterior")
"""words_mean, words_log_odds, words_min: of the words' calibrated confidences; log_posterior: of the reading within the n-best."""
MAX_SHARE_LOG_ODDS = 8.0
TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of one reading."""

    words: Numbers
    """(words, WORD_FEATURES)."""
    log_posterior: float
    """Within the n-best."""
    spikes: tuple[Span, ...]
    """Of each word, the first frame of its first symbol and the last of its last."""


@dataclass(frozen=True, slots=True)
class _Aligned:
    """A candidate's symbols, without separators, on their frames."""

    candidate: Candidate
    symbols: Frames
    """(S,)."""
    first: Frames
    last: Frames
    """(S,), inclusive."""
    begins: Frames
    """(words,): where in `symbols` each word begins."""

    @property
    def sizes(self) -> Frames:
        return np.diff(self.begins, append=len(self.symbols))

    @property
    def spikes(self) -> tuple[Span, ...]:
        ends = self.begins + self.sizes - 1
        return tuple(zip(self.first[self.begins].tolist(), self.last[ends].tolist(), strict=True))


def gather(candidates: Sequence[Candidate], log_probs: Logits, head: CtcHead) -> list[Evidence]:
    """log_probs: (T, V), natural logarithm, of `head`. Every candidate has a word and every word a symbol that is no separator.

    Raises: ValueError: T frames cannot spell a candidate.
    """
    if not candidates:
        return []
    blank = head.blank - head.first
    readings = _align(candidates, log_probs, blank, head.tokens.index(head.word_end) if head.word_end in head.tokens else None)
    weights = posteriors(candidates)
    shares = _shares(readings, weights)
    return [
        Evidence(_word_features(reading, share, log_probs, blank), math.log(max(weight, TINY)), reading.spikes)
        for reading, share, weight in zip(readings, shares, weights, strict=True)
    ]


def reading_features(word_confidences: Numbers, log_posterior: float) -> Numbers:
    """(READING_FEATURES,) from the words' calibrated confidences, each above 0 and below 1."""
    log_odds = np.log(word_confidences / (1 - word_confidences))
    return np.array([word_confidences.mean(), log_odds.mean(), word_confidences.min(), np.log(len(word_confidences)), log_posterior])


def _align(candidates: Sequence[Candidate], log_probs: Logits, blank: int, separator: int | None) -> list[_Aligned]:
    """With a separator between words where the head has one, whether or not the candidate names it."""
    words = [[[symbol for symbol in word if symbol != separator] for word in candidate.symbols] for candidate in candidates]
    between = [] if separator is None else [separator]
    texts = [list(itertools.chain(reading[0], *([*between, *word] for word in reading[1:]))) for reading in words]
    found = []
    for candidate, reading, text, spans in zip(candidates, words, texts, align_all(log_probs, texts, blank), strict=True):
        kept = np.array(text) != separator
        first, last = np.array(spans)[kept].T
        found.append(_Aligned(candidate, np.array(text)[kept], first, last, np.cumsum([0, *map(len, reading[:-1])])))
    return found


def _word_features(reading: _Aligned, share: Numbers, log_probs: Logits, blank: int) -> Numbers:
    """(words, WORD_FEATURES). share: (words,)."""
    lengths, sizes, ends = reading.last - reading.first + 1, reading.sizes, np.append(reading.begins[1:], len(reading.symbols)) - 1
    offsets = np.cumsum(lengths) - lengths
    frames = np.arange(lengths.sum()) + np.repeat(reading.first - offsets, lengths)
    path = log_probs[:, blank].astype(float)
    path[frames] = log_probs[frames, np.repeat(reading.symbols, lengths)]
    best = log_probs.max(axis=1).astype(float)
    heights = np.maximum.reduceat(path[frames], offsets)

    def per_symbol(of_frames: Numbers) -> Numbers:
        """Sums over each word's frames, for one symbol of the word."""
        summed = np.append(0.0, np.cumsum(of_frames))
        means: Numbers = (summed[reading.last[ends] + 1] - summed[reading.first[reading.begins]]) / sizes
        return means

    words = len(sizes)
    return np.column_stack(
        [
            np.add.reduceat(heights, reading.begins) / sizes,
            np.minimum.reduceat(heights, reading.begins),
            per_symbol(path),
            per_symbol(path - best),
            np.log(sizes),
            np.full(words, heights.mean()),
            np.full(words, best.mean()),
            np.clip(np.log(np.maximum(share, TINY) / np.maximum(1 - share, TINY)), -MAX_SHARE_LOG_ODDS, MAX_SHARE_LOG_ODDS),
            np.full(words, reading.candidate.language_log_prob / words),
        ]
    )


def _shares(readings: Sequence[_Aligned], weights: Sequence[float]) -> list[Numbers]:
    """Of each word of each reading: how much of the posterior lies in readings that have this word at a time that overlaps with this."""
    places: dict[str, list[tuple[int, int, int]]] = {}
    for number, reading in enumerate(readings):
        for word, (first, last) in zip(reading.candidate.words, reading.spikes, strict=True):
            places.setdefault(word, []).append((first, last, number))
    return [
        np.array(
            [
                sum(weights[n] for n in {n for begin, end, n in places[word] if begin <= last and first <= end})
                for word, (first, last) in zip(reading.candidate.words, reading.spikes, strict=True)
            ]
        )
        for reading in readings
    ]
