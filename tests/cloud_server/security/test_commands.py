"""The command line as an operator meets it: a secret is printed once, and what guards it is nobody else's to read."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from cloud_server.security.api_keys import find, load_keys
from cloud_server.security.principal import Scope
from cloud_server.security.tokens import load_signing_key, verify
from tests.cloud_server.test_main import run

Capture = pytest.CaptureFixture[str]


def test_a_token_is_printed_alone_and_verifies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    path = tmp_path / "token.key"
    arguments = ["token", "new", "--tenant", "kitchen", "--scope", "search", "--minutes", "5", "--token-key", str(path)]
    code, out, err = run(monkeypatch, capsys, *arguments)
    assert code == 0
    assert f"made the signing key {path}" in err
    principal = verify(out.strip(), load_signing_key(path).public_key(), time.time())
    assert (principal.tenant, principal.scopes) == ("kitchen", {Scope.SEARCH})
    code, out, err = run(monkeypatch, capsys, *arguments, "--json")
    assert err == ""
    verify(json.loads(out)["token"], load_signing_key(path).public_key(), time.time())


def test_an_api_key_is_printed_alone_and_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    path = tmp_path / "keys"
    code, out, _ = run(monkeypatch, capsys, "key", "new", "--tenant", "kiosk", "--api-keys", str(path))
    assert code == 0
    assert find(load_keys(path), out.strip()).tenant == "kiosk"


def test_a_secret_can_go_straight_into_a_file_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    path, out_file = tmp_path / "keys", tmp_path / "kiosk.key"
    arguments = ["key", "new", "--tenant", "kiosk", "--api-keys", str(path), "--out", str(out_file)]
    code, out, _ = run(monkeypatch, capsys, *arguments)
    secret = out_file.read_text().strip()
    assert find(load_keys(path), secret).tenant == "kiosk"
    assert (code, out, out_file.stat().st_mode & 0o777) == (0, f"{out_file}\n", 0o600)
    code, _, err = run(monkeypatch, capsys, *arguments)
    assert code == 2
    assert f"{out_file} exists" in err
    assert len(load_keys(path)) == 1


def test_keys_lie_in_the_users_configuration_unless_said_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    run(monkeypatch, capsys, "token", "new")
    run(monkeypatch, capsys, "key", "new", "--tenant", "kiosk")
    assert {path.name for path in (tmp_path / "harken").iterdir()} == {"token.key", "api-keys.jsonl"}


def test_certificates_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    code, out, _ = run(monkeypatch, capsys, "certs", "dev", "--out", str(tmp_path / "certs"), "--host", "asr.example.org", "--json")
    assert code == 0
    assert all(Path(path).is_file() for path in json.loads(out)["files"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["token", "new", "--scope", "root"], "scope 'root' is none of"),
        (["token", "new", "--minutes", "5000"], "lifetime is 5000 min"),
        (["key", "new", "--tenant", ""], "needs a tenant"),
        (["run", "--require-token", "--port", "0"], "harken-server token new"),
        (["run", "--tls-cert", "a.pem"], "TLS needs both"),
        (["run", "--host", "0.0.0.0", "--tls-cert", "a.pem", "--tls-key", "a.key"], "neither a token key"),  # noqa: S104
        (["run", "--metrics-host", "0.0.0.0"], "metrics host 0.0.0.0"),  # noqa: S104
        (["run", "--tenant-streams", "0"], "max_streams is 0"),
    ],
)
def test_what_an_operator_must_change_is_one_sentence(
    arguments: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("HARKEN_SERVER_ALLOW_PLAINTEXT", raising=False)
    code, out, err = run(monkeypatch, capsys, *arguments)
    assert code == 2
    assert words in err
    assert out == ""
    assert "Traceback" not in err
