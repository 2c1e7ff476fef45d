"""What search is asked with: everything that was heard of one segment. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from models.records import Sounds
from protos.messages import Hypothesis

MIN_SYMBOLS, MIN_CONFIDENCE = 7, 0.3


@dataclass(frozen=True, slots=True)
class Heard:
    alternatives: tuple[Hypothesis, ...]
    """The whole n-best list, whatever the client asked to see of it."""
    sounds: Sounds | None = None
    """None: nothing but the words."""

    @property
    def is_speech(self) -> bool:
        """Whether it is worth a search: a bark or a motor gives few sounds, and the decoder's guess at a short word is one it does not trust.

        Of 213 stretches of noise 36 of the 38 that give any word at all are held back, of 167 dev recordings none.
        """
        if self.sounds is None or not self.alternatives:
            return bool(self.alternatives)
        return len(self.sounds.best_path) >= MIN_SYMBOLS or self.alternatives[0].confidence >= MIN_CONFIDENCE
