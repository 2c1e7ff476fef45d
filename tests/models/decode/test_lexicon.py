"""A lexicon survives its file, and is spelled in any head's own numbers."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from models.decode.lexicon import GUESSES, Speller, make_lexicon, read_lexicon, write_lexicon
from models.pronounce.pronouncer import english
from models.records import CtcHead
from protos.errors import BundleError
from tests.models.decode.tiny_words import LETTER_HEAD, LEXICON, PHONE_HEAD


def test_what_was_written_is_read_and_the_bytes_are_the_same_again() -> None:
    packed = write_lexicon(LEXICON)
    assert read_lexicon(Path("lexicon.txt.gz"), packed) == LEXICON
    assert write_lexicon(LEXICON) == packed


def test_known_words_have_all_pronunciations_and_others_some_guesses() -> None:
    made = make_lexicon(["tomato", "gochujang", "<s>", "</s>", "<unk>", "'"], english())
    assert list(made) == ["tomato", "gochujang"]
    assert len(made["tomato"].split()) == 2
    assert 1 <= len(made["gochujang"].split()) <= GUESSES


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("two T UW\ntwo T QQ", "line 2: 'QQ' is not a phone"),
        ("two", "line 1: is 'two', must be a word"),
        ("t2 T UW", "line 1: is 't2 T UW'"),
        (" T UW", "line 1"),
    ],
)
def test_a_bad_line_is_named(lines: str, why: str) -> None:
    with pytest.raises(BundleError, match=why):
        read_lexicon(Path("lexicon.txt.gz"), gzip.compress(lines.encode()))


@pytest.mark.parametrize("packed", [b"", b"two T UW\n", gzip.compress(b"two T UW\n")[:-9], gzip.compress("zwölf T UW".encode())])
def test_what_is_no_gzipped_text_is_refused(packed: bytes) -> None:
    with pytest.raises(BundleError, match=r"lexicon.txt.gz: (is not a gzipped lexicon|line 1|has no word)"):
        read_lexicon(Path("lexicon.txt.gz"), packed)


def test_phones_have_every_pronunciation_and_letters_the_one_spelling() -> None:
    phones, letters = Speller(PHONE_HEAD, LEXICON), Speller(LETTER_HEAD, LEXICON)
    assert [[PHONE_HEAD.tokens[symbol] for symbol in said] for said in phones.pronunciations("the")] == [["DH", "AH"], ["DH", "IY"]]
    assert ["".join(LETTER_HEAD.tokens[symbol] for symbol in said) for said in letters.pronunciations("the")] == ["the"]
    assert (phones.phonetic, letters.phonetic) == (True, False)
    assert len(list(phones)) == 11
    assert len(list(letters)) == len(LEXICON)


def test_words_are_known_where_every_one_is() -> None:
    speller = Speller(PHONE_HEAD, LEXICON)
    assert speller.knows(["see", "the"])
    assert not speller.knows(["see", "okapi"])


def test_letters_have_a_word_end_between_words_and_phones_nothing() -> None:
    for head, text in ((PHONE_HEAD, "S IY DH AH"), (LETTER_HEAD, "s e e | t h e")):
        speller = Speller(head, LEXICON)
        assert " ".join(head.tokens[symbol] for symbol in speller.joined(speller.spell(["see", "the"]))) == text


def test_a_head_without_a_letter_cannot_say_the_lexicon() -> None:
    with pytest.raises(BundleError, match="head few has no ', b"):
        Speller(CtcHead("few", 0, 3, 0, ("<blank>", "|", "a")), LEXICON)
