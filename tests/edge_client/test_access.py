"""What lets a client in, and where it may be sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_client.access import Access, is_loopback
from protos.errors import ConfigurationError

CA = Path("ca.pem")


def test_a_token_is_a_bearers_and_in_no_text(tmp_path: Path) -> None:
    access = Access(token="secret-marker")
    assert access.metadata("127.0.0.1:1") == (("authorization", "Bearer secret-marker"),)
    assert "secret-marker" not in repr(access)
    assert Access().metadata("127.0.0.1:1") == ()


def test_a_token_file_is_read_each_time(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("one\n")
    access = Access(token_file=path)
    assert access.current_token() == "one"
    path.write_text("two\n")
    assert access.metadata("localhost:1") == (("authorization", "Bearer two"),)
    path.unlink()
    with pytest.raises(ConfigurationError, match="token: No such file"):
        access.current_token()


@pytest.mark.parametrize("server", ["10.0.0.1:1", "asr.example.org:1", "0.0.0.0:1"])
def test_no_token_crosses_a_network_in_plain_text(server: str) -> None:
    with pytest.raises(ConfigurationError, match="plain text") as refusal:
        Access(token="secret-marker").metadata(server)
    assert "secret-marker" not in str(refusal.value)
    assert Access(token="x", ca=CA).metadata(server)
    assert Access(token="x", tls=True).metadata(server)
    assert Access().metadata(server) == ()


@pytest.mark.parametrize("token", ["two words", "new\nline", "ümlaut", "tab\t"])
def test_what_no_header_can_carry_is_refused(token: str) -> None:
    with pytest.raises(ConfigurationError, match="single word") as refusal:
        Access(token=token).metadata("127.0.0.1:1")
    assert token not in str(refusal.value)


@pytest.mark.parametrize(
    ("access", "words"),
    [
        ({"certificate": CA, "tls": True}, "needs its key"),
        ({"key": CA, "tls": True}, "needs its key"),
        ({"certificate": CA, "key": CA}, "with TLS only"),
        ({"token": "x", "token_file": CA}, "not both"),
    ],
)
def test_halves_and_contradictions_are_named(access: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Access(**access)  # type: ignore[arg-type]


def test_files_are_read_as_far_as_they_are_named(tmp_path: Path) -> None:
    assert Access(tls=True).pems() == (None, None, None)
    for name in ("ca", "cert", "key"):
        (tmp_path / name).write_text(name)
    assert Access(ca=tmp_path / "ca", certificate=tmp_path / "cert", key=tmp_path / "key").pems() == (b"ca", b"key", b"cert")
    with pytest.raises(ConfigurationError, match=r"none\.pem: No such file"):
        Access(ca=tmp_path / "none.pem").pems()


def test_what_this_machine_is_called() -> None:
    assert all(is_loopback(f"{host}:1") for host in ("localhost", "127.0.0.1", "[::1]"))
    assert not any(is_loopback(f"{host}:1") for host in ("127.0.0.1.example.org", "0.0.0.0", "host"))  # noqa: S104
