"""Only our signature, our service, our time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from cloud_server.security.principal import Scope
from cloud_server.security.refusal import REASONS, Refused
from cloud_server.security.tokens import MAX_LIFETIME_S, SKEW_S, load_signing_key, mint, signing_key, verify
from protos.errors import ConfigurationError

KEY = Ed25519PrivateKey.generate()
PUBLIC = KEY.public_key()
NOW_S = 1_800_000_000.0
GOOD: dict[str, Any] = {"sub": "t", "aud": "harken", "iat": int(NOW_S), "exp": int(NOW_S) + 600, "jti": "x", "scope": "search"}


def signed(key: Any = KEY, algorithm: str = "EdDSA", **changes: Any) -> str:
    claims = {name: value for name, value in (GOOD | changes).items() if value is not ...}
    return jwt.encode(claims, key, algorithm=algorithm)


def why(token: str, now_s: float = NOW_S) -> str:
    with pytest.raises(Refused) as refusal:
        verify(token, PUBLIC, now_s)
    assert refusal.value.why in REASONS
    return refusal.value.why


def test_what_was_minted_verifies_until_it_ends_and_a_minute_more() -> None:
    token = mint(KEY, "kitchen", frozenset({Scope.STREAM, Scope.SEARCH}), 600, NOW_S)
    principal = verify(token, PUBLIC, NOW_S)
    assert (principal.tenant, principal.scopes) == ("kitchen", {Scope.STREAM, Scope.SEARCH})
    assert principal.expires_s == NOW_S + 600 + SKEW_S
    verify(token, PUBLIC, NOW_S + 600 + SKEW_S - 1)
    assert why(token, NOW_S + 600 + SKEW_S) == "expired"
    verify(token, PUBLIC, NOW_S - SKEW_S)
    assert why(token, NOW_S - SKEW_S - 1) == "expired", "not issued yet"


def test_every_token_has_a_name_of_its_own() -> None:
    tokens = [mint(KEY, "t", frozenset({Scope.SEARCH}), 60, NOW_S) for _ in range(100)]
    assert len({jwt.decode(token, options={"verify_signature": False})["jti"] for token in tokens}) == 100


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (signed(Ed25519PrivateKey.generate()), "signature"),
        (signed(aud="other"), "audience"),
        (signed(aud=...), "malformed"),
        (signed(exp=...), "malformed"),
        (signed(jti=...), "malformed"),
        (signed(jti=""), "malformed"),
        (signed(iat=...), "malformed"),
        (signed(sub=...), "malformed"),
        (signed(sub=""), "malformed"),
        (signed(scope="root"), "malformed"),
        (signed(scope=["search"]), "malformed"),
        (signed(exp="soon"), "malformed"),
        (signed(exp=True), "malformed"),
        (signed(exp=int(NOW_S + MAX_LIFETIME_S) + 1), "malformed"),
        (signed(exp=int(NOW_S) - 60, iat=int(NOW_S) - 600), "expired"),
        ("", "malformed"),
        ("a.b.c", "malformed"),
        ("ä" * 50, "malformed"),
        (jwt.encode(GOOD, None, algorithm="none"), "malformed"),
        (jwt.encode(GOOD, "x" * 32, algorithm="HS256"), "malformed"),
        (signed(ec.generate_private_key(ec.SECP256R1()), "ES256"), "malformed"),
    ],
)
def test_a_bad_token_is_refused_for_its_reason(token: str, reason: str) -> None:
    assert why(token) == reason


def test_the_public_key_is_no_shared_secret() -> None:
    """The classic forgery: sign with HMAC and what everybody knows."""
    public_pem = PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header, body = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in ({"alg": "HS256", "typ": "JWT"}, GOOD))
    signature = base64.urlsafe_b64encode(hmac.new(public_pem, header + b"." + body, hashlib.sha256).digest()).rstrip(b"=")
    assert why(b".".join([header, body, signature]).decode()) == "malformed"


def test_everybody_who_is_refused_hears_the_same() -> None:
    assert len({str(Refused(reason)) for reason in REASONS}) == 1


@given(st.integers(0, 400), st.integers(1, 255))
def test_a_token_with_one_changed_byte_is_refused(position: int, flip: int) -> None:
    token = bytearray(signed().encode())
    position %= len(token)
    changed = token[position] ^ flip
    token[position] = changed
    try:
        principal = verify(token.decode("latin-1"), PUBLIC, NOW_S)
    except Refused:
        return
    # The last character of base64 carries bits that mean nothing; what is read is then what was signed.
    assert principal.tenant == "t"
    assert position == len(token) - 1


@given(st.text(max_size=300))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    assert why(text) in REASONS


@pytest.mark.parametrize(
    ("tenant", "scopes", "lifetime_s"), [("", {Scope.SEARCH}, 60), ("t", set(), 60), ("t", {Scope.SEARCH}, 0), ("t", {Scope.SEARCH}, 86401)]
)
def test_what_cannot_be_minted_is_said(tenant: str, scopes: set[Scope], lifetime_s: float) -> None:
    with pytest.raises(ConfigurationError):
        mint(KEY, tenant, frozenset(scopes), lifetime_s, NOW_S)


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "token.key"
    first = signing_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert signing_key(path).public_key() == first.public_key() == load_signing_key(path).public_key()


def test_another_kind_of_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "token.key"
    for content in (b"nonsense", ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())):
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(ConfigurationError, match=r"token\.key"):
            load_signing_key(path)
