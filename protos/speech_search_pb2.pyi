import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AudioEncoding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AUDIO_ENCODING_UNSPECIFIED: _ClassVar[AudioEncoding]
    AUDIO_ENCODING_LINEAR16: _ClassVar[AudioEncoding]
    AUDIO_ENCODING_FLAC: _ClassVar[AudioEncoding]
    AUDIO_ENCODING_OGG_OPUS: _ClassVar[AudioEncoding]

class Priority(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRIORITY_UNSPECIFIED: _ClassVar[Priority]
    PRIORITY_LIVE: _ClassVar[Priority]
    PRIORITY_CATCHUP: _ClassVar[Priority]

class EndReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    END_REASON_UNSPECIFIED: _ClassVar[EndReason]
    END_REASON_SILENCE: _ClassVar[EndReason]
    END_REASON_MAX_LENGTH: _ClassVar[EndReason]
    END_REASON_SOURCE_ENDED: _ClassVar[EndReason]
    END_REASON_USER_STOPPED: _ClassVar[EndReason]
    END_REASON_CAPTURE_GAP: _ClassVar[EndReason]

class MicrophoneState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MICROPHONE_STATE_UNSPECIFIED: _ClassVar[MicrophoneState]
    MICROPHONE_STATE_OK: _ClassVar[MicrophoneState]
    MICROPHONE_STATE_MUTED: _ClassVar[MicrophoneState]
    MICROPHONE_STATE_LOST: _ClassVar[MicrophoneState]
    MICROPHONE_STATE_NOT_USED: _ClassVar[MicrophoneState]

class FinalReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FINAL_REASON_UNSPECIFIED: _ClassVar[FinalReason]
    FINAL_REASON_RECOGNIZED: _ClassVar[FinalReason]
    FINAL_REASON_NO_SPEECH: _ClassVar[FinalReason]
    FINAL_REASON_TOO_SHORT: _ClassVar[FinalReason]

class SpeechEventType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SPEECH_EVENT_TYPE_UNSPECIFIED: _ClassVar[SpeechEventType]
    SPEECH_EVENT_TYPE_SPEECH_STARTED: _ClassVar[SpeechEventType]
    SPEECH_EVENT_TYPE_SPEECH_PAUSED: _ClassVar[SpeechEventType]
    SPEECH_EVENT_TYPE_SPEECH_ENDED: _ClassVar[SpeechEventType]

class SearchOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SEARCH_OUTCOME_UNSPECIFIED: _ClassVar[SearchOutcome]
    SEARCH_OUTCOME_FOUND: _ClassVar[SearchOutcome]
    SEARCH_OUTCOME_NOTHING_FOUND: _ClassVar[SearchOutcome]
    SEARCH_OUTCOME_UNAVAILABLE: _ClassVar[SearchOutcome]

class RejectReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REJECT_REASON_UNSPECIFIED: _ClassVar[RejectReason]
    REJECT_REASON_OVERLOADED: _ClassVar[RejectReason]
    REJECT_REASON_QUOTA: _ClassVar[RejectReason]
    REJECT_REASON_RATE: _ClassVar[RejectReason]
    REJECT_REASON_TOO_LONG: _ClassVar[RejectReason]
    REJECT_REASON_INVALID_AUDIO: _ClassVar[RejectReason]
    REJECT_REASON_PROTOCOL: _ClassVar[RejectReason]
    REJECT_REASON_CHECKSUM: _ClassVar[RejectReason]
    REJECT_REASON_DEADLINE: _ClassVar[RejectReason]
    REJECT_REASON_CANCELLED: _ClassVar[RejectReason]
    REJECT_REASON_DRAINING: _ClassVar[RejectReason]
    REJECT_REASON_INTERNAL: _ClassVar[RejectReason]
    REJECT_REASON_SPOOL_FULL: _ClassVar[RejectReason]
    REJECT_REASON_STARVED: _ClassVar[RejectReason]
    REJECT_REASON_NOT_FOUND: _ClassVar[RejectReason]
    REJECT_REASON_UNAUTHENTICATED: _ClassVar[RejectReason]
    REJECT_REASON_PERMISSION: _ClassVar[RejectReason]
    REJECT_REASON_TAKEN_OVER: _ClassVar[RejectReason]
    REJECT_REASON_UNAVAILABLE: _ClassVar[RejectReason]
    REJECT_REASON_INVALID_REQUEST: _ClassVar[RejectReason]

class NoticeLevel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NOTICE_LEVEL_UNSPECIFIED: _ClassVar[NoticeLevel]
    NOTICE_LEVEL_INFO: _ClassVar[NoticeLevel]
    NOTICE_LEVEL_WARNING: _ClassVar[NoticeLevel]

class RolloutStage(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROLLOUT_STAGE_UNSPECIFIED: _ClassVar[RolloutStage]
    ROLLOUT_STAGE_LOADED: _ClassVar[RolloutStage]
    ROLLOUT_STAGE_SHADOW: _ClassVar[RolloutStage]
    ROLLOUT_STAGE_CANARY: _ClassVar[RolloutStage]
    ROLLOUT_STAGE_LIVE: _ClassVar[RolloutStage]
AUDIO_ENCODING_UNSPECIFIED: AudioEncoding
AUDIO_ENCODING_LINEAR16: AudioEncoding
AUDIO_ENCODING_FLAC: AudioEncoding
AUDIO_ENCODING_OGG_OPUS: AudioEncoding
PRIORITY_UNSPECIFIED: Priority
PRIORITY_LIVE: Priority
PRIORITY_CATCHUP: Priority
END_REASON_UNSPECIFIED: EndReason
END_REASON_SILENCE: EndReason
END_REASON_MAX_LENGTH: EndReason
END_REASON_SOURCE_ENDED: EndReason
END_REASON_USER_STOPPED: EndReason
END_REASON_CAPTURE_GAP: EndReason
MICROPHONE_STATE_UNSPECIFIED: MicrophoneState
MICROPHONE_STATE_OK: MicrophoneState
MICROPHONE_STATE_MUTED: MicrophoneState
MICROPHONE_STATE_LOST: MicrophoneState
MICROPHONE_STATE_NOT_USED: MicrophoneState
FINAL_REASON_UNSPECIFIED: FinalReason
FINAL_REASON_RECOGNIZED: FinalReason
FINAL_REASON_NO_SPEECH: FinalReason
FINAL_REASON_TOO_SHORT: FinalReason
SPEECH_EVENT_TYPE_UNSPECIFIED: SpeechEventType
SPEECH_EVENT_TYPE_SPEECH_STARTED: SpeechEventType
SPEECH_EVENT_TYPE_SPEECH_PAUSED: SpeechEventType
SPEECH_EVENT_TYPE_SPEECH_ENDED: SpeechEventType
SEARCH_OUTCOME_UNSPECIFIED: SearchOutcome
SEARCH_OUTCOME_FOUND: SearchOutcome
SEARCH_OUTCOME_NOTHING_FOUND: SearchOutcome
SEARCH_OUTCOME_UNAVAILABLE: SearchOutcome
REJECT_REASON_UNSPECIFIED: RejectReason
REJECT_REASON_OVERLOADED: RejectReason
REJECT_REASON_QUOTA: RejectReason
REJECT_REASON_RATE: RejectReason
REJECT_REASON_TOO_LONG: RejectReason
REJECT_REASON_INVALID_AUDIO: RejectReason
REJECT_REASON_PROTOCOL: RejectReason
REJECT_REASON_CHECKSUM: RejectReason
REJECT_REASON_DEADLINE: RejectReason
REJECT_REASON_CANCELLED: RejectReason
REJECT_REASON_DRAINING: RejectReason
REJECT_REASON_INTERNAL: RejectReason
REJECT_REASON_SPOOL_FULL: RejectReason
REJECT_REASON_STARVED: RejectReason
REJECT_REASON_NOT_FOUND: RejectReason
REJECT_REASON_UNAUTHENTICATED: RejectReason
REJECT_REASON_PERMISSION: RejectReason
REJECT_REASON_TAKEN_OVER: RejectReason
REJECT_REASON_UNAVAILABLE: RejectReason
REJECT_REASON_INVALID_REQUEST: RejectReason
NOTICE_LEVEL_UNSPECIFIED: NoticeLevel
NOTICE_LEVEL_INFO: NoticeLevel
NOTICE_LEVEL_WARNING: NoticeLevel
ROLLOUT_STAGE_UNSPECIFIED: RolloutStage
ROLLOUT_STAGE_LOADED: RolloutStage
ROLLOUT_STAGE_SHADOW: RolloutStage
ROLLOUT_STAGE_CANARY: RolloutStage
ROLLOUT_STAGE_LIVE: RolloutStage

class StreamingRecognizeRequest(_message.Message):
    __slots__ = ("streaming_config", "segment_start", "audio", "segment_end", "cancel_segment", "update", "edge_report", "keep_alive", "segment_pause")
    STREAMING_CONFIG_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_START_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_END_FIELD_NUMBER: _ClassVar[int]
    CANCEL_SEGMENT_FIELD_NUMBER: _ClassVar[int]
    UPDATE_FIELD_NUMBER: _ClassVar[int]
    EDGE_REPORT_FIELD_NUMBER: _ClassVar[int]
    KEEP_ALIVE_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_PAUSE_FIELD_NUMBER: _ClassVar[int]
    streaming_config: StreamingConfig
    segment_start: SegmentStart
    audio: AudioChunk
    segment_end: SegmentEnd
    cancel_segment: CancelSegment
    update: SessionUpdate
    edge_report: EdgeReport
    keep_alive: KeepAlive
    segment_pause: SegmentPause
    def __init__(self, streaming_config: _Optional[_Union[StreamingConfig, _Mapping]] = ..., segment_start: _Optional[_Union[SegmentStart, _Mapping]] = ..., audio: _Optional[_Union[AudioChunk, _Mapping]] = ..., segment_end: _Optional[_Union[SegmentEnd, _Mapping]] = ..., cancel_segment: _Optional[_Union[CancelSegment, _Mapping]] = ..., update: _Optional[_Union[SessionUpdate, _Mapping]] = ..., edge_report: _Optional[_Union[EdgeReport, _Mapping]] = ..., keep_alive: _Optional[_Union[KeepAlive, _Mapping]] = ..., segment_pause: _Optional[_Union[SegmentPause, _Mapping]] = ...) -> None: ...

class StreamingConfig(_message.Message):
    __slots__ = ("resume_token", "client", "catalogue", "max_alternatives", "interim_results", "phrase_hints", "subject_id", "data_use", "encoding", "sample_rate_hertz", "language_code", "max_hits", "enable_word_time_offsets")
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    MAX_ALTERNATIVES_FIELD_NUMBER: _ClassVar[int]
    INTERIM_RESULTS_FIELD_NUMBER: _ClassVar[int]
    PHRASE_HINTS_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    DATA_USE_FIELD_NUMBER: _ClassVar[int]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_RATE_HERTZ_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_CODE_FIELD_NUMBER: _ClassVar[int]
    MAX_HITS_FIELD_NUMBER: _ClassVar[int]
    ENABLE_WORD_TIME_OFFSETS_FIELD_NUMBER: _ClassVar[int]
    resume_token: str
    client: ClientInfo
    catalogue: str
    max_alternatives: int
    interim_results: bool
    phrase_hints: _containers.RepeatedCompositeFieldContainer[PhraseHint]
    subject_id: str
    data_use: DataUse
    encoding: AudioEncoding
    sample_rate_hertz: int
    language_code: str
    max_hits: int
    enable_word_time_offsets: bool
    def __init__(self, resume_token: _Optional[str] = ..., client: _Optional[_Union[ClientInfo, _Mapping]] = ..., catalogue: _Optional[str] = ..., max_alternatives: _Optional[int] = ..., interim_results: _Optional[bool] = ..., phrase_hints: _Optional[_Iterable[_Union[PhraseHint, _Mapping]]] = ..., subject_id: _Optional[str] = ..., data_use: _Optional[_Union[DataUse, _Mapping]] = ..., encoding: _Optional[_Union[AudioEncoding, str]] = ..., sample_rate_hertz: _Optional[int] = ..., language_code: _Optional[str] = ..., max_hits: _Optional[int] = ..., enable_word_time_offsets: _Optional[bool] = ...) -> None: ...

class ClientInfo(_message.Message):
    __slots__ = ("name", "version", "platform", "device")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    platform: str
    device: DeviceInfo
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., platform: _Optional[str] = ..., device: _Optional[_Union[DeviceInfo, _Mapping]] = ...) -> None: ...

class DeviceInfo(_message.Message):
    __slots__ = ("name", "native_sample_rate_hertz", "source")
    NAME_FIELD_NUMBER: _ClassVar[int]
    NATIVE_SAMPLE_RATE_HERTZ_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    name: str
    native_sample_rate_hertz: int
    source: str
    def __init__(self, name: _Optional[str] = ..., native_sample_rate_hertz: _Optional[int] = ..., source: _Optional[str] = ...) -> None: ...

class PhraseHint(_message.Message):
    __slots__ = ("phrase", "boost")
    PHRASE_FIELD_NUMBER: _ClassVar[int]
    BOOST_FIELD_NUMBER: _ClassVar[int]
    phrase: str
    boost: float
    def __init__(self, phrase: _Optional[str] = ..., boost: _Optional[float] = ...) -> None: ...

class DataUse(_message.Message):
    __slots__ = ("allow_retention", "policy_version", "retention")
    ALLOW_RETENTION_FIELD_NUMBER: _ClassVar[int]
    POLICY_VERSION_FIELD_NUMBER: _ClassVar[int]
    RETENTION_FIELD_NUMBER: _ClassVar[int]
    allow_retention: bool
    policy_version: str
    retention: _duration_pb2.Duration
    def __init__(self, allow_retention: _Optional[bool] = ..., policy_version: _Optional[str] = ..., retention: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class VadInfo(_message.Message):
    __slots__ = ("name", "version")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ...) -> None: ...

class SegmentStart(_message.Message):
    __slots__ = ("segment_id", "capture_start", "pre_roll", "priority", "deadline", "vad", "snr_db", "device", "traceparent")
    SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    CAPTURE_START_FIELD_NUMBER: _ClassVar[int]
    PRE_ROLL_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_FIELD_NUMBER: _ClassVar[int]
    VAD_FIELD_NUMBER: _ClassVar[int]
    SNR_DB_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    TRACEPARENT_FIELD_NUMBER: _ClassVar[int]
    segment_id: int
    capture_start: _duration_pb2.Duration
    pre_roll: _duration_pb2.Duration
    priority: Priority
    deadline: _duration_pb2.Duration
    vad: VadInfo
    snr_db: float
    device: DeviceInfo
    traceparent: str
    def __init__(self, segment_id: _Optional[int] = ..., capture_start: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., pre_roll: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., priority: _Optional[_Union[Priority, str]] = ..., deadline: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., vad: _Optional[_Union[VadInfo, _Mapping]] = ..., snr_db: _Optional[float] = ..., device: _Optional[_Union[DeviceInfo, _Mapping]] = ..., traceparent: _Optional[str] = ...) -> None: ...

class AudioChunk(_message.Message):
    __slots__ = ("segment_id", "seq", "capture_offset", "data")
    SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    CAPTURE_OFFSET_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    segment_id: int
    seq: int
    capture_offset: _duration_pb2.Duration
    data: bytes
    def __init__(self, segment_id: _Optional[int] = ..., seq: _Optional[int] = ..., capture_offset: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., data: _Optional[bytes] = ...) -> None: ...

class SegmentEnd(_message.Message):
    __slots__ = ("segment_id", "reason", "sample_count", "crc32c")
    SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_COUNT_FIELD_NUMBER: _ClassVar[int]
    CRC32C_FIELD_NUMBER: _ClassVar[int]
    segment_id: int
    reason: EndReason
    sample_count: int
    crc32c: int
    def __init__(self, segment_id: _Optional[int] = ..., reason: _Optional[_Union[EndReason, str]] = ..., sample_count: _Optional[int] = ..., crc32c: _Optional[int] = ...) -> None: ...

class SegmentPause(_message.Message):
    __slots__ = ("segment_id", "sample_count", "crc32c")
    SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_COUNT_FIELD_NUMBER: _ClassVar[int]
    CRC32C_FIELD_NUMBER: _ClassVar[int]
    segment_id: int
    sample_count: int
    crc32c: int
    def __init__(self, segment_id: _Optional[int] = ..., sample_count: _Optional[int] = ..., crc32c: _Optional[int] = ...) -> None: ...

class CancelSegment(_message.Message):
    __slots__ = ("segment_id",)
    SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    segment_id: int
    def __init__(self, segment_id: _Optional[int] = ...) -> None: ...

class PhraseHints(_message.Message):
    __slots__ = ("phrase_hints",)
    PHRASE_HINTS_FIELD_NUMBER: _ClassVar[int]
    phrase_hints: _containers.RepeatedCompositeFieldContainer[PhraseHint]
    def __init__(self, phrase_hints: _Optional[_Iterable[_Union[PhraseHint, _Mapping]]] = ...) -> None: ...

class SessionUpdate(_message.Message):
    __slots__ = ("access_token", "data_use", "catalogue", "phrase_hints")
    ACCESS_TOKEN_FIELD_NUMBER: _ClassVar[int]
    DATA_USE_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    PHRASE_HINTS_FIELD_NUMBER: _ClassVar[int]
    access_token: str
    data_use: DataUse
    catalogue: str
    phrase_hints: PhraseHints
    def __init__(self, access_token: _Optional[str] = ..., data_use: _Optional[_Union[DataUse, _Mapping]] = ..., catalogue: _Optional[str] = ..., phrase_hints: _Optional[_Union[PhraseHints, _Mapping]] = ...) -> None: ...

class EdgeReport(_message.Message):
    __slots__ = ("period", "captured", "voiced", "sent", "bytes_sent", "bytes_saved", "speech_missed", "reconnects", "microphone_state", "microphone_restarts", "overruns", "spooled_segments", "spooled_bytes", "finals", "empties", "rejected", "lost", "end_to_end", "first_interim", "oldest_unanswered", "connect_failures", "reconnects_asked", "spool_recovered")
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    CAPTURED_FIELD_NUMBER: _ClassVar[int]
    VOICED_FIELD_NUMBER: _ClassVar[int]
    SENT_FIELD_NUMBER: _ClassVar[int]
    BYTES_SENT_FIELD_NUMBER: _ClassVar[int]
    BYTES_SAVED_FIELD_NUMBER: _ClassVar[int]
    SPEECH_MISSED_FIELD_NUMBER: _ClassVar[int]
    RECONNECTS_FIELD_NUMBER: _ClassVar[int]
    MICROPHONE_STATE_FIELD_NUMBER: _ClassVar[int]
    MICROPHONE_RESTARTS_FIELD_NUMBER: _ClassVar[int]
    OVERRUNS_FIELD_NUMBER: _ClassVar[int]
    SPOOLED_SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    SPOOLED_BYTES_FIELD_NUMBER: _ClassVar[int]
    FINALS_FIELD_NUMBER: _ClassVar[int]
    EMPTIES_FIELD_NUMBER: _ClassVar[int]
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    LOST_FIELD_NUMBER: _ClassVar[int]
    END_TO_END_FIELD_NUMBER: _ClassVar[int]
    FIRST_INTERIM_FIELD_NUMBER: _ClassVar[int]
    OLDEST_UNANSWERED_FIELD_NUMBER: _ClassVar[int]
    CONNECT_FAILURES_FIELD_NUMBER: _ClassVar[int]
    RECONNECTS_ASKED_FIELD_NUMBER: _ClassVar[int]
    SPOOL_RECOVERED_FIELD_NUMBER: _ClassVar[int]
    period: _duration_pb2.Duration
    captured: _duration_pb2.Duration
    voiced: _duration_pb2.Duration
    sent: _duration_pb2.Duration
    bytes_sent: int
    bytes_saved: int
    speech_missed: _duration_pb2.Duration
    reconnects: int
    microphone_state: MicrophoneState
    microphone_restarts: int
    overruns: int
    spooled_segments: int
    spooled_bytes: int
    finals: int
    empties: int
    rejected: int
    lost: int
    end_to_end: _containers.RepeatedCompositeFieldContainer[_duration_pb2.Duration]
    first_interim: _containers.RepeatedCompositeFieldContainer[_duration_pb2.Duration]
    oldest_unanswered: _duration_pb2.Duration
    connect_failures: int
    reconnects_asked: int
    spool_recovered: int
    def __init__(self, period: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., captured: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., voiced: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., sent: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., bytes_sent: _Optional[int] = ..., bytes_saved: _Optional[int] = ..., speech_missed: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., reconnects: _Optional[int] = ..., microphone_state: _Optional[_Union[MicrophoneState, str]] = ..., microphone_restarts: _Optional[int] = ..., overruns: _Optional[int] = ..., spooled_segments: _Optional[int] = ..., spooled_bytes: _Optional[int] = ..., finals: _Optional[int] = ..., empties: _Optional[int] = ..., rejected: _Optional[int] = ..., lost: _Optional[int] = ..., end_to_end: _Optional[_Iterable[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]]] = ..., first_interim: _Optional[_Iterable[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]]] = ..., oldest_unanswered: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., connect_failures: _Optional[int] = ..., reconnects_asked: _Optional[int] = ..., spool_recovered: _Optional[int] = ...) -> None: ...

