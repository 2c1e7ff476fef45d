from __future__ import annotations

import pytest

from models.records import CtcHead
from models.train.targets import Spelling, Target
from protos.errors import ConfigurationError

PHONES = CtcHead("phones", 0, 4, 0, ("<blank>", "AA", "B", "K"))
CHARACTERS = CtcHead("characters", 4, 5, 4, ("<blank>", "|", "a", "b", "c"))
WORDS = {"ab": ("AA", "B"), "cab": ("K", "AA", "B"), "xylo": ("Z",)}


def said(text: str) -> list[str]:
    return [phone for word in text.split() for phone in WORDS.get(word, ())]


BOTH = Spelling([PHONES, CHARACTERS], said)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("ab cab", Target((1, 2, 3, 1, 2), (2, 3, 1, 4, 2, 3))),
        ("abz", Target((), ())),
        ("xylo", Target((), ())),
        ("", Target((), ())),
    ],
    ids=["both", "a letter that the head does not have", "a phone that the head does not have", "no text"],
)
def test_a_text_becomes_both_heads_symbols_or_none(text: str, target: Target) -> None:
    assert BOTH.target(text, 100) == target


def test_a_text_that_is_too_long_for_its_frames_is_not_learnt_from() -> None:
    assert BOTH.target("ab cab", 7) == Target((1, 2, 3, 1, 2), (2, 3, 1, 4, 2, 3))
    assert BOTH.target("ab cab", 6) == Target((1, 2, 3, 1, 2), ())
    assert BOTH.target("ab cab", 5) == Target((), ())


def test_a_foreign_checkpoint_has_characters_only() -> None:
    assert Spelling([CHARACTERS], said).target("ab", 100) == Target((), (2, 3))


def test_heads_of_other_names_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="heads.json has syllables"):
        Spelling([CtcHead("syllables", 0, 1, 0, ("<blank>",))], said)
