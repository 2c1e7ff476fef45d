"""Errors of one transcript against its reference: counts first, rates from their sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one alignment with the fewest edits, or summed over several."""

    length: int
    """Symbols in the reference."""
    substitutions: int
    deletions: int
    insertions: int

    @property
    def errors(self) -> int:
        return self.substitutions + self.deletions + self.insertions

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.length + other.length,
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
        )


NONE = Counts(0, 0, 0, 0)


def count(reference: Sequence[str], heard: Sequence[str]) -> Counts:
    """Symbols may be words, characters (a str is a sequence of them) or phones."""
    kinds = [edit.tag for edit in Levenshtein.editops(reference, heard)]
    return Counts(len(reference), kinds.count("replace"), kinds.count("delete"), kinds.count("insert"))


def matches(reference: Sequence[str], heard: Sequence[str]) -> list[tuple[int, int]]:
    """(place in reference, place in heard) of each symbol that the alignment that `count` counts leaves as it is."""
    blocks = Levenshtein.editops(reference, heard).as_matching_blocks()
    return [(block.a + offset, block.b + offset) for block in blocks for offset in range(block.size)]


def matched(reference: Sequence[str], heard: Sequence[str]) -> list[bool]:
    """Of each symbol heard, whether it stands for an equal one of the reference."""
    right = {place for _, place in matches(reference, heard)}
    return [place in right for place in range(len(heard))]


def substitutions(reference: Sequence[str], heard: Sequence[str]) -> list[tuple[str, str]]:
    """(what was said, what was heard) for each substitution of the alignment that `count` counts."""
    edits = Levenshtein.editops(reference, heard)
    return [(reference[edit.src_pos], heard[edit.dest_pos]) for edit in edits if edit.tag == "replace"]
