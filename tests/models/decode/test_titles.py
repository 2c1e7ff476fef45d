"""A title that sounds like what was said is offered whole, alone and among the words around it; others are not."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from models.ctc import log_softmax
from models.decode.beam import Reading
from models.decode.language_model import LanguageModel
from models.decode.lexicon import Speller
from models.decode.titles import TITLE_LOG_PROB, Titles
from tests.models.decode.tiny_words import LEXICON, PHONE_HEAD, saying, write_arpa

SPELLER = Speller(PHONE_HEAD, LEXICON)


def titles_of(folder: Path, *titles: str) -> Titles:
    return Titles(titles, SPELLER, LanguageModel(write_arpa(folder), LEXICON), PHONE_HEAD)


def reading(text: str) -> Reading:
    words = tuple(text.split())
    return Reading(words, SPELLER.spell(words), -9.0)


def offered(titles: Titles, phones: str, *readings: str) -> dict[str, Reading]:
    log_probs = log_softmax(saying(phones, "", sharpness=6.0)[:, :40])
    return {" ".join(one.words): one for one in titles.read(log_probs, [reading(text) for text in readings])}


def test_a_title_is_offered_alone_and_in_the_place_of_what_was_read_there(tmp_path: Path) -> None:
    found = offered(titles_of(tmp_path, "tomato two"), "R EH D T AH M EY T OW T UW", "read tomatoes too")
    assert {"tomato two", "read tomato two"} <= found.keys()
    assert found["read tomato two"].symbols == SPELLER.spell(("read", "tomato", "two"))


def test_words_after_it_stay_too(tmp_path: Path) -> None:
    assert "read tomato two the" in offered(titles_of(tmp_path, "tomato two"), "R EH D T AH M EY T OW T UW DH AH", "read tomatoes too the")


def test_every_title_is_as_likely_as_any_other_whatever_its_words(tmp_path: Path) -> None:
    likely = offered(titles_of(tmp_path, "tomato two", "see read the two"), "T AH M EY T OW T UW", "tomatoes too")["tomato two"]
    end = (-0.3 - 1) * math.log(10)
    assert likely.language_log_prob == pytest.approx(TITLE_LOG_PROB - math.log(2) + end, abs=1e-4)


def test_a_title_that_does_not_fit_the_audio_is_not_offered(tmp_path: Path) -> None:
    assert offered(titles_of(tmp_path, "tomatoes read"), "T UW S IY DH AH T AH", "two see the") == {}


def test_where_no_word_was_read_no_title_is(tmp_path: Path) -> None:
    assert offered(titles_of(tmp_path, "tomato two"), "T AH M EY T OW T UW") == {}


def test_a_title_with_a_word_that_nobody_can_say_is_left_out(tmp_path: Path) -> None:
    assert offered(titles_of(tmp_path, "tomato okapi", ""), "T AH M EY T OW T UW", "tomato two") == {}
