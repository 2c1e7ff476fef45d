"""What a session keeps for the interim results of one open segment: when new audio is worth hearing, and what is worth saying. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from protos.messages import BYTES_PER_SAMPLE, Result, SearchHit


@dataclass(frozen=True, slots=True)
class Hear:
    """Listen to this part of a segment that is still open. Best effort: nobody waits for it, and losing it costs no answer."""

    segment_id: int
    start_sample: int
    """Of the segment."""
    heard_samples: int
    """Of the segment before this part."""
    pcm: bytes


Saying = tuple[str, int, tuple[str, ...]]
"""Transcript, stable words, ids of hits."""


@dataclass(slots=True)
class Interim:
    _given_samples: int = field(default=0, init=False)
    _said: Saying = field(default=("", 0, ()), init=False)
    _said_until: int = field(default=0, init=False)
    _hits: tuple[SearchHit, ...] = field(default=(), init=False)
    """As they are shown."""
    _challenger: str | None = field(default=None, init=False)
    """What led the newest hits that there were, where that is not what is shown."""

    def due(self, segment_id: int, start_sample: int, pcm: bytes | bytearray, hop_samples: int) -> Hear | None:
        """pcm: all of the segment so far. All that is new, each time another whole hop of it has come: at any size of chunks as many times."""
        samples, given = len(pcm) // BYTES_PER_SAMPLE, self._given_samples
        if samples // hop_samples == given // hop_samples:
            return None
        self._given_samples = samples
        return Hear(segment_id, start_sample, given, bytes(pcm[given * BYTES_PER_SAMPLE :]))

    def news(self, result: Result) -> Result | None:
        """What is to be said of it; None for no words, for what was said before, and for what was overtaken: its promises were fewer."""
        if result.capture_end < self._said_until:
            return None
        # Where nobody looked, what was found before still stands.
        result = replace(result, hits=self._hits if result.complete is None else self._steadied(result.hits))
        text = result.alternatives[0].transcript if result.alternatives else ""
        saying = (text, result.stable_words, tuple(hit.id for hit in result.hits))
        is_news, self._said, self._said_until = saying != self._said, saying, result.capture_end
        return result if is_news else None

    def _steadied(self, hits: tuple[SearchHit, ...]) -> tuple[SearchHit, ...]:
        """A shown best hit stays until another was best twice in a row: half a word often sounds like another, or like nothing, and people look."""
        if not hits:
            return self._hits
        leader = hits[0].id
        if not self._hits or leader in (self._hits[0].id, self._challenger):
            self._hits, self._challenger = hits, None
        else:
            self._challenger = leader
        return self._hits
