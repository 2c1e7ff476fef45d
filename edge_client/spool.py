"""Speech on disk until it is answered: a file for each segment, bounded in bytes, the oldest out first.

An append is one write(2) into the page cache: it waits for no disk, and what it wrote outlives `kill -9`. `sync` is fsync of an ended segment, for a
thread beside the stream: a power cut costs the open segment and those not yet synced, a crash costs nothing.
"""

from __future__ import annotations

import fcntl
import os
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.message import DecodeError

from edge_client.outbox import SegmentRequest
from edge_client.seal import NoSeal, Seal
from edge_client.spool_records import pack, unpack
from protos import codec
from protos import speech_search_pb2 as pb
from protos.errors import ConfigurationError, ProtocolError
from protos.messages import Request

SUFFIX = ".segment"


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Runs of the edge process count up; segments count within a run. Sorts oldest first."""

    run: int
    segment_id: int

    @property
    def name(self) -> str:
        return f"{self.run:08d}-{self.segment_id:012d}{SUFFIX}"


class Spool:
    """`append` before sending, `delete` on the answer; `left_over` names what earlier runs did not get answered."""

    def __init__(self, folder: Path, max_bytes: int, seal: Seal | None = None) -> None:
        """Raises: ConfigurationError: the folder cannot be used, or another process uses it."""
        self._folder, self._max_bytes, self._seal = folder, max_bytes, seal or NoSeal()
        self._lock = _lock(folder)
        self._sizes: OrderedDict[Key, int] = OrderedDict((key, (folder / key.name).stat().st_size) for key in sorted(_keys(folder)))
        self._total_bytes = sum(self._sizes.values())
        self.left_over = tuple(self._sizes)
        self._run = max((key.run for key in self._sizes), default=0) + 1
        self._writing: tuple[Key, int] | None = None
        """The open segment and its descriptor: segments follow one another."""
        self._dropped: Key | None = None
        self.not_kept = 0
        """Segments of this run that the disk refused, whole or in part: they are in memory alone."""
        self.refusal = ""
        """The disk's last word on it."""

    @property
    def total_bytes(self) -> int:
        return self._total_bytes

    @property
    def segments(self) -> int:
        return len(self._sizes)

    def key(self, segment_id: int) -> Key:
        """Of a segment of this run."""
        return Key(self._run, segment_id)

    def append(self, request: SegmentRequest) -> list[Key]:
        """Keep one message; a SegmentStart begins a segment. Returns: the segments dropped for want of room, each once, perhaps this one.

        A disk that refuses the write keeps nothing of this segment, for half of one is of no use; it is counted, and not lost while memory holds it.
        """
        key = self.key(request.segment_id)
        if key == self._dropped:
            return []
        record = pack(self._seal.close(codec.encode_request(request).SerializeToString(), key.name.encode()))
        dropped = self._make_room(len(record))
        if key in dropped:
            return dropped
        if len(record) > self._max_bytes:
            self._dropped = key
            return [*dropped, key]
        try:
            self._write(key, record)
        except OSError as error:
            self._drop(key)
            self._dropped = key
            self.not_kept += 1
            self.refusal = error.strerror or str(error)
        return dropped

    def read(self, key: Key) -> list[Request]:
        """Its whole records in order; empty if its first is torn, or sealed with another key."""
        try:
            data = (self._folder / key.name).read_bytes()
        except FileNotFoundError:
            return []
        requests: list[Request] = []
        for sealed in unpack(data):
            body = self._seal.open(sealed, key.name.encode())
            if body is None:
                break
            try:
                requests.append(codec.decode_request(pb.StreamingRecognizeRequest.FromString(body)))
            except (DecodeError, ProtocolError):
                break  # written by a newer version of this program
        return requests

    def sync(self, key: Key) -> None:
        """To the platter. Blocks, for milliseconds or for seconds: call it in a thread. A segment answered meanwhile needs it no more."""
        try:
            descriptor = os.open(self._folder / key.name, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        try:
            os.fsync(descriptor)
            os.fsync(self._lock)
        finally:
            os.close(descriptor)

    def delete(self, key: Key) -> None:
        """It has its answer. Deleting twice changes nothing."""
        size = self._sizes.pop(key, None)
        if size is None:
            return
        self._total_bytes -= size
        if self._writing is not None and self._writing[0] == key:
            self._finish_writing()
        with suppress(OSError):  # gone, or the disk turned read-only: then it is sent again by the next run, and the server knows it
            (self._folder / key.name).unlink()

    def close(self) -> None:
        """Everything unanswered stays for the next run."""
        self._finish_writing()
        os.close(self._lock)

    def _make_room(self, size: int) -> list[Key]:
        dropped = []
        while self._sizes and self._total_bytes + size > self._max_bytes:
            oldest = next(iter(self._sizes))
            self._drop(oldest)
            dropped.append(oldest)
        return dropped

    def _drop(self, key: Key) -> None:
        if self._writing is not None and self._writing[0] == key:
            self._dropped = key
        self.delete(key)

    def _write(self, key: Key, record: bytes) -> None:
        if self._writing is None or self._writing[0] != key:
            self._finish_writing()
            self._sizes[key] = 0
            self._writing = key, -1
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
            self._writing = key, os.open(self._folder / key.name, flags, 0o600)
        written = os.write(self._writing[1], record)
        self._sizes[key] += written
        self._total_bytes += written
        if written < len(record):
            raise OSError(f"{written} of {len(record)} bytes were written")

    def _finish_writing(self) -> None:
        if self._writing is not None and self._writing[1] >= 0:
            os.close(self._writing[1])
        self._writing = None


def _lock(folder: Path) -> int:
    """A descriptor of the folder, which no other process holds; the kernel lets go of it when this one dies."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise ConfigurationError(f"{folder} cannot hold the spool: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise ConfigurationError(f"{folder} is the spool of another process that still runs; give each its own folder") from error
    return descriptor


def _keys(folder: Path) -> list[Key]:
    stems = [path.stem.split("-") for path in folder.glob(f"*-*{SUFFIX}")]
    return [Key(int(run), int(segment_id)) for run, segment_id in stems if run.isdigit() and segment_id.isdigit()]
