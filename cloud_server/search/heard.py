"""What search is asked with: everything that was heard of one segment. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from cloud_server.search.terms import CARRIER_WORDS, words_of
from models.records import Sounds
from protos.messages import Hypothesis

MIN_CONFIDENCE, MIN_CLARITY = 0.25, -0.5
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
        """Whether it is worth a search: a bark or a motor gives sounds that the model is not sure of, and words that the decoder does not trust; or
        two sounds that may be an article. Of 518 stretches of dev recordings 13 are held back, most of them fragments ("it", "the").
        """
        if self.sounds is None or not self.alternatives:
            return bool(self.alternatives)
        if len(self.sounds.best_path) < FEW_SYMBOLS and CARRIER_WORDS.issuperset(words_of(self.alternatives[0].transcript)):
            return False
        return self.alternatives[0].confidence >= MIN_CONFIDENCE or self.sounds.clarity >= MIN_CLARITY
