"""Recordings whose item is known, written as the server keeps feedback of people who clicked it: what `harken-server feedback fit` learns from."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.known_items import Keep
from protos.errors import ConfigurationError


@contextmanager
def kept_in(path: Path) -> Iterator[Keep]:
    """Raises: ConfigurationError: it cannot be written."""
    numbers = itertools.count(1)
    try:
        file = path.open("w", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from error
    with file:

        def keep(speaker: str, wanted: str, seen: str) -> None:
            told = json.loads(seen)
            position = next((row["shown"] for row in told["candidates"] if row["id"] == wanted), None)
            clicked = {"hit_id": wanted, "position": -1 if position is None else position}
            about = {"session_id": "recordings", "segment_id": next(numbers), "kind": "clicked", "details": clicked, "subject_id": speaker}
            file.write(json.dumps({**about, "seen": told}, ensure_ascii=False) + "\n")

        yield keep
