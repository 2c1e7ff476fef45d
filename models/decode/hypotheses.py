"""Readings of a segment -> answers: every one with its words' times and confidences. Pure numpy."""

from __future__ import annotations

from collections.abc import Sequence

from models.confidence import Confidence, uncalibrated
from models.ctc import Logits
from models.decode.candidate import Candidate
from models.decode.evidence import Evidence, gather
from models.records import CtcHead, FrameClock
from models.word_times import SpikeLag, word_times
from protos.messages import Hypothesis, Word


def hypotheses(
    candidates: Sequence[Candidate], log_probs: Logits, head: CtcHead, clock: FrameClock, confidence: Confidence | None, first: int, last: int
) -> tuple[Hypothesis, ...]:
    """In the order of the candidates, on the capture clock.

    log_probs: (T, V) of `head`; confidence: None for a bundle that was never fitted; first, last: the segment's samples, `last` exclusive.
    Raises: ValueError: T frames cannot spell a candidate.
    """
    return tuple(
        _hypothesis(candidate, evidence, clock, confidence, first, last)
        for candidate, evidence in zip(candidates, gather(candidates, log_probs, head), strict=True)
    )


def _hypothesis(candidate: Candidate, evidence: Evidence, clock: FrameClock, confidence: Confidence | None, first: int, last: int) -> Hypothesis:
    of_words, of_all = uncalibrated(evidence) if confidence is None else confidence.judge(evidence)
    times = word_times(evidence.spikes, clock, SpikeLag() if confidence is None else confidence.lag, last - first)
    words = tuple(
        Word(word, first + start, first + end, sure) for word, (start, end), sure in zip(candidate.words, times, of_words.tolist(), strict=True)
    )
    return Hypothesis(" ".join(candidate.words), of_all, candidate.acoustic_log_prob + candidate.language_log_prob, words)
