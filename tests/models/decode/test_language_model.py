"""KenLM's figures against ones computed by hand from the tiny ARPA."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import pytest

from models.decode.language_model import LanguageModel
from protos.errors import BundleError
from tests.models.decode.tiny_words import ARPA, LEXICON, write_arpa


@pytest.mark.parametrize(
    ("text", "log10"),
    [
        ("see the tomato", -0.4 - 0.2 - 0.3 - (0.3 + 1)),
        ("two tomatoes", -(0.3 + 1) - 0.2 - (0.3 + 1)),
        ("", -(0.3 + 1)),
        ("okapi", -(0.3 + 2) - 1),
    ],
)
def test_a_sentence_has_the_probability_of_its_ngrams_and_its_end(tmp_path: Path, text: str, log10: float) -> None:
    model = LanguageModel(write_arpa(tmp_path), LEXICON)
    assert model.log_prob(text.split()) == pytest.approx(log10 * math.log(10), abs=1e-4)


def test_a_phrase_may_count_as_one_word_that_its_neighbours_still_see(tmp_path: Path) -> None:
    model = LanguageModel(write_arpa(tmp_path), LEXICON)
    around = model.log_prob_around(["see"], ["read", "the"], ["tomato"], -7.0)
    assert around == pytest.approx((-0.4 - 0.3 - (0.3 + 1)) * math.log(10) - 7, abs=1e-4)


def test_verified_bytes_are_read_as_a_file_is(tmp_path: Path) -> None:
    packed = LanguageModel.of(gzip.compress(ARPA.encode()), LEXICON)
    assert packed.log_prob(["see", "the"]) == LanguageModel(write_arpa(tmp_path), LEXICON).log_prob(["see", "the"])


def test_what_kenlm_refuses_is_a_broken_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="KenLM refuses it"):
        LanguageModel.of(b"nothing", LEXICON)
    with pytest.raises(BundleError, match=r"none\.arpa"):
        LanguageModel(tmp_path / "none.arpa", LEXICON)
