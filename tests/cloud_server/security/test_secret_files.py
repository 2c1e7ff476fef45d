"""Who may read a secret, and when a changed file counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_server.security.secret_files import Reloaded, default_dir, read_secret, write_secret
from protos.errors import ConfigurationError


def test_a_secret_is_its_owners_alone_and_is_never_overwritten_unasked(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "key"
    write_secret(path, b"one")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    with pytest.raises(ConfigurationError, match="File exists"):
        write_secret(path, b"two")
    assert read_secret(path) == b"one"
    write_secret(path, b"two", replace=True)
    assert read_secret(path) == b"two"
    assert [found.name for found in path.parent.iterdir()] == ["key"], "no drafts are left"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_secret_that_others_may_read_is_refused_with_what_to_do(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"secret-marker")
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match=f"mode {mode:04o}.*chmod 600") as refusal:
        read_secret(path)
    assert "secret-marker" not in str(refusal.value)


def test_a_missing_secret_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="none: No such file"):
        read_secret(tmp_path / "none")


def test_keys_lie_where_configuration_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert default_dir() == tmp_path / "harken"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    assert default_dir() == Path.home() / ".config" / "harken"


def test_a_change_is_read_once_and_a_bad_one_leaves_the_last_good_value(tmp_path: Path) -> None:
    path, failures, loads = tmp_path / "number", [], []
    path.write_text("1")

    def load() -> int:
        loads.append(1)
        text = path.read_text()
        if not text.isdigit():
            raise ConfigurationError(f"{text!r} is no number")
        return int(text)

    value = Reloaded((path,), load, failures.append)
    assert (value.get(), value.get(), len(loads)) == (1, 1, 1)
    path.write_text("22")
    assert (value.get(), value.get(), len(loads)) == (22, 22, 2)
    path.write_text("half a")
    assert (value.get(), value.get()) == (22, 22)
    assert len(failures) == 1, "said once for each change"
    path.write_text("4444")
    assert value.get() == 4444


def test_the_first_load_must_succeed(tmp_path: Path) -> None:
    def fail() -> int:
        raise ConfigurationError("no")

    with pytest.raises(ConfigurationError):
        Reloaded((tmp_path / "x",), fail, lambda _: None)
