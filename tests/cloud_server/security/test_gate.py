"""From metadata to a person: one header, one scheme, files that change."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from cloud_server.security.api_keys import new_key
from cloud_server.security.gate import Gate, OpenGate
from cloud_server.security.principal import LOCAL, Scope
from cloud_server.security.refusal import Refused
from protos.errors import ConfigurationError, PermissionDenied
from tests.cloud_server.security.conftest import Keys, bearer

SEARCH = "/harken.v1.SpeechSearch/Search"
HEALTH = "/grpc.health.v1.Health/Check"
INFO = "/harken.v1.SpeechSearch/GetServerInfo"


def gate_of(keys: Keys, clock: Callable[[], float] = time.time) -> Gate:
    return Gate(keys.token_key, keys.api_keys, clock)


def test_an_open_gate_asks_nobody() -> None:
    gate = OpenGate()
    gate.enter(SEARCH, ())
    assert gate.identify(())[0] is LOCAL


def test_a_token_or_a_key_says_who_it_is(keys: Keys) -> None:
    key = new_key(keys.api_keys, "kiosk", frozenset({Scope.SEARCH}))
    gate = gate_of(keys)
    assert gate.identify(bearer(keys.token()))[0].tenant == "kitchen"
    assert gate.identify(bearer(key))[0].tenant == "kiosk"
    assert gate.identify((("authorization", f"bearer {key}"),))[0].tenant == "kiosk"


@pytest.mark.parametrize(
    ("metadata", "why"),
    [
        ((), "missing"),
        ((("authorization", ""),), "malformed"),
        ((("authorization", "Basic eA=="),), "malformed"),
        ((("authorization", b"Bearer x"),), "malformed"),
        ((("authorization", "Bearer a"), ("authorization", "Bearer b")), "malformed"),
        ((("authorization", "Bearer nonsense"),), "malformed"),
        ((("authorization", "Bearer hk_nonsense"),), "unknown_key"),
        ((("x-token", "Bearer a"),), "missing"),
    ],
)
def test_what_is_no_credential_is_refused(keys: Keys, metadata: tuple[tuple[str, str | bytes], ...], why: str) -> None:
    with pytest.raises(Refused) as refusal:
        gate_of(keys).identify(metadata)
    assert refusal.value.why == why


def test_the_right_comes_after_the_name_and_health_before_both(keys: Keys) -> None:
    gate = gate_of(keys)
    gate.enter(HEALTH, ())
    gate.enter(INFO, bearer(keys.token(Scope.FEEDBACK)))
    gate.enter(SEARCH, bearer(keys.token(Scope.SEARCH)))
    with pytest.raises(PermissionDenied):
        gate.enter(SEARCH, bearer(keys.token(Scope.STREAM)))
    with pytest.raises(Refused):
        gate.enter(INFO, ())


def test_time_is_the_gates_own(keys: Keys) -> None:
    token, now_s = keys.token(lifetime_s=600), time.time()
    gate_of(keys, lambda: now_s + 600).verify(token)
    with pytest.raises(Refused, match="expired"):
        gate_of(keys, lambda: now_s + 700).verify(token)


def test_a_key_taken_back_is_refused_without_a_restart(keys: Keys) -> None:
    key = new_key(keys.api_keys, "kiosk", frozenset({Scope.SEARCH}))
    gate = gate_of(keys)
    gate.verify(key)
    keys.api_keys.write_text("")
    with pytest.raises(Refused):
        gate.verify(key)
    later = new_key(keys.api_keys, "later", frozenset({Scope.SEARCH}))
    assert gate.verify(later).tenant == "later"


def test_a_gate_nobody_can_pass_is_not_built(keys: Keys) -> None:
    keys.token_key.unlink()
    with pytest.raises(ConfigurationError, match="harken-server token new"):
        gate_of(keys)
