"""What people did with their answers: checked always, and kept under their consent with what was heard and found, for labels and search's weights.

Kept in a folder of until-YYYY-MM-DD.jsonl, named by the day on which it is deleted: what was promised to be kept so long is never kept longer, and
nobody has to look into a file to keep that promise.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from cloud_server.daemon_threads import DaemonThreads
from cloud_server.search.backend import SearchBackend
from cloud_server.search.candidates import Candidate
from cloud_server.search.heard import Heard
from cloud_server.search.weights import as_mapping
from protos import speech_search_pb2 as pb
from protos.errors import ConfigurationError, InvalidRequest
from protos.messages import SearchHit

MAX_TEXT_LENGTH = 500
MAX_DAYS = 30
"""What is kept for whoever sets no limit, and the most for whoever does."""
MAX_BYTES = 100_000_000
MAX_SEGMENTS = 2_000
"""In memory, waiting for feedback: about 4 kB each."""
MAX_CANDIDATES = 25
WRITE_S = 2.0
"""Of a person's wait for a disk."""
_NAME = re.compile(r"until-(\d{4}-\d{2}-\d{2})\.jsonl")


@dataclass(frozen=True, slots=True)
class Feedback:
    session_id: str
    segment_id: int
    kind: str
    """clicked, corrected, gave_up or asked_again."""
    details: dict[str, str | int] = field(default_factory=dict)
    """The fields of that kind, by the contract's names."""


def checked(request: pb.SubmitFeedbackRequest) -> Feedback:
    """Raises: InvalidRequest: it is none of the kinds, or makes no sense."""
    kind = request.WhichOneof("feedback")
    if kind is None:
        raise InvalidRequest("feedback must set one of clicked, corrected, gave_up, asked_again")
    if not 0 < len(request.session_id) <= MAX_TEXT_LENGTH or request.segment_id < 1:
        raise InvalidRequest(f"session_id {request.session_id[:40]!r} must be a session's and segment_id {request.segment_id} at least 1")
    if kind == "clicked" and not (0 < len(request.clicked.hit_id) <= MAX_TEXT_LENGTH and request.clicked.position >= 0):
        raise InvalidRequest(
            f"clicked names hit {request.clicked.hit_id[:40]!r} at {request.clicked.position}; a hit has an id and a position from 0"
        )
    if kind == "corrected" and not 0 < len(request.corrected.transcript) <= MAX_TEXT_LENGTH:
        raise InvalidRequest(f"corrected has {len(request.corrected.transcript)} characters, must have 1..{MAX_TEXT_LENGTH}")
    if kind == "asked_again" and request.asked_again.next_segment_id <= request.segment_id:
        raise InvalidRequest(f"asked_again names segment {request.asked_again.next_segment_id}, which is not after {request.segment_id}")
    given = getattr(request, kind)
    return Feedback(request.session_id, request.segment_id, kind, {name.name: getattr(given, name.name) for name in given.DESCRIPTOR.fields})


def evidence(heard: Heard, engine: SearchBackend, candidates: Sequence[Candidate], fits: Sequence[float] | None, hits: Sequence[SearchHit]) -> str:
    """JSON of what was heard, and of each hit and the next best candidates: every way of matching with its weighted score, and how the audio fits."""
    shown = {hit.id: place for place, hit in enumerate(hits)}
    names = [candidate.document.id for candidate in candidates]
    best_first = sorted(range(len(names)), key=lambda at: shown.get(names[at], len(shown)))[:MAX_CANDIDATES]
    rows = [
        {
            "id": names[at],
            "shown": shown.get(names[at]),
            "ways": {way: round(score, 4) for way, score in candidates[at].ways.items()},
            "fit": None if fits is None else round(fits[at], 4),
            "worded": candidates[at].worded,
        }
        for at in best_first
    ]
    said = [{"transcript": one.transcript, "confidence": round(one.confidence, 4), "log_prob": round(one.log_prob, 4)} for one in heard.alternatives]
    about = {"catalogue": engine.name, "catalogue_version": engine.version, "weights": as_mapping(engine.weights)}
    return json.dumps({**about, "alternatives": said, "candidates": rows}, ensure_ascii=False)


