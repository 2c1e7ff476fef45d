"""What is written is what is read, and what KenLM makes of it."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import numpy as np
import pytest
from flashlight.lib.text.decoder.kenlm import KenLM
from flashlight.lib.text.dictionary import Dictionary
from hypothesis import given, settings

from models.lm.arpa import from_arpa, pack, read_arpa, to_arpa
from models.lm.backoff import MARKS
from models.lm.corpus import Sentence, encode
from models.lm.prune import keep_best, worths
from protos.errors import ConfigurationError
from tests.models.lm.small import SENTENCES, SHOPPING, WORDS, model_of

BY_HAND = """
\\data\\
ngram 1=4
ngram 2=2

\\1-grams:
-99 <s>\t-0.5
-1.0\t</s>
-0.5\ttea\t-0.25
-0.75\tgreen\t-0.125

\\2-grams:
-0.25\tgreen tea
-0.5\t<s> green

\\end\\
""".replace("-99 <s>", "-99\t<s>")


def test_a_file_is_read_as_by_hand() -> None:
    model = from_arpa(BY_HAND)
    assert model.words == (*MARKS, "tea", "green")
    tokens = encode([("green", "tea"), ("tea", "green")], model.words)
    logs = np.log10(model.probabilities(tokens), where=tokens != 0, out=np.zeros(len(tokens)))
    assert logs == pytest.approx([0, -0.5, -0.25, -1.25, 0, -1.0, -1.0, -1.125])


@given(SENTENCES)
@settings(max_examples=30, deadline=None)
def test_what_is_read_is_what_was_written_to_two_digits_of_its_logarithm(sentences: list[Sentence]) -> None:
    model = model_of(sentences)
    again = from_arpa(to_arpa(model))
    assert (again.words, again.sizes) == (model.words, model.sizes)
    for level, same in zip(model.levels[1:], again.levels[1:], strict=True):
        assert same.context.tolist() == level.context.tolist()
        assert same.shorter.tolist() == level.shorter.tolist()
        assert same.token.tolist() == level.token.tolist()
        likely = level.probability > 0.1
        assert same.probability[likely] == pytest.approx(level.probability[likely], rel=0.012)
        assert same.probability[~likely] == pytest.approx(level.probability[~likely], rel=0.13)
        assert same.backoff == pytest.approx(level.backoff, rel=0.13)
    assert to_arpa(again) == to_arpa(model)


def test_the_order_of_ngrams_in_a_file_does_not_matter() -> None:
    text = to_arpa(model_of(SHOPPING))
    sections = [part.splitlines() for part in text.split("\n\n")]
    shuffled = "\n\n".join("\n".join([lines[0], *(lines[:0:-1] if lines[0] in {"\\2-grams:", "\\3-grams:"} else lines[1:])]) for lines in sections)
    assert shuffled != text
    straight, sorted_again = from_arpa(text), from_arpa(shuffled)
    assert to_arpa(sorted_again) == text
    for level, same in zip(straight.levels, sorted_again.levels, strict=True):
        assert same.shorter.tolist() == level.shorter.tolist()


@pytest.mark.parametrize("gzipped", [True, False])
def test_kenlm_gives_what_we_give(tmp_path: Path, gzipped: bool) -> None:
    whole = model_of(SHOPPING, 4)
    model = keep_best(whole, worths(whole), 20)
    path = tmp_path / ("lm.arpa.gz" if gzipped else "lm.arpa")
    path.write_bytes(pack(model) if gzipped else to_arpa(model).encode())
    theirs, ours = KenLM(str(path), Dictionary(list(WORDS))), read_arpa(path)
    for sentence in [*SHOPPING, ("list", "milk", "milk"), ("to", "add", "the", "add")]:
        state, scores = theirs.start(False), []
        for word in sentence:
            state, score = theirs.score(state, WORDS.index(word))
            scores.append(score)
        scores.append(theirs.finish(state)[1])
        assert scores == pytest.approx(np.log10(ours.probabilities(encode([sentence], WORDS))[1:]), abs=1e-4)


def test_packing_twice_gives_the_same_bytes_without_a_time() -> None:
    packed = pack(model_of(SHOPPING))
    assert packed == pack(model_of(SHOPPING))
    assert packed[4:8] == bytes(4), "gzip's time stamp"


def test_a_probability_of_zero_is_written_as_never() -> None:
    line = next(line for line in to_arpa(model_of(SHOPPING)).splitlines() if "<s>" in line)
    assert line.startswith("-99\t<s>\t")
    assert math.isclose(from_arpa(to_arpa(model_of(SHOPPING))).levels[1].probability[0], 0)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "names 0 sections"),
        (BY_HAND.replace("ngram 2=2", "ngram 2=3"), "names 3 2-grams, has 2"),
        (BY_HAND.replace("ngram 2=2\n", ""), "names 1 sections, has 2"),
        (BY_HAND.replace("green tea", "red tea"), "'red' is in a 2-gram and no 1-gram"),
        (BY_HAND.replace("-0.25\tgreen", "low\tgreen"), "low"),
        (BY_HAND.replace("-0.25\tgreen", "0.25\tgreen"), "a 2-gram has a probability above 1"),
        (BY_HAND.replace("-0.25\tgreen", "nan\tgreen"), "a number that is none"),
        (BY_HAND.replace("tea\t-0.25", "tea\tnan"), "a number that is none"),
        (BY_HAND.replace("<s> green", "green tea"), "a 2-gram is there twice"),
        (BY_HAND.replace("-0.5\ttea", "-0.5\tgreen"), "a 1-gram is there twice"),
        (
            BY_HAND.replace("ngram 2=2", "ngram 2=2\nngram 3=1").replace("\n\\end", "\n\\3-grams:\n-1\ttea green tea\n\n\\end"),
            "without its context or its ending",
        ),
    ],
    ids=["empty", "count", "section", "word", "letters", "positive", "nan", "weight", "twice", "word twice", "context"],
)
def test_what_is_no_arpa_is_refused(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "lm.arpa"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=rf"lm\.arpa: is not an ARPA file \(.*{why}"):
        read_arpa(path)


@pytest.mark.parametrize("raw", [b"\x1f\x8b", gzip.compress(b"\\data\\")[:-4], b"\xff\xfe", gzip.compress(b"x")[:10] + b"\xff" * 9])
def test_broken_bytes_are_refused(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "lm.arpa.gz"
    path.write_bytes(raw)
    with pytest.raises(ConfigurationError, match=r"lm\.arpa\.gz: "):
        read_arpa(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.arpa: No such file"):
        read_arpa(tmp_path / "none.arpa")
