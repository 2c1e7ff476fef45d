"""Files that hold secrets: only their owner may read them, and a change is noticed without a restart."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from protos.errors import ConfigurationError

T = TypeVar("T")
OWNER_ONLY = 0o600


def default_dir() -> Path:
    """Where keys lie unless somebody says otherwise."""
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "harken"


def read_secret(path: Path) -> bytes:
    """Raises: ConfigurationError: not there, or others may read it."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & 0o077:
                raise ConfigurationError(f"{path} has mode {mode:04o}, which lets others read a secret; run `chmod 600 {path}`")
            return file.read()
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from error


def write_secret(path: Path, content: bytes, *, replace: bool = False) -> None:
    """The whole file or nothing, readable by its owner only from its first byte on. Raises: ConfigurationError: it exists, or cannot be written."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, OWNER_ONLY)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            os.fsync(file.fileno())
        if replace:
            draft.replace(path)
        else:
            path.hardlink_to(draft)  # fails if somebody else was first
            draft.unlink()
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise ConfigurationError(f"{path}: {error.strerror}") from error


class Reloaded(Generic[T]):
    """What `load` makes of some files, made again when one of them was replaced.

    `load` raises ConfigurationError for files that cannot be used. On construction that goes to the caller; later `on_failure` hears of it, once for
    each change, and the last good value stays: half-written files must not stop a server.
    """

    def __init__(self, paths: tuple[Path, ...], load: Callable[[], T], on_failure: Callable[[ConfigurationError], None]) -> None:
        self._paths, self._load, self._on_failure = paths, load, on_failure
        self._seen = self._stamp()
        self._value = load()

    def get(self) -> T:
        stamp = self._stamp()
        if stamp != self._seen:
            self._seen = stamp
            try:
                self._value = self._load()
            except ConfigurationError as error:
                self._on_failure(error)
        return self._value

    def _stamp(self) -> tuple[tuple[int, int, int] | None, ...]:
        return tuple(_stamp_of(path) for path in self._paths)


def _stamp_of(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
