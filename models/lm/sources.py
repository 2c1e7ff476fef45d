"""Other people's files -> sentences to count: prose, encyclopedia summaries, WordNet's glosses, transcripts. Reads files; decides by their looks."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from models.lm.corpus import Sentence, as_sentence
from protos.errors import ConfigurationError

# Moonshine's text at this mean log-probability and above has about 6 % of its words wrong (shared speech, README).
SURE = -0.2
LEAST_WORDS = 2
# Of a held sentence's pairs of words, what share makes another the same sentence, read or typed a little differently. Fewer pairs than `TELLING` are
# found in any English: then the other must also be hardly more than them.
SAME = 0.7
TELLING = 4
_ENDS = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]*[A-Z0-9])|\n\s*\n")
_ASIDES = re.compile(r"\s*\([^()]*\)|\s*\[[^\[\]]*\]")
_GLOSS = re.compile(r"^\d{8} .*? \| (.+)$", re.MULTILINE)
_QUOTED = re.compile(r'"([^"]+)"')


def harvest(path: Path, sure: float = SURE) -> Iterator[Sentence]:
    """Sentences of two words or more, normalised, in the order of the file. sure: the least mean log-probability of a teacher's text.

    Raises: ConfigurationError: it cannot be read, or is not what its name says.
    """
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
        sentences = list(_written(path, text, sure))
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror or error}") from error
    except (EOFError, zlib.error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"{path}: is neither UTF-8 prose, WordNet's data nor JSON of texts ({error!r})") from error
    return (sentence for written in sentences if len(sentence := as_sentence(written)) >= LEAST_WORDS)


def without(sentences: Iterable[Sentence], held: Iterable[Sentence]) -> list[Sentence]:
    """Those that say none of the held ones, nor nearly one: what a model is judged by it must not have read."""
    held_pairs = [_pairs(sentence) for sentence in held if len(sentence) > 1]
    having: dict[tuple[str, str], list[int]] = {}
    for number, pairs in enumerate(held_pairs):
        for pair in pairs:
            having.setdefault(pair, []).append(number)
    return [sentence for sentence in sentences if not _is_held(sentence, held_pairs, having)]


def _is_held(sentence: Sentence, held_pairs: list[set[tuple[str, str]]], having: dict[tuple[str, str], list[int]]) -> bool:
    own = _pairs(sentence)
    shared: dict[int, int] = {}
    for pair in own:
        for number in having.get(pair, ()):
            shared[number] = shared.get(number, 0) + 1
    return any(
        count >= SAME * len(held_pairs[number]) and (len(held_pairs[number]) >= TELLING or count >= SAME * len(own))
        for number, count in shared.items()
    )


def _pairs(sentence: Sentence) -> set[tuple[str, str]]:
    return set(pairwise(sentence))


def _written(path: Path, text: str, sure: float) -> Iterator[str]:
    if path.suffix == ".jsonl":
        yield from _transcripts((json.loads(line) for line in text.splitlines() if line.strip()), sure)
    elif path.suffix == ".json":
        for article in json.loads(text).values():
            yield from split_sentences(_ASIDES.sub("", article["extract"]))
    elif glosses := _GLOSS.findall(text):
        for gloss in glosses:
            yield from _of_gloss(gloss)
    else:
        yield from split_sentences(text)


def split_sentences(prose: str) -> list[str]:
    """At a full stop before a capital or a figure, and at empty lines; a single break of a line is a space. An initial ends no sentence."""
    found: list[str] = []
    for piece in _ENDS.split(prose):
        words = " ".join(piece.split())
        if found and _ends_in_initial(found[-1]):
            found[-1] += f" {words}"
        else:
            found.append(words)
    return found


def _ends_in_initial(piece: str) -> bool:
    last = piece.rsplit(" ", 1)[-1]
    return bool(re.fullmatch(r"([A-Z]\.)+|(St|Mr|Mrs|Ms|Dr|Jr|Sr|No|vs|c|ca|cf|Mt|Ft)\.", last))


def _of_gloss(gloss: str) -> Iterator[str]:
    """Each definition, and each example in quotes."""
    yield from _QUOTED.findall(gloss)
    yield from _QUOTED.sub("", _ASIDES.sub("", gloss)).split(";")


def _transcripts(rows: Iterable[dict[str, Any]], sure: float) -> Iterator[str]:
    """What a person wrote; where nobody did, what a teacher heard, if it was sure."""
    for row in rows:
        teacher = row.get("teacher") or {}
        if row.get("text"):
            yield row["text"]
        elif teacher.get("text") and teacher["mean_logprob"] >= sure:
            yield teacher["text"]
