"""What search is asked with: everything that was heard of one segment. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from cloud_server.search.terms import CARRIER_WORDS, words_of
from models.records import Sounds
from protos.messages import Hypothesis

MIN_CONFIDENCE, MIN_CLARITY, MAX_BLANK_SHARE = 0.5, -0.4, 0.93
"""Chosen on an hour of noise drawn with seed 7 and on dev, judged with seed 1 (`harken-bench noise`, benchmarks/LOG.md)."""
FEW_SYMBOLS = 7


@dataclass(frozen=True, slots=True)
class Heard:
    alternatives: tuple[Hypothesis, ...]
    """The whole n-best list, whatever the client asked to see of it."""
    sounds: Sounds | None = None
    """None: nothing but the words."""

    @property
    def is_speech(self) -> bool:
        """Whether it is worth a search: a bark or a motor gives few sounds, or unclear ones, and words that the decoder does not trust; or a sound or
        two that may be an article. Of 524 stretches of dev recordings 16 are held back, most of them fragments ("it", "the").
        """
        if self.sounds is None or not self.alternatives:
            return bool(self.alternatives)
        if len(self.sounds.best_path) < FEW_SYMBOLS and CARRIER_WORDS.issuperset(words_of(self.alternatives[0].transcript)):
            return False
        is_clear = self.sounds.clarity >= MIN_CLARITY and self.sounds.blank_share < MAX_BLANK_SHARE
        return is_clear or self.alternatives[0].confidence >= MIN_CONFIDENCE
