"""Two heads and a language model weigh every reading; either head alone would be wrong."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from models.ctc import log_softmax
from models.decode.beam import Reading
from models.decode.ctc_score import ctc_log_probs
from models.decode.decoder import Decoder, likelier
from models.decode.lexicon import Speller
from models.decode.nbest import Hint
from models.decode.weights import Weights
from models.pronounce.alphabet import encode
from models.records import CtcHead
from protos.errors import BundleError
from tests.models.decode.tiny_words import ARPA, HEADS, LETTER_HEAD, LEXICON, PHONE_HEAD, saying, write_arpa


@pytest.fixture
def decoder(tmp_path: Path) -> Decoder:
    return Decoder.load(HEADS, LEXICON, write_arpa(tmp_path))


def best(decoder: Decoder, logits: np.ndarray) -> str:
    return " ".join(decoder.decode(logits)[0].words)


def test_what_is_said_comes_first(decoder: Decoder) -> None:
    assert best(decoder, saying("S IY DH AH T AH M EY T OW", "see the tomato")) == "see the tomato"


def test_letters_decide_between_words_that_sound_alike(decoder: Decoder) -> None:
    assert [best(decoder, saying("R IY D T UW", f"read {word}")) for word in ("two", "too")] == ["read two", "read too"]


@pytest.mark.parametrize("head", HEADS, ids=lambda head: head.name)
def test_one_head_is_enough(tmp_path: Path, head: CtcHead) -> None:
    alone = Decoder.load((head,), LEXICON, write_arpa(tmp_path))
    assert best(alone, saying("S IY DH AH T AH M EY T OW", "see the tomato")) == "see the tomato"
    assert alone.head is head


def test_candidates_keep_phones_whichever_head_is_listed_first(tmp_path: Path) -> None:
    reversed_heads = Decoder.load((LETTER_HEAD, PHONE_HEAD), LEXICON, write_arpa(tmp_path))
    found = reversed_heads.decode(saying("S IY DH AH", "see the"))[0]
    assert reversed_heads.head is PHONE_HEAD
    assert [" ".join(PHONE_HEAD.tokens[symbol] for symbol in word) for word in found.symbols] == ["S IY", "DH AH"]


def test_the_score_is_made_of_what_the_heads_and_the_language_model_say(decoder: Decoder) -> None:
    weights, logits = Weights(), saying("S IY DH AH", "see the", sharpness=5.0)
    for candidate in decoder.decode(logits):
        acoustic = [
            ctc_log_probs(log_softmax(logits[:, head.first : head.first + head.size]), [speller.joined(symbols)], 0)[0]
            for head, speller, symbols in (
                (PHONE_HEAD, Speller(PHONE_HEAD, LEXICON), candidate.symbols),
                (LETTER_HEAD, Speller(LETTER_HEAD, LEXICON), Speller(LETTER_HEAD, LEXICON).spell(candidate.words)),
            )
        ]
        assert candidate.acoustic_log_prob == pytest.approx(acoustic[0], abs=0.05)
        weighed = acoustic[0] + weights.letters * acoustic[1] + weights.language * candidate.language_log_prob
        assert candidate.score == pytest.approx(weighed + weights.word * len(candidate.words), abs=0.05)


def test_a_temperature_flattens_what_is_read_and_leaves_the_scale_of_scores(tmp_path: Path) -> None:
    plain, warm = (Decoder.load(HEADS, LEXICON, write_arpa(tmp_path), Weights(temperature=temperature)) for temperature in (1.0, 2.0))
    logits = saying("S IY DH AH T UW", "see the two", sharpness=5.0)
    flat, found = plain.decode(logits / 2), warm.decode(logits)
    assert [one.words for one in found] == [one.words for one in flat]
    assert [one.score for one in found] == pytest.approx([2 * one.score for one in flat])
    assert len(found) >= len(plain.decode(logits))


def test_a_hint_moves_what_was_nearly_first(decoder: Decoder) -> None:
    logits = saying("R IY D T UW", "read to ")
    first, second = (one.words for one in decoder.decode(logits)[:2])
    assert {first[-1], second[-1]} == {"two", "too"}
    assert decoder.decode(logits, (Hint.of(" ".join(second)),))[0].words == second


def test_a_title_is_heard_whole_though_no_sound_speaks_for_one_of_its_words(tmp_path: Path) -> None:
    logits = saying("T AH M EY T OW T UW DH AH R EH D", "tomato two the read", sharpness=5.0)
    logits[24:30] = 0  # of DH AH
    plain, knowing = (Decoder.load(HEADS, LEXICON, write_arpa(tmp_path), titles=titles) for titles in ((), ("tomato two the read",)))
    assert best(plain, logits) != "tomato two the read"
    assert best(knowing, logits) == "tomato two the read"


def test_a_title_that_was_not_said_changes_nothing(tmp_path: Path) -> None:
    knowing = Decoder.load(HEADS, LEXICON, write_arpa(tmp_path), titles=("see two tomatoes",))
    assert best(knowing, saying("S IY DH AH T AH M EY T OW", "see the tomato")) == "see the tomato"


def test_a_hinted_phrase_is_heard_though_no_beam_reads_it_and_only_while_it_is_hinted(decoder: Decoder) -> None:
    logits = saying("T AH M EY T OW T UW DH AH R EH D", "tomato two the read", sharpness=5.0)
    logits[24:30] = 0  # of DH AH
    for _ in range(2):
        assert decoder.decode(logits, (Hint.of("two the read"),))[0].words == ("tomato", "two", "the", "read")
        assert best(decoder, logits) != "tomato two the read"


def test_a_text_read_twice_is_as_likely_as_either_way_makes_it() -> None:
    beam, title = (Reading(("two",), ((symbol,),), log_prob) for symbol, log_prob in ((1, -5.0), (2, -3.0)))
    assert likelier(beam, title) == Reading(("two",), ((1,),), -3.0)


def test_silence_has_no_candidates(decoder: Decoder) -> None:
    assert decoder.decode(saying("", "     ")) == []


def test_a_language_model_in_memory_is_the_same(tmp_path: Path) -> None:
    logits = saying("S IY DH AH T UW", "see the two", sharpness=4.0)
    packed = Decoder.load(HEADS, LEXICON, gzip.compress(ARPA.encode()))
    assert packed.decode(logits) == Decoder.load(HEADS, LEXICON, write_arpa(tmp_path)).decode(logits)


def test_a_head_that_cannot_say_the_words_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="head few"):
        Decoder.load((CtcHead("few", 0, 2, 0, ("<blank>", "AA")),), LEXICON, write_arpa(tmp_path))


def test_a_glance_weighs_what_a_narrow_beam_finds_as_all_readings_are_weighed(decoder: Decoder) -> None:
    logits = saying("R IY D T UW", "read too", sharpness=5.0)
    whole, glanced = decoder.decode(logits), decoder.glance(logits)
    assert glanced[0] == whole[0]
    assert {candidate.words: candidate.score for candidate in glanced}.items() <= {candidate.words: candidate.score for candidate in whole}.items()


def test_a_glance_at_silence_has_no_words(decoder: Decoder) -> None:
    assert decoder.glance(saying("", "      ")) == []


def test_what_the_frames_cannot_spell_is_no_reading(tmp_path: Path) -> None:
    """Two frames have room for the letters of "ax" and not for its three sounds; the shortest segments have one or two."""
    short = Decoder.load(HEADS, {**LEXICON, "ax": encode(("AE", "K", "S"))}, write_arpa(tmp_path))
    logits = np.zeros((2, PHONE_HEAD.size + LETTER_HEAD.size), np.float32)
    logits[[0, 1], [LETTER_HEAD.first + LETTER_HEAD.tokens.index(letter) for letter in "ax"]] = 9
    assert short.decode(logits) == []
    assert [one.words for one in short.decode(np.repeat(logits, 2, axis=0))] == [("ax",)]
