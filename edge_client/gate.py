"""Whether a frame belongs to speech: the detector's word, and the level where the detector is deaf. Pure: frames in, decisions out.

WebRTC's detector is made for voiced speech and drops soft word ends and final consonants, up to half a second of them (benchmarks/LOG.md).
Within an open segment a frame therefore also counts if it is nearly as loud as the segment's loudest, unless the room itself is that loud. Outside
a segment only the detector may begin one: a slammed door is loud too. A level is worked out when a decision hangs on it, which is seldom: numpy costs
most where it is called now and then (benchmarks/LOG.md).
"""

from __future__ import annotations

from collections import deque

from edge_client.config import VadConfig
from edge_client.vad import level_dbfs
from protos.messages import FRAME_MS

FLOOR_WINDOW_FRAMES = 5_000 // FRAME_MS
# Less than this says more of the speech that was just heard than of the room.
FLOOR_MIN_FRAMES = 1_000 // FRAME_MS
# The quietest tenth of the window: pauses between words reach the room's own level.
FLOOR_QUANTILE = 0.1
SILENCE_DBFS = -80.0


class SpeechGate:
    """One for a stream; `decide` once for each frame, in order."""

    def __init__(self, config: VadConfig) -> None:
        self._hold_db, self._margin_db = config.hold_db, config.floor_margin_db
        self._levels: deque[float] = deque(maxlen=FLOOR_WINDOW_FRAMES)
        self._unmeasured: deque[bytes] = deque(maxlen=FLOOR_WINDOW_FRAMES)
        """Frames after those of `_levels`."""
        self._peak_dbfs = SILENCE_DBFS
        self._unpeaked = 0
        """How many of the latest unmeasured frames the peak is also of."""

    def decide(self, pcm: bytes, voiced: bool, in_segment: bool) -> bool:
        """pcm: one frame. in_segment: a segment is open, as the segmenter says before this frame."""
        self._unmeasured.append(pcm)
        if not in_segment:
            self._peak_dbfs, self._unpeaked = SILENCE_DBFS, int(voiced)
            return voiced
        self._unpeaked += 1
        if voiced and len(self._unmeasured) < FLOOR_WINDOW_FRAMES:
            return True
        self._measure()
        return voiced or self._levels[-1] > max(self._peak_dbfs - self._hold_db, self.floor_dbfs + self._margin_db)

    @property
    def floor_dbfs(self) -> float:
        """Level of the room, at least SILENCE_DBFS."""
        self._measure()
        if len(self._levels) < FLOOR_MIN_FRAMES:
            return SILENCE_DBFS
        return max(SILENCE_DBFS, sorted(self._levels)[int(len(self._levels) * FLOOR_QUANTILE)])

    def _measure(self) -> None:
        levels = [level_dbfs(pcm) for pcm in self._unmeasured]
        self._peak_dbfs = max([self._peak_dbfs, *levels[len(levels) - self._unpeaked :]])
        self._levels.extend(levels)
        self._unmeasured.clear()
        self._unpeaked = 0