class FeedbackLog:
    """directory: None keeps nothing. Its files are one thread's, whoever calls `kept` and `forget`."""

    def __init__(self, directory: Path | None, max_bytes: int = MAX_BYTES) -> None:
        """Raises: ConfigurationError: the folder cannot be made."""
        self._directory, self._max_bytes = directory, max_bytes
        self._seen: OrderedDict[tuple[str, int], tuple[str, str]] = OrderedDict()
        self._thread = DaemonThreads(1, "feedback")
        if directory is not None:
            try:
                directory.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise ConfigurationError(f"{directory}: feedback cannot be kept there: {error.strerror}") from error

    @property
    def keeps(self) -> bool:
        return self._directory is not None

    def remember(self, session_id: str, segment_id: int, subject_id: str, seen: str) -> None:
        """What `evidence` says of a segment whose session agrees to its being kept; in memory, until feedback comes or others push it out."""
        self._seen[session_id, segment_id] = subject_id, seen
        while len(self._seen) > MAX_SEGMENTS:
            self._seen.popitem(last=False)

    async def kept(self, feedback: Feedback, use: pb.DataUse, now: datetime) -> bool:
        """As `keep`, by a thread that nobody waits for at the end.

        Raises: OSError; TimeoutError: the disk stalls. What it holds just then may be written once it goes on; what waits behind is dropped.
        """
        if self._last_day(use, now) is None:
            return False
        async with asyncio.timeout(WRITE_S):
            return await asyncio.get_running_loop().run_in_executor(self._thread, self.keep, feedback, use, now)

    async def forget(self, today: date) -> None:
        """As `delete_expired`, by the same thread. Raises: OSError."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self.delete_expired, today)

    def close(self) -> None:
        """Waits for nothing."""
        self._thread.shutdown()

    def keep(self, feedback: Feedback, use: pb.DataUse, now: datetime) -> bool:
        """Whether it was appended. Not without consent, nor where a day would already be too long. Raises: OSError: it could not be written."""
        last = self._last_day(use, now)
        if self._directory is None or last is None:
            return False
        subject_id, seen = self._seen.get((feedback.session_id, feedback.segment_id), ("", "null"))
        about = {"time": now.isoformat(timespec="seconds"), "subject_id": subject_id, "policy_version": use.policy_version}
        line = json.dumps({**asdict(feedback), **about, "seen": json.loads(seen)}, ensure_ascii=False).encode() + b"\n"
        self.delete_expired(now.date(), len(line))
        descriptor = os.open(self._directory / f"until-{last.isoformat()}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)
        return True

    def delete_expired(self, today: date, room_bytes: int = 0) -> None:
        """Files whose day has come, and beyond max_bytes those whose day comes next."""
        paths = self._files()
        sizes = [path.stat().st_size for path in paths]
        for path, size in zip(paths, list(sizes), strict=True):
            if last_day(path) > today and sum(sizes) + room_bytes <= self._max_bytes:
                return
            path.unlink()
            sizes.remove(size)

    def _last_day(self, use: pb.DataUse, now: datetime) -> date | None:
        """Until when it may be kept; None: not at all."""
        return deletion_day(use, now) if self._directory is not None and use.allow_retention else None

    def _files(self) -> list[Path]:
        """The one to go first, first."""
        return sorted(path for path in self._directory.iterdir() if _NAME.fullmatch(path.name)) if self._directory else []


def deletion_day(use: pb.DataUse, now: datetime) -> date | None:
    """The day that begins when the promised time is over or sooner; None: that is today."""
    most_s = timedelta(days=MAX_DAYS).total_seconds()
    # In seconds, as they came: a Duration may have more than a timedelta holds, of either sign.
    promised_s = min(use.retention.seconds + use.retention.nanos / 1e9, most_s) if use.HasField("retention") else most_s
    day = (now + timedelta(seconds=max(0.0, promised_s))).date()
    return day if day > now.date() else None


def last_day(path: Path) -> date:
    match = _NAME.fullmatch(path.name)
    return date.fromisoformat(match.group(1)) if match else date.max
