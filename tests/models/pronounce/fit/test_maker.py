"""From a dictionary to what is said: alignments keep every letter and phone, and a fitted model says what it was taught."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.pronounce.alphabet import LETTERS, PHONES, encode
from models.pronounce.fit.align import align
from models.pronounce.fit.dictionary import read_dictionary
from models.pronounce.fit.judge import judge, split, stem
from models.pronounce.fit.maker import fit_model, lexicon_of
from protos.errors import ConfigurationError

SOUNDS = dict(zip(LETTERS, PHONES, strict=False))
NAMES = "".join(f"{letter} EY1\n" for letter in LETTERS if letter != "'")
PAIRS = st.lists(
    st.tuples(st.text("abc", min_size=1, max_size=5), st.text(encode(PHONES[:5]), min_size=1, max_size=10)).filter(
        lambda pair: len(pair[1]) <= 2 * len(pair[0])
    ),
    min_size=1,
    max_size=8,
)


def spelled(word: str) -> str:
    """In a language where every letter has one sound."""
    return encode(tuple(SOUNDS[letter] for letter in word))


@given(PAIRS)
@settings(max_examples=40, deadline=None)
def test_an_alignment_has_every_letter_and_every_phone_in_order(pairs: list[tuple[str, str]]) -> None:
    aligned = align(pairs)
    back = {("".join(g[0] for g in graphones), "".join(g[1:] for g in graphones)) for graphones in aligned}
    assert back == set(pairs)
    assert all(len(graphone) <= 3 for graphones in aligned for graphone in graphones)


def test_a_regular_language_is_learnt() -> None:
    words = [a + b + c for a, b, c in zip(LETTERS * 9, LETTERS[5:] + LETTERS * 9, LETTERS[11:] + LETTERS * 9, strict=False)]
    model = fit_model({word: (spelled(word),) for word in words}, min_graphone_count=1)
    unseen = {word: (spelled(word),) for word in ("cab", "hello", "zebra", "quick") if word not in words}
    accuracy = judge(model, unseen)
    assert (accuracy.words, accuracy.word_accuracy, accuracy.phone_error_rate) == (4, 1, 0)


def test_possessives_that_follow_the_rule_are_not_stored() -> None:
    cat, cats = encode(("K", "AE", "T")), encode(("K", "AE", "T", "S"))
    assert lexicon_of({"cat": (cat,), "cat's": (cats,), "dog's": (cats,)}) == {"cat": cat, "dog's": cats}


def test_a_dictionary_file_is_read_without_stress_and_comments(tmp_path: Path) -> None:
    (tmp_path / "d.dict").write_text(f"cat K AE1 T\ncat(2) K AH0 T # seldom\nhalf-way HH AE1 F\n{NAMES}")
    found = read_dictionary(tmp_path / "d.dict")
    assert found["cat"] == (encode(("K", "AE", "T")), encode(("K", "AH", "T")))
    assert "half-way" not in found


@pytest.mark.parametrize(("text", "why"), [("cat K AE T\n", "no entry 'a'"), (f"cat\n{NAMES}", "line 1: has no phones")])
def test_a_dictionary_that_lacks_something_is_refused(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "d.dict").write_text(text)
    with pytest.raises(ConfigurationError, match=why):
        read_dictionary(tmp_path / "d.dict")


def test_a_dictionary_of_other_phones_is_refused(tmp_path: Path) -> None:
    (tmp_path / "d.dict").write_text("cat K QQ T\n")
    with pytest.raises(ConfigurationError, match="QQ"):
        read_dictionary(tmp_path / "d.dict")


def test_a_family_is_held_out_whole() -> None:
    dictionary = {word: ("A",) for root in ("bake", "walk", "jump", "talk") for word in (root, f"{root}s", f"{root}ing", f"{root}er")}
    rest, held_out = split(dictionary, stem)
    assert rest.keys() | held_out.keys() == dictionary.keys()
    assert {stem(word) for word in rest}.isdisjoint({stem(word) for word in held_out})
