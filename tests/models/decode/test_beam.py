"""The beam reads what is said, through whatever the lexicon and the bigram know."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.ctc import log_softmax
from models.decode.beam import BeamSettings, HeadBeam, Reading, build_trie
from models.decode.emissions import informative
from models.decode.language_model import LanguageModel
from models.decode.lexicon import Lexicon, Speller
from models.pronounce.alphabet import encode
from models.records import CtcHead
from tests.models.decode.tiny_words import LETTER_HEAD, LEXICON, PHONE_HEAD, saying, write_arpa

SETTINGS = BeamSettings(50, 15, 30.0, 1.0, 0.0)


def beam(folder: Path, head: CtcHead, lexicon: Lexicon = LEXICON, settings: BeamSettings = SETTINGS) -> HeadBeam:
    return HeadBeam(head, Speller(head, lexicon), LanguageModel(write_arpa(folder), lexicon), settings)


def read(beam_of_head: HeadBeam, head: CtcHead, phones: str, letters: str, frames_each: int = 2) -> list[Reading]:
    logits = saying(phones, letters, frames_each)
    log_probs = log_softmax(logits[:, head.first : head.first + head.size])
    return beam_of_head.read(log_probs, informative(log_probs, head.blank - head.first, 0.97), 10)


@pytest.mark.parametrize("head", [PHONE_HEAD, LETTER_HEAD], ids=lambda head: head.name)
@pytest.mark.parametrize("frames_each", [1, 2, 3])
def test_words_are_read_however_long_their_symbols_last(tmp_path: Path, head: CtcHead, frames_each: int) -> None:
    best = read(beam(tmp_path, head), head, "S IY DH AH T AH M EY T OW", "see the tomato", frames_each)[0]
    assert best.words == ("see", "the", "tomato")
    assert best.language_log_prob == pytest.approx(LanguageModel(write_arpa(tmp_path), LEXICON).log_prob(best.words), abs=1e-4)


def test_the_language_model_decides_between_words_that_sound_alike(tmp_path: Path) -> None:
    best, second, *_ = read(beam(tmp_path, PHONE_HEAD), PHONE_HEAD, "T UW T AH M EY T OW Z", "")
    assert (best.words, second.words) == (("two", "tomatoes"), ("too", "tomatoes"))


@pytest.mark.parametrize(("said", "variant"), [("T AH M EY T OW", 0), ("T AH M AA T OW", 1)])
def test_the_pronunciation_that_was_heard_is_kept(tmp_path: Path, said: str, variant: int) -> None:
    best = read(beam(tmp_path, PHONE_HEAD), PHONE_HEAD, said, "")[0]
    assert best.symbols == (Speller(PHONE_HEAD, LEXICON).pronunciations("tomato")[variant],)


def test_no_text_is_given_twice_and_no_more_than_asked(tmp_path: Path) -> None:
    logits = log_softmax(saying("DH AH R IY D", "", sharpness=3.0)[:, :40])
    every = np.ones(len(logits), bool)
    found = beam(tmp_path, PHONE_HEAD).read(logits, every, 10)
    texts = [reading.words for reading in found]
    assert len(set(texts)) == len(texts) == 10
    assert [reading.words for reading in beam(tmp_path, PHONE_HEAD).read(logits, every, 3)] == texts[:3]


def test_silence_has_no_words(tmp_path: Path) -> None:
    assert read(beam(tmp_path, PHONE_HEAD), PHONE_HEAD, "", "      ") == []


def test_of_many_words_that_sound_alike_the_likelier_are_found(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    lexicon = dict.fromkeys([f"to{letter}" for letter in "abcdefgh"] + ["two", "too"], encode(("T", "UW")))
    speller, model = Speller(PHONE_HEAD, lexicon), LanguageModel(write_arpa(tmp_path), lexicon)
    trie = build_trie(speller, model, 41, 40)
    labels = trie.search(list(speller.pronunciations("two")[0])).labels
    assert len(labels) == 6
    assert {model.dictionary.get_index(word) for word in ("two", "too")} <= set(labels)
    assert "limit" not in capfd.readouterr().err


def test_a_narrower_beam_beside_it_has_the_same_words(tmp_path: Path) -> None:
    wide = beam(tmp_path, PHONE_HEAD)
    narrow = wide.beside(BeamSettings(1, 3, 5.0, 1.0, 0.0))
    assert read(narrow, PHONE_HEAD, "S IY DH AH T AH M EY T OW", "")[0] == read(wide, PHONE_HEAD, "S IY DH AH T AH M EY T OW", "")[0]
    assert len(read(narrow, PHONE_HEAD, "T UW T AH M EY T OW Z", "")) == 1 < len(read(wide, PHONE_HEAD, "T UW T AH M EY T OW Z", ""))
