"""A recording as an edge sends it: each message with the moment it is due, heard by the edge's own detector. Read once, spoken many times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.demo import synthetic_queries
from benchmarks.spoken import Spoken, spoken_segments
from edge_client.config import INTERIM_CHUNK_MS, Config, TransportConfig
from edge_client.outbox import SegmentRequest
from models.evaluate.scoring import labelled_rows
from models.transcribe import read_pcm
from protos import messages as m
from protos.errors import ConfigurationError

LEAD_S = 0.1
"""Before the first message of a script: nobody speaks at once."""
TRAILING_SILENCE = bytes(2 * m.SAMPLE_RATE_HZ)
"""So that every recording ends as people end: by a hang-over."""


@dataclass(frozen=True, slots=True)
class Recording:
    audio: str
    """Its path; a string, for it travels as JSON."""
    text: str


@dataclass(frozen=True, slots=True)
class Script:
    """One recording, from when its speaker is first heard to the end of the last hang-over."""

    recording: Recording
    segments: tuple[Spoken, ...]

    @property
    def length_s(self) -> float:
        return LEAD_S + self.segments[-1].closed_s - self._begin_s

    @property
    def audio_s(self) -> float:
        """That is sent."""
        return sum(audio_s(spoken) for spoken in self.segments)

    @property
    def _begin_s(self) -> float:
        return self.segments[0].chunks[0][0]

    def closed_s(self, number: int) -> float:
        """When segment `number` has ended, from the script's begin; at full speed, nothing takes time."""
        return LEAD_S + self.segments[number].closed_s - self._begin_s

    def onset_s(self, number: int) -> float:
        return LEAD_S + self.segments[number].onset_s - self._begin_s

    def requests(self, first_id: int, start_sample: int) -> Iterator[tuple[float, SegmentRequest]]:
        """Each with its moment, from the script's begin. first_id: of its first segment; start_sample: of its begin in the session."""
        for number, spoken in enumerate(self.segments):
            segment_id = first_id + number
            yield LEAD_S + spoken.chunks[0][0] - self._begin_s, moved(spoken.start, segment_id, start_sample)
            # A pause is told after the last audio before it, which leaves in the same moment.
            spoken_and_paused: list[tuple[float, m.AudioChunk | m.SegmentPause]] = [*spoken.chunks, *spoken.pauses]
            for there_s, said in sorted(spoken_and_paused, key=lambda one: one[0]):
                yield LEAD_S + there_s - self._begin_s, placed(said, segment_id, start_sample)
            yield LEAD_S + spoken.closed_s - self._begin_s, replace(spoken.end, segment_id=segment_id)


def audio_s(spoken: Spoken) -> float:
    return spoken.end.sample_count / m.SAMPLE_RATE_HZ


def placed(said: m.AudioChunk | m.SegmentPause, segment_id: int, samples: int) -> m.AudioChunk | m.SegmentPause:
    said = replace(said, segment_id=segment_id)
    return replace(said, capture_offset=said.capture_offset + samples) if isinstance(said, m.AudioChunk) else said


def moved(start: m.SegmentStart, segment_id: int, samples: int) -> m.SegmentStart:
    return replace(start, segment_id=segment_id, capture_start=start.capture_start + samples)


def found_recordings(root: Path, manifest: Path | None, limit: int) -> list[Recording]:
    """manifest: JSONL of recordings with texts; None: the six that the repository ships. Raises: ConfigurationError: there are none."""
    if manifest is None:
        return [Recording(str(query.audio), query.text) for query in synthetic_queries(root)]
    rows, _ = labelled_rows(manifest, limit)
    return [Recording(str(manifest.parent / row["audio"]), row["text"]) for row in rows]


def scripts(recordings: Sequence[Recording], *, interim: bool) -> list[Script]:
    """interim: in the smaller chunks that an edge sends then. Raises: ConfigurationError: no speech in any."""
    config = Config(transport=TransportConfig(chunk_ms=INTERIM_CHUNK_MS)) if interim else Config()
    made = [
        Script(recording, segments)
        for recording in recordings
        if (segments := tuple(spoken_segments(read_pcm(Path(recording.audio)) + TRAILING_SILENCE, config)))
    ]
    if not made:
        raise ConfigurationError(f"{len(recordings)} recordings have no speech that the detector hears")
    return made
