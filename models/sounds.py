"""What a segment sounds like, for search: the best path as a string, and how well the audio fits given strings. Pure numpy; no words, no lexicon.

A string has one character a symbol: `models.pronounce.alphabet`'s code for phones, or the letters themselves (and a space between words) where a
model has no phone head.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from models.ctc import Logits, greedy_symbols, log_softmax
from models.pronounce.alphabet import PHONES, encode
from models.records import CtcHead, Sounds
from models.spotting import Scores, spot

PHONE_HEAD, CHARACTER_HEAD = "phones", "characters"


class SoundHead:
    """The head that search listens to: phones where the model has them, for they need no spelling."""

    def __init__(self, heads: Sequence[CtcHead]) -> None:
        by_name = {head.name: head for head in heads}
        self.head = by_name.get(PHONE_HEAD) or by_name[CHARACTER_HEAD]
        self._blank = self.head.blank - self.head.first
        self._characters = [_character(token, self.head) for token in self.head.tokens]
        self._symbols = {character: symbol for symbol, character in enumerate(self._characters) if character}

    def sounds(self, logits: Logits) -> Sounds:
        """logits: (T, all outputs)."""
        log_probs = log_softmax(logits[:, self.head.first : self.head.first + self.head.size])
        path = "".join(self._characters[symbol] for symbol in greedy_symbols(log_probs, self._blank))
        sounding = log_probs.argmax(axis=1) != self._blank
        blanks = 1 - float(sounding.mean()) if len(log_probs) else 0.0
        clarity = float(log_probs[sounding].max(axis=1).mean()) if sounding.any() else 0.0
        return Sounds(self.head.name, path, log_probs.astype(np.float16), blanks, clarity)

    def fit(self, log_probs: npt.NDArray[np.float16], phrases: Sequence[str]) -> Scores:
        """`spotting.spot` of strings; characters that the head does not have are left out."""
        symbols = [[self._symbols[character] for character in phrase if character in self._symbols] for phrase in phrases]
        return spot(log_probs.astype(np.float32), symbols, self._blank)


def _character(token: str, head: CtcHead) -> str:
    """Empty for symbols that are no sound."""
    if head.name == PHONE_HEAD:
        return encode((token,)) if token in PHONES else ""
    return " " if token == head.word_end else token if len(token) == 1 else ""
