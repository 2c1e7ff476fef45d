"""What a session keeps for the interim results of one open segment: when new audio is worth hearing, and what is worth saying. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from protos.messages import BYTES_PER_SAMPLE, Result


@dataclass(frozen=True, slots=True)
class Hear:
    """Listen to this part of a segment that is still open. Best effort: nobody waits for it, and losing it costs no answer."""

    segment_id: int
    start_sample: int
    """Of the segment."""
    heard_samples: int
    """Of the segment before this part."""
    pcm: bytes


@dataclass(slots=True)
class Interim:
    _given_samples: int = field(default=0, init=False)
    _said: tuple[str, int] = field(default=("", 0), init=False)
    _said_until: int = field(default=0, init=False)

    def due(self, segment_id: int, start_sample: int, pcm: bytes | bytearray, hop_samples: int) -> Hear | None:
        """pcm: all of the segment so far. All that is new, each time another whole hop of it has come: at any size of chunks as many times."""
        samples, given = len(pcm) // BYTES_PER_SAMPLE, self._given_samples
        if samples // hop_samples == given // hop_samples:
            return None
        self._given_samples = samples
        return Hear(segment_id, start_sample, given, bytes(pcm[given * BYTES_PER_SAMPLE :]))

    def is_news(self, result: Result) -> bool:
        """False for no words, for what was said before, and for what was overtaken: its promises were fewer."""
        if result.capture_end < self._said_until:
            return False
        saying = (result.alternatives[0].transcript if result.alternatives else "", result.stable_words)
        is_news, self._said, self._said_until = saying != self._said, saying, result.capture_end
        return is_news
