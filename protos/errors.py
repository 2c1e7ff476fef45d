"""Everything that can go wrong with a segment or a session, one class for each reason. Standard library and protos.messages only.

    SpeechError
    +-- ClientFault              their fault: sending the same thing again cannot help
    |   +-- InvalidRequest       INVALID_REQUEST     a field breaks a rule
    |   +-- InvalidAudio         INVALID_AUDIO       odd byte count, wrong rate, non-finite
    |   +-- TooLong              TOO_LONG            a segment, message or stream over its limit
    |   +-- ProtocolError        PROTOCOL            out of order, unknown segment, missing chunk
    |   +-- ChecksumMismatch     CHECKSUM
    |   +-- Starved              STARVED             audio of an open segment stopped coming
    |   +-- NotFound             NOT_FOUND           no such catalogue or model
    |   +-- Unauthenticated      UNAUTHENTICATED     no valid token; made at the edge: TLS finds that one side cannot trust the other
    |   +-- PermissionDenied     PERMISSION
    |   +-- QuotaExceeded        QUOTA
    |   +-- TooFast              RATE
    |   +-- Cancelled            CANCELLED           the client took it back
    |   +-- TakenOver            TAKEN_OVER          a newer connection owns the session
    +-- ServerFault              our fault, or the network's: again may help
        +-- Overloaded           OVERLOADED
        +-- DeadlineExceeded     DEADLINE
        +-- Draining             DRAINING
        +-- Unreachable          UNAVAILABLE         made at the edge
        +-- SpoolFull            SPOOL_FULL          made at the edge
        +-- InternalError        INTERNAL            a bug, or a worker that died twice
            +-- NotFinite        INTERNAL            the model's output was no number

Outside the tree, because no segment is concerned: ConfigurationError (a person must change something; the command line shows it and exits 2) and its
children BundleError (a model bundle that may not be loaded) and CatalogueError.
"""

from __future__ import annotations

from typing import ClassVar

from protos.messages import RejectReason


class SpeechError(Exception):
    """Args: message: names the value and the rule it broke, fit to be shown to the client. retry_after_s: None means do not retry."""

    reason: ClassVar[RejectReason] = RejectReason.INTERNAL

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after_s = retry_after_s

    def __reduce__(self) -> tuple[type[SpeechError], tuple[str, float | None]]:
        return type(self), (self.message, self.retry_after_s)  # crosses a process boundary whole


class ClientFault(SpeechError):
    reason = RejectReason.INVALID_REQUEST


class InvalidRequest(ClientFault):
    reason = RejectReason.INVALID_REQUEST


class InvalidAudio(ClientFault):
    reason = RejectReason.INVALID_AUDIO


class TooLong(ClientFault):
    reason = RejectReason.TOO_LONG


class ProtocolError(ClientFault):
    reason = RejectReason.PROTOCOL


class ChecksumMismatch(ClientFault):
    reason = RejectReason.CHECKSUM


class Starved(ClientFault):
    reason = RejectReason.STARVED


class NotFound(ClientFault):
    reason = RejectReason.NOT_FOUND


class Unauthenticated(ClientFault):
    reason = RejectReason.UNAUTHENTICATED


class PermissionDenied(ClientFault):
    reason = RejectReason.PERMISSION


class QuotaExceeded(ClientFault):
    reason = RejectReason.QUOTA


class TooFast(ClientFault):
    reason = RejectReason.RATE


class Cancelled(ClientFault):
    reason = RejectReason.CANCELLED


class TakenOver(ClientFault):
    reason = RejectReason.TAKEN_OVER


class ServerFault(SpeechError):
    reason = RejectReason.INTERNAL


class Overloaded(ServerFault):
    reason = RejectReason.OVERLOADED


class DeadlineExceeded(ServerFault):
    reason = RejectReason.DEADLINE


class Draining(ServerFault):
    reason = RejectReason.DRAINING


class Unreachable(ServerFault):
    reason = RejectReason.UNAVAILABLE


class SpoolFull(ServerFault):
    reason = RejectReason.SPOOL_FULL


class InternalError(ServerFault):
    reason = RejectReason.INTERNAL


class NotFinite(InternalError):
    """Counted apart: a segment that does this to a model is worth a look, and a model to which many do is broken."""


class ConfigurationError(Exception):
    """Something a person must change before the program can run: a flag, a file, a device. Shown as one sentence, exit code 2."""


class BundleError(ConfigurationError):
    """A model bundle that may not be loaded. The message begins with the path of the offending file."""


class CatalogueError(ConfigurationError):
    """A catalogue or index that may not be used. The message names the file, and the line where there is one."""


class CatalogueUnreachable(CatalogueError):
    """An index elsewhere that may be there and cannot be reached now."""
