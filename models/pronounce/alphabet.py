"""The two alphabets of a pronunciation: written letters and ARPAbet phones without stress. Pure; no data file."""

from __future__ import annotations

from dataclasses import dataclass

LETTERS = "abcdefghijklmnopqrstuvwxyz'"
PHONES = (
    *("AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G", "HH", "IH", "IY", "JH", "K"),
    *("L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "T", "TH", "UH", "UW", "V", "W", "Y", "Z", "ZH"),
)
Phones = tuple[str, ...]
# One character for each phone: what the data file and the decoder hold in place of tuples.
_FIRST_CODE = "A"
_CODE_OF = {phone: chr(ord(_FIRST_CODE) + index) for index, phone in enumerate(PHONES)}
_PHONE_OF = {code: phone for phone, code in _CODE_OF.items()}
CODES = frozenset(_PHONE_OF)


@dataclass(frozen=True, slots=True)
class Pronunciation:
    phones: Phones
    probability: float
    """Share among the pronunciations of its word, in (0, 1]."""


def encode(phones: Phones) -> str:
    """One character a phone. Raises: KeyError: not one of PHONES.

    >>> encode(("K", "AE", "T"))
    'TBd'
    """
    return "".join(map(_CODE_OF.__getitem__, phones))


def decode(code: str) -> Phones:
    """The inverse of encode."""
    return tuple(map(_PHONE_OF.__getitem__, code))
