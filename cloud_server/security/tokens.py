"""Access tokens: JSON Web Tokens signed with Ed25519, short-lived, for this service only. Time enters as `now_s`, wall clock.

EdDSA and nothing else is accepted, so neither `none` nor a public key used as a shared secret (the two classic forgeries) can verify.
"""

from __future__ import annotations

import secrets
from pathlib import Path

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from cloud_server.security.principal import Principal, Scope, parse_scopes
from cloud_server.security.refusal import Refused
from cloud_server.security.secret_files import read_secret, write_secret
from protos.errors import ConfigurationError

ALGORITHM = "EdDSA"
AUDIENCE = "harken"
SKEW_S = 60.0
"""Clocks of honest machines differ by less."""
MAX_LIFETIME_S = 24 * 3600.0
"""For longer there are API keys, which can be taken back."""


def mint(key: Ed25519PrivateKey, tenant: str, scopes: frozenset[Scope], lifetime_s: float, now_s: float) -> str:
    """Raises: ConfigurationError: no tenant, no scope, or a lifetime beyond the rule."""
    if not tenant or not scopes:
        raise ConfigurationError("a token needs a tenant and at least one scope")
    if not 0 < lifetime_s <= MAX_LIFETIME_S:
        raise ConfigurationError(f"lifetime is {lifetime_s / 60:g} min, must be more than 0 and at most {MAX_LIFETIME_S / 60:g}")
    claims = {
        "sub": tenant,
        "aud": AUDIENCE,
        "iat": int(now_s),
        "exp": int(now_s + lifetime_s),
        "jti": secrets.token_urlsafe(16),
        "scope": " ".join(sorted(scopes)),
    }
    return jwt.encode(claims, key, algorithm=ALGORITHM)


def verify(token: str, key: Ed25519PublicKey, now_s: float) -> Principal:
    """Raises: Refused."""
    try:
        # Expiry is checked below, on our clock.
        options = {"require": ["sub", "aud", "iat", "exp", "jti", "scope"], "verify_exp": False, "verify_iat": False, "verify_nbf": False}
        claims = jwt.decode(token, key, algorithms=[ALGORITHM], audience=AUDIENCE, options=options)  # type: ignore[arg-type]
        scopes = parse_scopes(claims["scope"])
    except jwt.InvalidSignatureError as error:
        raise Refused("signature") from error
    except jwt.InvalidAudienceError as error:
        raise Refused("audience") from error
    except (jwt.PyJWTError, ConfigurationError, AttributeError) as error:
        raise Refused("malformed") from error
    issued_s, expires_s = claims["iat"], claims["exp"]
    if not isinstance(issued_s, int) or not isinstance(expires_s, int) or not 0 < expires_s - issued_s <= MAX_LIFETIME_S:
        raise Refused("malformed")
    if not claims["sub"] or not claims["jti"]:
        raise Refused("malformed")
    if issued_s > now_s + SKEW_S or expires_s + SKEW_S <= now_s:
        raise Refused("expired")
    return Principal(claims["sub"], scopes, float(expires_s) + SKEW_S)


def load_signing_key(path: Path) -> Ed25519PrivateKey:
    """Raises: ConfigurationError."""
    pem = read_secret(path)
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigurationError(f"{path} is no unencrypted private key in PEM") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigurationError(f"{path} holds another kind of key than Ed25519")
    return key


def signing_key(path: Path) -> Ed25519PrivateKey:
    """The key there, made now if there is none. Raises: ConfigurationError."""
    if not path.exists():
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_secret(path, pem)
    return load_signing_key(path)
