"""What edge and cloud say to each other, as frozen dataclasses. Standard library only; imports nothing of ours and does nothing.

Each class that travels has the name and the field names of its message in speech_search.proto; `codec` relies on that and a test holds it.
Positions and lengths of audio are integer samples at 16 kHz on the capture clock (1 sample = 62,500 ns, so Duration carries them exactly);
all other times are seconds. Over 300 lines, because a contract is read as one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Annotated

SAMPLE_RATE_HZ = 16_000
FRAME_MS = 20
FRAME_SAMPLES = SAMPLE_RATE_HZ * FRAME_MS // 1000
BYTES_PER_SAMPLE = 2
MAX_CHUNK_BYTES = 15_000
MAX_REPORTED_TIMES = 256

Samples = Annotated[int, "samples at 16 kHz, a Duration on the wire"]
Seconds = Annotated[float, "seconds, a Duration on the wire"]


class AudioEncoding(IntEnum):
    UNSPECIFIED = 0
    LINEAR16 = 1
    FLAC = 2
    OGG_OPUS = 3


class Priority(IntEnum):
    UNSPECIFIED = 0
    LIVE = 1
    CATCHUP = 2


class EndReason(IntEnum):
    UNSPECIFIED = 0
    SILENCE = 1
    MAX_LENGTH = 2
    SOURCE_ENDED = 3
    USER_STOPPED = 4
    CAPTURE_GAP = 5


class MicrophoneState(IntEnum):
    UNSPECIFIED = 0
    OK = 1
    MUTED = 2
    LOST = 3
    NOT_USED = 4


class FinalReason(IntEnum):
    UNSPECIFIED = 0
    RECOGNIZED = 1
    NO_SPEECH = 2
    TOO_SHORT = 3


class SpeechEventType(IntEnum):
    UNSPECIFIED = 0
    SPEECH_STARTED = 1
    SPEECH_PAUSED = 2
    SPEECH_ENDED = 3


class SearchOutcome(IntEnum):
    UNSPECIFIED = 0
    FOUND = 1
    NOTHING_FOUND = 2
    UNAVAILABLE = 3


class RejectReason(IntEnum):
    """Why a segment got no transcript. Every SpeechError names one."""

    UNSPECIFIED = 0
    OVERLOADED = 1
    QUOTA = 2
    RATE = 3
    TOO_LONG = 4
    INVALID_AUDIO = 5
    PROTOCOL = 6
    CHECKSUM = 7
    DEADLINE = 8
    CANCELLED = 9
    DRAINING = 10
    INTERNAL = 11
    SPOOL_FULL = 12
    STARVED = 13
    NOT_FOUND = 14
    UNAUTHENTICATED = 15
    PERMISSION = 16
    TAKEN_OVER = 17
    UNAVAILABLE = 18
    INVALID_REQUEST = 19


class NoticeLevel(IntEnum):
    UNSPECIFIED = 0
    INFO = 1
    WARNING = 2


class RolloutStage(IntEnum):
    UNSPECIFIED = 0
    LOADED = 1
    SHADOW = 2
    CANARY = 3
    LIVE = 4


# ---- audio inside one program (never on the wire as such) --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """FRAME_MS of mono audio, the unit the voice activity detector decides on."""

    start_sample: int
    """Position of the first sample on the capture clock."""
    pcm: bytes
    """FRAME_SAMPLES signed 16-bit little-endian samples; only the last frame of a source may be shorter."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of speech, complete, as the server hands it to a recogniser."""

    segment_id: int
    start_sample: int
    """Of the first sample in `pcm`, pre-roll included, on the capture clock."""
    pcm: bytes
    """Signed 16-bit little-endian samples at SAMPLE_RATE_HZ."""

    @property
    def sample_count(self) -> int:
        return len(self.pcm) // BYTES_PER_SAMPLE


# ---- requests of a session ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    name: str = ""
    native_sample_rate_hertz: int = 0
    source: str = ""
    """microphone, file, stdin or browser."""


@dataclass(frozen=True, slots=True)
class ClientInfo:
    name: str = ""
    version: str = ""
    platform: str = ""
    device: DeviceInfo | None = None


