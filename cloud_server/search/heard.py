"""What search is asked with: everything that was heard of one segment. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from models.records import Sounds
from protos.messages import Hypothesis


@dataclass(frozen=True, slots=True)
class Heard:
    alternatives: tuple[Hypothesis, ...]
    """The whole n-best list, whatever the client asked to see of it."""
    sounds: Sounds | None = None
    """None: nothing but the words."""
