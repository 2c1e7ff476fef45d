"""Which words of growing hypotheses can be promised. Pure.

Local agreement: a word is promised once two hypotheses in a row have it in the same place, and not before it has been over for a while: the model
reads a word by what follows it too. A promised word is in every later partial, whatever later hypotheses say: the final result alone may differ.
"""

from __future__ import annotations

from collections.abc import Sequence

from models.records import Partial
from protos.messages import Word


class Agreement:
    """Of one segment."""

    def __init__(self, settled_samples: int) -> None:
        """settled_samples: how long a word must be over."""
        self._settled_samples = settled_samples
        self._promised: tuple[Word, ...] = ()
        self._previous: tuple[str, ...] = ()

    @property
    def promised(self) -> tuple[Word, ...]:
        return self._promised

    def update(self, words: Sequence[Word], heard: int) -> Partial:
        """words: the newest hypothesis, in order, whole or from some promised word on; heard: where it ends, on the same clock as the words."""
        rest = self._beyond_promised(words)
        settled = [word.word for word in rest if word.end_offset <= heard - self._settled_samples]
        agreed = _common_prefix(settled, self._previous)
        self._promised += rest[:agreed]
        self._previous = tuple(word.word for word in rest[agreed:])
        return Partial(self._promised + rest[agreed:], len(self._promised))

    def _beyond_promised(self, words: Sequence[Word]) -> tuple[Word, ...]:
        """What the hypothesis has after the promised words: by their text where it still has them all, by time where it changed its mind or begins
        later."""
        if not self._promised:
            return tuple(words)
        count, end = len(self._promised), self._promised[-1].end_offset
        is_whole = bool(words) and words[0].start_offset < self._promised[0].end_offset
        if is_whole and [word.word for word in words[:count]] == [word.word for word in self._promised]:
            return tuple(words[count:])
        return tuple(word for word in words if (word.start_offset + word.end_offset) // 2 >= end)


def _common_prefix(words: Sequence[str], others: Sequence[str]) -> int:
    count = 0
    for word, other in zip(words, others, strict=False):
        if word != other:
            break
        count += 1
    return count
