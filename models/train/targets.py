"""A text -> what each CTC head should emit. Pure; a clip that a head cannot learn from has an empty target there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from models.records import CtcHead
from protos.errors import ConfigurationError

PHONES, CHARACTERS = "phones", "characters"
Pronounce = Callable[[str], Sequence[str]]
"""A normalised text -> the phones of all its words."""
# CTC needs a frame a symbol and one more between equal ones; so full a clip is a wrong text or unintelligibly fast.
MAX_SYMBOLS_A_FRAME = 0.9


@dataclass(frozen=True, slots=True)
class Target:
    """Indices of outputs, counted from the head's first; empty: no text, no such head, a symbol that it does not have, or too many for the frames."""

    phones: tuple[int, ...]
    characters: tuple[int, ...]


class Spelling:
    """Writes texts in the symbols of a checkpoint's heads."""

    def __init__(self, heads: Sequence[CtcHead], pronounce: Pronounce) -> None:
        """Raises: ConfigurationError: neither phones nor characters among the heads."""
        by_name = {head.name: head for head in heads}
        if not by_name.keys() & {PHONES, CHARACTERS}:
            raise ConfigurationError(f"heads.json has {', '.join(by_name)}, of which neither is {PHONES} or {CHARACTERS}")
        self._pronounce = pronounce
        self._phones, self._characters = (_numbers(by_name.get(name)) for name in (PHONES, CHARACTERS))
        self._word_end = by_name[CHARACTERS].word_end if CHARACTERS in by_name else ""

    def target(self, text: str, frames: int) -> Target:
        """text: normalised, or empty."""
        return Target(fitting(self.phones(text), frames), fitting(self.characters(text), frames))

    def phones(self, text: str) -> tuple[int, ...]:
        return _indices(self._pronounce(text), self._phones)

    def characters(self, text: str) -> tuple[int, ...]:
        return _indices([self._word_end if letter == " " else letter for letter in text], self._characters)


def _numbers(head: CtcHead | None) -> dict[str, int]:
    return {} if head is None else {token: number for number, token in enumerate(head.tokens) if head.first + number != head.blank}


def _indices(symbols: Sequence[str], numbers: dict[str, int]) -> tuple[int, ...]:
    found = tuple(numbers[symbol] for symbol in symbols if symbol in numbers)
    return found if len(found) == len(symbols) else ()


def fitting(symbols: tuple[int, ...], frames: int) -> tuple[int, ...]:
    """The symbols, or none where they are too many for the frames."""
    return symbols if len(symbols) <= frames * MAX_SYMBOLS_A_FRAME else ()