@dataclass(frozen=True, slots=True)
class PhraseHint:
    phrase: str = ""
    boost: float = 0.0


@dataclass(frozen=True, slots=True)
class DataUse:
    """What may be kept. The default keeps nothing."""

    allow_retention: bool = False
    policy_version: str = ""
    retention: Seconds | None = None


@dataclass(frozen=True, slots=True)
class StreamingConfig:
    """First message of a session. Zeros and empty strings mean: the server's default."""

    resume_token: str = ""
    client: ClientInfo | None = None
    catalogue: str = ""
    max_alternatives: int = 0
    interim_results: bool = False
    phrase_hints: tuple[PhraseHint, ...] = ()
    subject_id: str = ""
    data_use: DataUse | None = None
    encoding: AudioEncoding = AudioEncoding.UNSPECIFIED
    sample_rate_hertz: int = 0
    language_code: str = ""
    max_hits: int = 0
    enable_word_time_offsets: bool = False


@dataclass(frozen=True, slots=True)
class VadInfo:
    name: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class SegmentStart:
    segment_id: int = 0
    """Counts from 1 within a session and never repeats."""
    capture_start: Samples = 0
    pre_roll: Samples = 0
    priority: Priority = Priority.UNSPECIFIED
    deadline: Seconds | None = None
    """After SegmentEnd; an answer later than this is of no use."""
    vad: VadInfo | None = None
    snr_db: float | None = None
    device: DeviceInfo | None = None
    traceparent: str = ""
    """W3C, of the client's span of this segment; empty: it has none."""


@dataclass(frozen=True, slots=True)
class AudioChunk:
    segment_id: int = 0
    seq: int = 0
    """Counts chunks from 0 within a segment."""
    capture_offset: Samples = 0
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class SegmentEnd:
    segment_id: int = 0
    reason: EndReason = EndReason.UNSPECIFIED
    sample_count: int = 0
    crc32c: int = 0


@dataclass(frozen=True, slots=True)
class SegmentPause:
    """SegmentEnd may come with these very values: a server with time to spare begins the final result now."""

    segment_id: int = 0
    sample_count: int = 0
    crc32c: int = 0


@dataclass(frozen=True, slots=True)
class CancelSegment:
    segment_id: int = 0