class KeepAlive(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class StreamingRecognizeResponse(_message.Message):
    __slots__ = ("session", "accepted", "result", "speech_event", "search_results", "reject", "go_away", "notice")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    SPEECH_EVENT_FIELD_NUMBER: _ClassVar[int]
    SEARCH_RESULTS_FIELD_NUMBER: _ClassVar[int]
    REJECT_FIELD_NUMBER: _ClassVar[int]
    GO_AWAY_FIELD_NUMBER: _ClassVar[int]
    NOTICE_FIELD_NUMBER: _ClassVar[int]
    session: Session
    accepted: SegmentAccepted
    result: Result
    speech_event: SpeechEvent
    search_results: SearchResults
    reject: Reject
    go_away: GoAway
    notice: Notice
    def __init__(self, session: _Optional[_Union[Session, _Mapping]] = ..., accepted: _Optional[_Union[SegmentAccepted, _Mapping]] = ..., result: _Optional[_Union[Result, _Mapping]] = ..., speech_event: _Optional[_Union[SpeechEvent, _Mapping]] = ..., search_results: _Optional[_Union[SearchResults, _Mapping]] = ..., reject: _Optional[_Union[Reject, _Mapping]] = ..., go_away: _Optional[_Union[GoAway, _Mapping]] = ..., notice: _Optional[_Union[Notice, _Mapping]] = ...) -> None: ...

class Session(_message.Message):
    __slots__ = ("session_id", "resume_token", "limits", "model", "resumed")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    RESUMED_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    resume_token: str
    limits: Limits
    model: ModelInfo
    resumed: bool
    def __init__(self, session_id: _Optional[str] = ..., resume_token: _Optional[str] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., model: _Optional[_Union[ModelInfo, _Mapping]] = ..., resumed: _Optional[bool] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ("max_segment", "max_chunk_bytes", "max_stream", "max_queued_audio", "max_alternatives", "max_hits", "max_phrase_hints", "encodings")
    MAX_SEGMENT_FIELD_NUMBER: _ClassVar[int]
    MAX_CHUNK_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_STREAM_FIELD_NUMBER: _ClassVar[int]
    MAX_QUEUED_AUDIO_FIELD_NUMBER: _ClassVar[int]
    MAX_ALTERNATIVES_FIELD_NUMBER: _ClassVar[int]
    MAX_HITS_FIELD_NUMBER: _ClassVar[int]
    MAX_PHRASE_HINTS_FIELD_NUMBER: _ClassVar[int]
    ENCODINGS_FIELD_NUMBER: _ClassVar[int]
    max_segment: _duration_pb2.Duration
    max_chunk_bytes: int
    max_stream: _duration_pb2.Duration
    max_queued_audio: _duration_pb2.Duration
    max_alternatives: int
    max_hits: int
    max_phrase_hints: int
    encodings: _containers.RepeatedScalarFieldContainer[AudioEncoding]
    def __init__(self, max_segment: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., max_chunk_bytes: _Optional[int] = ..., max_stream: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., max_queued_audio: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., max_alternatives: _Optional[int] = ..., max_hits: _Optional[int] = ..., max_phrase_hints: _Optional[int] = ..., encodings: _Optional[_Iterable[_Union[AudioEncoding, str]]] = ...) -> None: ...

class SegmentAccepted(_message.Message):
    __slots__ = ("segment_id",)
    SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    segment_id: int
    def __init__(self, segment_id: _Optional[int] = ...) -> None: ...

class Word(_message.Message):
    __slots__ = ("word", "start_offset", "end_offset", "confidence")
    WORD_FIELD_NUMBER: _ClassVar[int]
    START_OFFSET_FIELD_NUMBER: _ClassVar[int]
    END_OFFSET_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    word: str
    start_offset: _duration_pb2.Duration
    end_offset: _duration_pb2.Duration
    confidence: float
    def __init__(self, word: _Optional[str] = ..., start_offset: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., end_offset: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., confidence: _Optional[float] = ...) -> None: ...

class Alternative(_message.Message):
    __slots__ = ("transcript", "confidence", "log_prob", "words")
    TRANSCRIPT_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    LOG_PROB_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    transcript: str
    confidence: float
    log_prob: float
    words: _containers.RepeatedCompositeFieldContainer[Word]
    def __init__(self, transcript: _Optional[str] = ..., confidence: _Optional[float] = ..., log_prob: _Optional[float] = ..., words: _Optional[_Iterable[_Union[Word, _Mapping]]] = ...) -> None: ...

class StageTiming(_message.Message):
    __slots__ = ("stage", "duration")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    stage: str
    duration: _duration_pb2.Duration
    def __init__(self, stage: _Optional[str] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Result(_message.Message):
    __slots__ = ("segment_id", "final_reason", "alternatives", "is_final", "stability", "model_version", "stage_timings", "capture_start", "capture_end", "stable_words", "complete", "hits")
    SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    FINAL_REASON_FIELD_NUMBER: _ClassVar[int]
    ALTERNATIVES_FIELD_NUMBER: _ClassVar[int]
    IS_FINAL_FIELD_NUMBER: _ClassVar[int]
    STABILITY_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    STAGE_TIMINGS_FIELD_NUMBER: _ClassVar[int]
    CAPTURE_START_FIELD_NUMBER: _ClassVar[int]
    CAPTURE_END_FIELD_NUMBER: _ClassVar[int]
    STABLE_WORDS_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    HITS_FIELD_NUMBER: _ClassVar[int]
    segment_id: int
    final_reason: FinalReason
    alternatives: _containers.RepeatedCompositeFieldContainer[Alternative]
    is_final: bool
    stability: float
    model_version: str
    stage_timings: _containers.RepeatedCompositeFieldContainer[StageTiming]
    capture_start: _duration_pb2.Duration
    capture_end: _duration_pb2.Duration
    stable_words: int
    complete: bool
    hits: _containers.RepeatedCompositeFieldContainer[SearchHit]
    def __init__(self, segment_id: _Optional[int] = ..., final_reason: _Optional[_Union[FinalReason, str]] = ..., alternatives: _Optional[_Iterable[_Union[Alternative, _Mapping]]] = ..., is_final: _Optional[bool] = ..., stability: _Optional[float] = ..., model_version: _Optional[str] = ..., stage_timings: _Optional[_Iterable[_Union[StageTiming, _Mapping]]] = ..., capture_start: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., capture_end: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., stable_words: _Optional[int] = ..., complete: _Optional[bool] = ..., hits: _Optional[_Iterable[_Union[SearchHit, _Mapping]]] = ...) -> None: ...

class SpeechEvent(_message.Message):
    __slots__ = ("segment_id", "type", "offset")
    SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    segment_id: int
    type: SpeechEventType
    offset: _duration_pb2.Duration
    def __init__(self, segment_id: _Optional[int] = ..., type: _Optional[_Union[SpeechEventType, str]] = ..., offset: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Match(_message.Message):
    __slots__ = ("hypothesis_index", "field", "how")
    HYPOTHESIS_INDEX_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    HOW_FIELD_NUMBER: _ClassVar[int]
    hypothesis_index: int
    field: str
    how: str
    def __init__(self, hypothesis_index: _Optional[int] = ..., field: _Optional[str] = ..., how: _Optional[str] = ...) -> None: ...

class SearchHit(_message.Message):
    __slots__ = ("id", "title", "snippet", "url", "score", "matched")
    ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    SNIPPET_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    MATCHED_FIELD_NUMBER: _ClassVar[int]
    id: str
    title: str
    snippet: str
    url: str
    score: float
    matched: Match
    def __init__(self, id: _Optional[str] = ..., title: _Optional[str] = ..., snippet: _Optional[str] = ..., url: _Optional[str] = ..., score: _Optional[float] = ..., matched: _Optional[_Union[Match, _Mapping]] = ...) -> None: ...

class SearchResults(_message.Message):
    __slots__ = ("segment_id", "hits", "outcome", "catalogue_version", "duration")
    SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    HITS_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_VERSION_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    segment_id: int
    hits: _containers.RepeatedCompositeFieldContainer[SearchHit]
    outcome: SearchOutcome
    catalogue_version: str
    duration: _duration_pb2.Duration
    def __init__(self, segment_id: _Optional[int] = ..., hits: _Optional[_Iterable[_Union[SearchHit, _Mapping]]] = ..., outcome: _Optional[_Union[SearchOutcome, str]] = ..., catalogue_version: _Optional[str] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Reject(_message.Message):
    __slots__ = ("segment_id", "reason", "retry_after", "message", "correlation_id")
    SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    CORRELATION_ID_FIELD_NUMBER: _ClassVar[int]
    segment_id: int
    reason: RejectReason
    retry_after: _duration_pb2.Duration
    message: str
    correlation_id: str
    def __init__(self, segment_id: _Optional[int] = ..., reason: _Optional[_Union[RejectReason, str]] = ..., retry_after: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., message: _Optional[str] = ..., correlation_id: _Optional[str] = ...) -> None: ...

class GoAway(_message.Message):
    __slots__ = ("reconnect_in", "reason")
    RECONNECT_IN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    reconnect_in: _duration_pb2.Duration
    reason: str
    def __init__(self, reconnect_in: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., reason: _Optional[str] = ...) -> None: ...

class Notice(_message.Message):
    __slots__ = ("level", "code", "message")
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    level: NoticeLevel
    code: str
    message: str
    def __init__(self, level: _Optional[_Union[NoticeLevel, str]] = ..., code: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class RecognizeRequest(_message.Message):
    __slots__ = ("config", "audio", "deadline")
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_FIELD_NUMBER: _ClassVar[int]
    config: StreamingConfig
    audio: bytes
    deadline: _duration_pb2.Duration
    def __init__(self, config: _Optional[_Union[StreamingConfig, _Mapping]] = ..., audio: _Optional[bytes] = ..., deadline: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class RecognizeResponse(_message.Message):
    __slots__ = ("result", "search_results")
    RESULT_FIELD_NUMBER: _ClassVar[int]
    SEARCH_RESULTS_FIELD_NUMBER: _ClassVar[int]
    result: Result
    search_results: SearchResults
    def __init__(self, result: _Optional[_Union[Result, _Mapping]] = ..., search_results: _Optional[_Union[SearchResults, _Mapping]] = ...) -> None: ...

class SearchRequest(_message.Message):
    __slots__ = ("query", "alternatives", "catalogue", "max_hits")
    QUERY_FIELD_NUMBER: _ClassVar[int]
    ALTERNATIVES_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    MAX_HITS_FIELD_NUMBER: _ClassVar[int]
    query: str
    alternatives: _containers.RepeatedCompositeFieldContainer[Alternative]
    catalogue: str
    max_hits: int
    def __init__(self, query: _Optional[str] = ..., alternatives: _Optional[_Iterable[_Union[Alternative, _Mapping]]] = ..., catalogue: _Optional[str] = ..., max_hits: _Optional[int] = ...) -> None: ...

class SearchResponse(_message.Message):
    __slots__ = ("search_results",)
    SEARCH_RESULTS_FIELD_NUMBER: _ClassVar[int]
    search_results: SearchResults
    def __init__(self, search_results: _Optional[_Union[SearchResults, _Mapping]] = ...) -> None: ...

class SubmitFeedbackRequest(_message.Message):
    __slots__ = ("session_id", "segment_id", "clicked", "corrected", "gave_up", "asked_again", "data_use")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    CLICKED_FIELD_NUMBER: _ClassVar[int]
    CORRECTED_FIELD_NUMBER: _ClassVar[int]
    GAVE_UP_FIELD_NUMBER: _ClassVar[int]
    ASKED_AGAIN_FIELD_NUMBER: _ClassVar[int]
    DATA_USE_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    segment_id: int
    clicked: ClickedHit
    corrected: CorrectedText
    gave_up: GaveUp
    asked_again: AskedAgain
    data_use: DataUse
    def __init__(self, session_id: _Optional[str] = ..., segment_id: _Optional[int] = ..., clicked: _Optional[_Union[ClickedHit, _Mapping]] = ..., corrected: _Optional[_Union[CorrectedText, _Mapping]] = ..., gave_up: _Optional[_Union[GaveUp, _Mapping]] = ..., asked_again: _Optional[_Union[AskedAgain, _Mapping]] = ..., data_use: _Optional[_Union[DataUse, _Mapping]] = ...) -> None: ...

class ClickedHit(_message.Message):
    __slots__ = ("hit_id", "position")
    HIT_ID_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    hit_id: str
    position: int
    def __init__(self, hit_id: _Optional[str] = ..., position: _Optional[int] = ...) -> None: ...

class CorrectedText(_message.Message):
    __slots__ = ("transcript",)
    TRANSCRIPT_FIELD_NUMBER: _ClassVar[int]
    transcript: str
    def __init__(self, transcript: _Optional[str] = ...) -> None: ...

class GaveUp(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class AskedAgain(_message.Message):
    __slots__ = ("next_segment_id",)
    NEXT_SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    next_segment_id: int
    def __init__(self, next_segment_id: _Optional[int] = ...) -> None: ...

class SubmitFeedbackResponse(_message.Message):
    __slots__ = ("kept",)
    KEPT_FIELD_NUMBER: _ClassVar[int]
    kept: bool
    def __init__(self, kept: _Optional[bool] = ...) -> None: ...

class GetServerInfoRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CatalogueInfo(_message.Message):
    __slots__ = ("name", "version", "documents", "is_default")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
    IS_DEFAULT_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    documents: int
    is_default: bool
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., documents: _Optional[int] = ..., is_default: _Optional[bool] = ...) -> None: ...

class GetServerInfoResponse(_message.Message):
    __slots__ = ("server_version", "models", "catalogues", "limits", "ready", "draining", "workers")
    SERVER_VERSION_FIELD_NUMBER: _ClassVar[int]
    MODELS_FIELD_NUMBER: _ClassVar[int]
    CATALOGUES_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    DRAINING_FIELD_NUMBER: _ClassVar[int]
    WORKERS_FIELD_NUMBER: _ClassVar[int]
    server_version: str
    models: _containers.RepeatedCompositeFieldContainer[ModelInfo]
    catalogues: _containers.RepeatedCompositeFieldContainer[CatalogueInfo]
    limits: Limits
    ready: bool
    draining: bool
    workers: int
    def __init__(self, server_version: _Optional[str] = ..., models: _Optional[_Iterable[_Union[ModelInfo, _Mapping]]] = ..., catalogues: _Optional[_Iterable[_Union[CatalogueInfo, _Mapping]]] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., ready: _Optional[bool] = ..., draining: _Optional[bool] = ..., workers: _Optional[int] = ...) -> None: ...

class ModelInfo(_message.Message):
    __slots__ = ("model_id", "version", "language_code", "quantization", "sha256", "stage", "traffic_share")
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_CODE_FIELD_NUMBER: _ClassVar[int]
    QUANTIZATION_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    TRAFFIC_SHARE_FIELD_NUMBER: _ClassVar[int]
    model_id: str
    version: str
    language_code: str
    quantization: str
    sha256: str
    stage: RolloutStage
    traffic_share: float
    def __init__(self, model_id: _Optional[str] = ..., version: _Optional[str] = ..., language_code: _Optional[str] = ..., quantization: _Optional[str] = ..., sha256: _Optional[str] = ..., stage: _Optional[_Union[RolloutStage, str]] = ..., traffic_share: _Optional[float] = ...) -> None: ...

class ListModelsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListModelsResponse(_message.Message):
    __slots__ = ("models",)
    MODELS_FIELD_NUMBER: _ClassVar[int]
    models: _containers.RepeatedCompositeFieldContainer[ModelInfo]
    def __init__(self, models: _Optional[_Iterable[_Union[ModelInfo, _Mapping]]] = ...) -> None: ...

class LoadModelRequest(_message.Message):
    __slots__ = ("model_id", "manifest_sha256")
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_SHA256_FIELD_NUMBER: _ClassVar[int]
    model_id: str
    manifest_sha256: str
    def __init__(self, model_id: _Optional[str] = ..., manifest_sha256: _Optional[str] = ...) -> None: ...

class LoadModelResponse(_message.Message):
    __slots__ = ("model",)
    MODEL_FIELD_NUMBER: _ClassVar[int]
    model: ModelInfo
    def __init__(self, model: _Optional[_Union[ModelInfo, _Mapping]] = ...) -> None: ...

class SetRolloutRequest(_message.Message):
    __slots__ = ("model_id", "stage", "traffic_share")
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    TRAFFIC_SHARE_FIELD_NUMBER: _ClassVar[int]
    model_id: str
    stage: RolloutStage
    traffic_share: float
    def __init__(self, model_id: _Optional[str] = ..., stage: _Optional[_Union[RolloutStage, str]] = ..., traffic_share: _Optional[float] = ...) -> None: ...

class SetRolloutResponse(_message.Message):
    __slots__ = ("models",)
    MODELS_FIELD_NUMBER: _ClassVar[int]
    models: _containers.RepeatedCompositeFieldContainer[ModelInfo]
    def __init__(self, models: _Optional[_Iterable[_Union[ModelInfo, _Mapping]]] = ...) -> None: ...

class RollBackRequest(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class RollBackResponse(_message.Message):
    __slots__ = ("models",)
    MODELS_FIELD_NUMBER: _ClassVar[int]
    models: _containers.RepeatedCompositeFieldContainer[ModelInfo]
    def __init__(self, models: _Optional[_Iterable[_Union[ModelInfo, _Mapping]]] = ...) -> None: ...
