"""The right to a session that lasts: checked again while it runs, renewed from inside it, and asked what it allows before a message passes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from cloud_server.security.gate import Gate, OpenGate
from cloud_server.security.methods import check_scope
from cloud_server.security.principal import Principal, Scope
from cloud_server.security.refusal import Refused
from protos import messages as m
from protos.errors import Unauthenticated

# A key that was taken back, or a token that has expired, ends its sessions within this time.
RECHECK_S = 5.0


class SessionPass:
    """One for each stream: iterate `guarded` for its requests; `watch` returns when the right has ended."""

    def __init__(self, gate: Gate | OpenGate, principal: Principal, credential: str, recheck_s: float = RECHECK_S) -> None:
        self._gate = gate
        self._principal = principal
        self._credential = credential
        self._recheck_s = recheck_s
        self.over: Unauthenticated | None = None
        """Why the session has to end, once it has to."""

    @property
    def tenant(self) -> str:
        return self._principal.tenant

    async def guarded(self, requests: AsyncIterator[m.Request]) -> AsyncIterator[m.Request]:
        """The same requests, less their tokens. Raises: Refused, PermissionDenied."""
        async for request in requests:
            yield self._passed(request)

    async def watch(self) -> Unauthenticated:
        """Never returns where no token is asked for, or while it is renewed in time."""
        while True:
            await asyncio.sleep(self._recheck_s)
            try:
                self._gate.verify(self._credential)
            except Refused:
                self.over = Unauthenticated("the token of this session has expired or was taken back; connect again with a new one")
                return self.over

    def _passed(self, request: m.Request) -> m.Request:
        if not isinstance(request, m.StreamingConfig | m.SessionUpdate):
            return request
        if isinstance(request, m.SessionUpdate) and request.access_token is not None:
            self._renew(request.access_token)
            request = replace(request, access_token=None)
        if request.data_use is not None and request.data_use.allow_retention:
            check_scope(Scope.CAPTURE, self._principal)
        return request

    def _renew(self, credential: str) -> None:
        renewed = self._gate.verify(credential)
        if renewed.tenant != self._principal.tenant:
            raise Refused("other_tenant")
        check_scope(Scope.STREAM, renewed)
        self._principal, self._credential = renewed, credential
