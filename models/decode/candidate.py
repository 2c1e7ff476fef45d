"""What a decoder hands on: one reading of a segment, not yet timed and not yet weighed. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """One reading of a segment."""

    words: tuple[str, ...]
    symbols: tuple[tuple[int, ...], ...]
    """Of each word, in the head's own numbering (blank 0 for phones); what the beam read it from."""
    acoustic_log_prob: float
    language_log_prob: float
    """Natural logarithm, unweighted, with the end of sentence."""
    score: float
    """What the beam ranks by."""