@dataclass(frozen=True, slots=True)
class PhraseHints:
    phrase_hints: tuple[PhraseHint, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionUpdate:
    """Changes in mid-session; None leaves a thing as it was."""

    access_token: str | None = field(default=None, repr=False)
    data_use: DataUse | None = None
    catalogue: str | None = None
    phrase_hints: PhraseHints | None = None


@dataclass(frozen=True, slots=True)
class EdgeReport:
    period: Seconds | None = None
    captured: Seconds | None = None
    voiced: Seconds | None = None
    sent: Seconds | None = None
    bytes_sent: int = 0
    bytes_saved: int = 0
    speech_missed: Seconds | None = None
    reconnects: int = 0
    microphone_state: MicrophoneState = MicrophoneState.UNSPECIFIED
    microphone_restarts: int = 0
    overruns: int = 0
    spooled_segments: int = 0
    spooled_bytes: int = 0
    finals: int = 0
    """Segments shown since the last report, by outcome: with words ..."""
    empties: int = 0
    rejected: int = 0
    lost: int = 0
    """Speech that nobody will answer: no room for it, or no server and no spool."""
    end_to_end: tuple[Seconds, ...] = ()
    """Of each answered one, from the end of its hang-over to its last answer; at most MAX_REPORTED_TIMES."""
    first_interim: tuple[Seconds, ...] = ()
    """From its first audio handed over to its first interim result; as many."""
    oldest_unanswered: Seconds | None = None
    """How long the oldest segment without an answer has been there; None: there is none."""
    connect_failures: int = 0
    reconnects_asked: int = 0
    """Of reconnects: because the server asked for them."""
    spool_recovered: int = 0
    """Segments that an earlier run left, answered now."""


@dataclass(frozen=True, slots=True)
class KeepAlive:
    pass


Request = StreamingConfig | SegmentStart | AudioChunk | SegmentEnd | SegmentPause | CancelSegment | SessionUpdate | EdgeReport | KeepAlive


# ---- responses of a session --------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Limits:
    max_segment: Seconds = 0.0
    max_chunk_bytes: int = 0
    max_stream: Seconds = 0.0
    max_queued_audio: Seconds = 0.0
    max_alternatives: int = 0
    max_hits: int = 0
    max_phrase_hints: int = 0
    encodings: tuple[AudioEncoding, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelInfo:
    model_id: str = ""
    version: str = ""
    language_code: str = ""
    quantization: str = ""
    sha256: str = ""
    stage: RolloutStage = RolloutStage.UNSPECIFIED
    traffic_share: float = 0.0


@dataclass(frozen=True, slots=True)
class Session:
    session_id: str = ""
    resume_token: str = ""
    limits: Limits | None = None
    model: ModelInfo | None = None
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class SegmentAccepted:
    segment_id: int = 0


@dataclass(frozen=True, slots=True)
class Word:
    word: str = ""
    start_offset: Samples = 0
    end_offset: Samples = 0
    confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One thing that may have been said (`Alternative` on the wire)."""

    transcript: str = ""
    confidence: float = 0.0
    """0..1."""
    log_prob: float = 0.0
    """Natural logarithm."""
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class StageTiming:
    stage: str = ""
    duration: Seconds = 0.0


@dataclass(frozen=True, slots=True)
class Result:
    segment_id: int = 0
    final_reason: FinalReason = FinalReason.UNSPECIFIED
    alternatives: tuple[Hypothesis, ...] = ()
    """Best first."""
    is_final: bool = False
    stability: float = 0.0
    model_version: str = ""
    stage_timings: tuple[StageTiming, ...] = ()
    capture_start: Samples = 0
    capture_end: Samples = 0
    stable_words: int = 0
    """Of an interim result: so many first words of the best alternative are in every later interim result of the segment."""
    complete: bool | None = None
    """Of an interim result: whether it names something of the catalogue in full; None: nobody looked, nor for hits."""
    hits: tuple[SearchHit, ...] = ()
    """Of an interim result: found for what was said so far, best first; those of the final result come as SearchResults."""


@dataclass(frozen=True, slots=True)
class SpeechEvent:
    segment_id: int = 0
    type: SpeechEventType = SpeechEventType.UNSPECIFIED
    offset: Samples = 0


@dataclass(frozen=True, slots=True)
class Match:
    hypothesis_index: int = 0
    field: str = ""
    how: str = ""


@dataclass(frozen=True, slots=True)
class SearchHit:
    id: str = ""
    title: str = ""
    snippet: str = ""
    url: str = ""
    score: float = 0.0
    matched: Match | None = None


@dataclass(frozen=True, slots=True)
class SearchResults:
    segment_id: int = 0
    hits: tuple[SearchHit, ...] = ()
    """Best first."""
    outcome: SearchOutcome = SearchOutcome.UNSPECIFIED
    catalogue_version: str = ""
    duration: Seconds | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    segment_id: int = 0
    reason: RejectReason = RejectReason.UNSPECIFIED
    retry_after: Seconds | None = None
    """None: do not retry."""
    message: str = ""
    correlation_id: str = ""


@dataclass(frozen=True, slots=True)
class GoAway:
    reconnect_in: Seconds = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    level: NoticeLevel = NoticeLevel.UNSPECIFIED
    code: str = ""
    message: str = ""


Response = Session | SegmentAccepted | Result | SpeechEvent | SearchResults | Reject | GoAway | Notice


# ---- unary calls -------------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CatalogueInfo:
    name: str = ""
    version: str = ""
    documents: int = 0
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class GetServerInfoResponse:
    server_version: str = ""
    models: tuple[ModelInfo, ...] = ()
    catalogues: tuple[CatalogueInfo, ...] = ()
    limits: Limits | None = None
    ready: bool = False
    draining: bool = False
    workers: int = 0
