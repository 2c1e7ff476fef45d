"""`harken-server certs`, `token` and `key`: what is secret is printed once or written with mode 600, and never logged."""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from cloud_server.security.api_keys import new_key
from cloud_server.security.certificates import write_dev_certificates
from cloud_server.security.exposure import default_api_keys, default_token_key
from cloud_server.security.principal import Scope, parse_scopes
from cloud_server.security.secret_files import write_secret
from cloud_server.security.tokens import mint, signing_key
from protos.errors import ConfigurationError

certs_app = typer.Typer(help="Certificates.", no_args_is_help=True)
token_app = typer.Typer(help="Short-lived access tokens.", no_args_is_help=True)
key_app = typer.Typer(help="Static API keys, for machines that cannot fetch tokens.", no_args_is_help=True)

DEFAULT_SCOPES = [Scope.STREAM.value, Scope.SEARCH.value, Scope.FEEDBACK.value]
TenantOption = Annotated[str, typer.Option(help="Whose it is: quotas and turns are counted for it.")]
ScopeOption = Annotated[list[str], typer.Option("--scope", help=f"A right; repeat for several: {', '.join(Scope)}.")]
KeyOption = Annotated[
    Path | None, typer.Option(envvar="HARKEN_SERVER_TOKEN_KEY", help="Signing key, made on first use; default: token.key in ~/.config/harken.")
]
KeysOption = Annotated[
    Path | None, typer.Option(envvar="HARKEN_SERVER_API_KEYS", help="Hashed keys, made on first use; default: api-keys.jsonl in ~/.config/harken.")
]
OutOption = Annotated[Path | None, typer.Option(help="Write it there, mode 600, instead of printing it.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@certs_app.command("dev")
def certs_dev(
    out: Annotated[Path, typer.Option(help="Directory for ca.pem, server.pem, server.key, client.pem, client.key.")],
    host: Annotated[list[str] | None, typer.Option(help="A name or address of the server beside loopback; repeat for several.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a certificate authority, a server and a client certificate for development, good for 90 days.

    \b
    harken-server certs dev --out certs --host asr.example.org
    harken-server run --host 0.0.0.0 --tls-cert certs/server.pem --tls-key certs/server.key
    """
    written = [str(path) for path in write_dev_certificates(out, tuple(host or ()), dt.datetime.now(dt.UTC))]
    print(json.dumps({"files": written}) if as_json else "\n".join(written))


@token_app.command("new")
def token_new(
    tenant: TenantOption = "local",
    scope: ScopeOption = DEFAULT_SCOPES,
    minutes: Annotated[float, typer.Option(help="How long it is valid; at most a day.")] = 60,
    token_key: KeyOption = None,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a token and show it once: the server keeps none.

    \b
    harken-server token new --tenant kitchen --out kitchen.token
    harken-edge listen --server asr.example.org:50051 --tls-ca certs/ca.pem --token-file kitchen.token
    """
    path = token_key or default_token_key()
    is_new = not path.exists()
    token = mint(signing_key(path), tenant, parse_scopes(" ".join(scope)), minutes * 60, time.time())
    if is_new:
        print(f"made the signing key {path}", file=sys.stderr)
    hand_over("token", token, out, as_json=as_json)


@key_app.command("new")
def key_new(
    tenant: TenantOption,
    scope: ScopeOption = DEFAULT_SCOPES,
    api_keys: KeysOption = None,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an API key and show it once; only its hash is kept. Delete its line in the file to take it back: its sessions end within seconds.

    \b
    harken-server key new --tenant kiosk --scope asr.stream --out kiosk.key
    """
    if out is not None and out.exists():  # before a key is made that nobody would ever see
        raise ConfigurationError(f"{out} exists; remove it or choose another file")
    hand_over("key", new_key(api_keys or default_api_keys(), tenant, parse_scopes(" ".join(scope))), out, as_json=as_json)


def hand_over(name: str, secret: str, out: Path | None, *, as_json: bool) -> None:
    """The one time it is seen. Raises: ConfigurationError: the file exists, or cannot be written."""
    if out is None:
        print(json.dumps({name: secret}) if as_json else secret)
        return
    write_secret(out, secret.encode() + b"\n")
    print(json.dumps({"file": str(out)}) if as_json else out)
