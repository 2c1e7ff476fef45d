"""Which clips an epoch has: shares of groups, few clips of loud speakers, and every clip once before any comes again. Pure.

An epoch is a function of its number and the seed, so that a run goes on after an interruption with the clips it would have had.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np


class Deck:
    """The clips of one group, in passes: shuffled anew for each, at most `clips_per_speaker` of one speaker (0: all)."""

    def __init__(self, speakers: Sequence[str], clips_per_speaker: int, seed: Sequence[int]) -> None:
        """speakers: of each clip. Clips without one ('') are nobody's, and not capped. Raises: ValueError: no clips."""
        if not speakers:
            raise ValueError("a deck needs clips")
        self._seed = list(seed)
        self._by_speaker: defaultdict[str, list[int]] = defaultdict(list)
        for index, speaker in enumerate(speakers):
            self._by_speaker[speaker].append(index)
        self._most = clips_per_speaker
        self._pass_length = sum(self._quota(speaker) for speaker in self._by_speaker)

    def deal(self, first: int, count: int) -> list[int]:
        """Cards first .. first + count - 1 of the endless row of passes, as indices of clips."""
        cards: list[int] = []
        while len(cards) < count:
            number, offset = divmod(first + len(cards), self._pass_length)
            cards += self._pass(number)[offset : offset + count - len(cards)]
        return cards

    def _pass(self, number: int) -> list[int]:
        random = np.random.default_rng([*self._seed, number])
        kept = [index for speaker, clips in self._by_speaker.items() for index in random.permutation(clips)[: self._quota(speaker)]]
        return [int(index) for index in random.permutation(kept)]

    def _quota(self, speaker: str) -> int:
        clips = len(self._by_speaker[speaker])
        return min(clips, self._most) if self._most and speaker else clips


def clips_of_groups(shares: Sequence[float], epoch_clips: int, epoch: int) -> list[tuple[int, int]]:
    """For each group: its first card in this epoch, and how many. Rounding is carried over, so that shares hold in the long run."""
    total = sum(shares)
    edges = [[round((epoch + later) * epoch_clips * share / total) for later in (0, 1)] for share in shares]
    return [(first, last - first) for first, last in edges]
