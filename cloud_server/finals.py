"""Answers kept for a while, so that a segment sent twice is answered twice with the same words. Pure: time enters as a number."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

from protos.messages import Result, SearchResults


class SegmentKey(NamedTuple):
    session_id: str
    """Unguessable, and only its resume token leads back to it: no client reaches another's answers."""
    segment_id: int
    crc32c: int
    """Of the audio: the same number with other words in it is another segment."""


@dataclass(frozen=True, slots=True)
class Final:
    result: Result
    """As the recogniser gave it."""
    results: SearchResults | None
    """None where there was nothing to search for."""


class Finals:
    """Bounded by count, text size and age; the oldest goes first, and its segment is then recognised again."""

    def __init__(self, max_count: int = 10_000, max_characters: int = 16_000_000, max_age_s: float = 600.0) -> None:
        self._max_count, self._max_characters, self._max_age_s = max_count, max_characters, max_age_s
        self._kept: OrderedDict[SegmentKey, tuple[Final, int, float]] = OrderedDict()
        self._characters = 0

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, key: SegmentKey, final: Final, now_s: float) -> None:
        """The first answer stands."""
        if self.find(key, now_s) is not None:
            return
        size = _characters(final)
        self._kept[key] = final, size, now_s
        self._characters += size
        while len(self._kept) > self._max_count or self._characters > self._max_characters:
            self._drop_oldest()

    def find(self, key: SegmentKey, now_s: float) -> Final | None:
        while self._kept and now_s - next(iter(self._kept.values()))[2] > self._max_age_s:
            self._drop_oldest()
        found = self._kept.get(key)
        return found[0] if found else None

    def _drop_oldest(self) -> None:
        _, (_, size, _) = self._kept.popitem(last=False)
        self._characters -= size


def _characters(final: Final) -> int:
    words = sum(len(word.word) for alternative in final.result.alternatives for word in alternative.words)
    transcripts = sum(len(alternative.transcript) for alternative in final.result.alternatives)
    hits = final.results.hits if final.results else ()
    return words + transcripts + sum(len(hit.id) + len(hit.title) + len(hit.snippet) + len(hit.url) for hit in hits)
