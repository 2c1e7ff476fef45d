"""Readings of a segment -> answers: every one with its words' times and confidences. Pure numpy."""

from __future__ import annotations

from collections.abc import Sequence

from models.confidence import Confidence, uncalibrated
from models.ctc import Logits
from models.decode.candidate import Candidate
from models.decode.evidence import Evidence, Numbers, gather
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


def words_so_far(candidate: Candidate, log_probs: Logits, head: CtcHead, clock: FrameClock, lag: SpikeLag, first: int, last: int) -> tuple[Word, ...]:
    """Of a reading of speech that goes on: as above, but that nobody fitted how sure to be of it."""
    (evidence,) = gather([candidate], log_probs, head)
    return _words(candidate, evidence, uncalibrated(evidence)[0], clock, lag, first, last)


def _hypothesis(candidate: Candidate, evidence: Evidence, clock: FrameClock, confidence: Confidence | None, first: int, last: int) -> Hypothesis:
    of_words, of_all = uncalibrated(evidence) if confidence is None else confidence.judge(evidence)
    words = _words(candidate, evidence, of_words, clock, SpikeLag() if confidence is None else confidence.lag, first, last)
    return Hypothesis(" ".join(candidate.words), of_all, candidate.acoustic_log_prob + candidate.language_log_prob, words)


def _words(candidate: Candidate, evidence: Evidence, sure: Numbers, clock: FrameClock, lag: SpikeLag, first: int, last: int) -> tuple[Word, ...]:
    times = word_times(evidence.spikes, clock, lag, last - first)
    return tuple(Word(word, first + start, first + end, one) for word, (start, end), one in zip(candidate.words, times, sure.tolist(), strict=True))
