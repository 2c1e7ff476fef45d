"""One sentence for everybody who is turned away, whatever was wrong: what was wrong is counted, not told."""

from __future__ import annotations

from protos.errors import Unauthenticated

REASONS = ("missing", "malformed", "signature", "audience", "expired", "unknown_key", "other_tenant")


class Refused(Unauthenticated):
    """No right to be here. `why` is one of REASONS, for the operator."""

    def __init__(self, why: str) -> None:
        super().__init__("this server needs a valid token: none was sent, or it has expired, or it is not for this server")
        self.why = why

    def __reduce__(self) -> tuple[type[Refused], tuple[str]]:  # type: ignore[override]
        return type(self), (self.why,)
