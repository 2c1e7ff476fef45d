"""A catalogue's words are heard once they are known, and what was heard before still is."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from models.bundle import Bundle
from models.decode.language_model import LanguageModel
from models.decode.lexicon import read_lexicon, write_lexicon
from models.decode.readers import reader_of
from models.decode.vocabulary import Vocabulary, vocabulary_with
from models.pronounce.pronouncer import english
from protos.errors import BundleError, ConfigurationError
from tests.models.decode.tiny_words import ARPA, HEADS, LEXICON, saying
from tests.models.tiny import bundle_of

BARE = replace(bundle_of(b""), heads=HEADS)
EQUIPPED = replace(BARE, language_model=gzip.compress(ARPA.encode()), lexicon=write_lexicon(LEXICON))
GOCHUJANG = saying("G AH CH UW JH AE NG", "gochujang")


def test_a_title_is_heard_once_it_is_known() -> None:
    learned = vocabulary_with(EQUIPPED, ["Gochujang"], english())
    assert reader_of(EQUIPPED, vocabulary=learned).decode(GOCHUJANG)[0].words == ("gochujang",)
    assert ("gochujang",) not in {one.words for one in reader_of(EQUIPPED).decode(GOCHUJANG)}


def test_what_was_heard_before_still_is() -> None:
    logits = saying("S IY DH AH T AH M EY T OW", "see the tomato")
    learned = vocabulary_with(EQUIPPED, ["Gochujang"], english())
    assert reader_of(EQUIPPED, vocabulary=learned).decode(logits)[0].words == reader_of(EQUIPPED).decode(logits)[0].words


def test_pronunciations_are_added_and_none_is_changed() -> None:
    learned = read_lexicon(Path("lexicon"), vocabulary_with(EQUIPPED, ["The Tomato Soup", "Crème brûlée"], english()).lexicon)
    assert {word: learned[word] for word in LEXICON} == LEXICON
    assert learned.keys() - LEXICON.keys() == {"soup", "creme", "brulee"}


def test_titles_travel_as_they_are_said_each_once(tmp_path: Path) -> None:
    learned = vocabulary_with(EQUIPPED, ["Tomato Soup!", "Crème brûlée", "tomato soup", "?"], english())
    assert learned.phrases() == ["tomato soup", "creme brulee"]
    learned.write(tmp_path / "words")
    assert Vocabulary.read(tmp_path / "words") == learned
    assert Vocabulary.of(EQUIPPED).phrases() == []


def test_a_title_becomes_likelier_than_it_was() -> None:
    learned = vocabulary_with(EQUIPPED, ["read tomato"], english())
    before, after = (LanguageModel.of(one.language_model, LEXICON).log_prob(["read", "tomato"]) for one in (Vocabulary.of(EQUIPPED), learned))
    assert after > before


@pytest.mark.parametrize("titles", [[], ["???"]])
def test_titles_that_nobody_can_say_are_refused(titles: list[str]) -> None:
    with pytest.raises(ConfigurationError, match="no title"):
        vocabulary_with(EQUIPPED, titles, english())


@pytest.mark.parametrize("bundle", [BARE, replace(EQUIPPED, lexicon=b""), replace(EQUIPPED, language_model=b"broken")])
def test_a_bundle_without_a_language_model_has_nothing_to_add_to(bundle: Bundle) -> None:
    with pytest.raises(BundleError, match=r"lm\.arpa\.gz"):
        vocabulary_with(bundle, ["Gochujang"], english())
