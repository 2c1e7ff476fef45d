"""Which right each method needs. A method that is not here needs one nobody has: whoever adds one decides. Pure."""

from __future__ import annotations

from cloud_server.security.principal import Principal, Scope
from protos.errors import PermissionDenied

SPEECH = "/harken.v1.SpeechSearch/"
ADMIN = "/harken.v1.ModelAdmin/"
SCOPES: dict[str, Scope] = {
    SPEECH + "StreamingRecognize": Scope.STREAM,
    SPEECH + "Recognize": Scope.STREAM,
    SPEECH + "Search": Scope.SEARCH,
    SPEECH + "SubmitFeedback": Scope.FEEDBACK,
    ADMIN + "ListModels": Scope.ADMIN,
    ADMIN + "LoadModel": Scope.ADMIN,
    ADMIN + "SetRollout": Scope.ADMIN,
    ADMIN + "RollBack": Scope.ADMIN,
}
ANY_TOKEN = frozenset({SPEECH + "GetServerInfo"})
"""What a client must know before it can use any right."""
OPEN = frozenset({"/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch", "/grpc.health.v1.Health/List"})
"""Load balancers have no tokens; the answer is SERVING or not. Reflection is not served at all."""


def check(method: str, principal: Principal) -> None:
    """Raises: PermissionDenied: the token is good, but not for this."""
    scope = SCOPES.get(method)
    if scope is None and method not in ANY_TOKEN:
        raise PermissionDenied("no token opens this method")
    if scope is not None:
        check_scope(scope, principal)


def check_scope(scope: Scope, principal: Principal) -> None:
    """Raises: PermissionDenied: names the scope that is missing."""
    if scope not in principal.scopes:
        raise PermissionDenied(f"this needs a token with the scope {scope.value}")
