"""What festival says of itself, read; festival itself is not needed: a program of its name says the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.festival import TimedWord, parse_words, speak
from protos.errors import ConfigurationError
from tests.benchmarks.fake_festival import install

TABLE = "let 0.22 0.54\n's 0.000000 0.000000\nfind 0.54 0.85\npie 0.85 1.2\n"


def test_what_is_split_off_at_an_apostrophe_belongs_to_the_word_before() -> None:
    assert parse_words(TABLE) == (TimedWord("let's", 0.22, 0.54), TimedWord("find", 0.54, 0.85), TimedWord("pie", 0.85, 1.2))


def test_sentences_are_spoken_by_the_voices_in_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch)
    spoken = speak(["let's eat", "good pie", "more"], ("rms", "slt"))
    assert [(one.text, one.voice) for one in spoken] == [("let's eat", "rms"), ("good pie", "slt"), ("more", "rms")]
    assert spoken[1].words == (TimedWord("good", 0.5, 1.0), TimedWord("pie", 1.0, 1.5))
    assert [len(one.pcm) for one in spoken] == [2 * 32_000, 2 * 32_000, 2 * 24_000]


def test_a_sentence_that_is_said_in_other_words_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch)
    assert [one.text for one in speak(["an abbr here", "here"])] == ["here"]


def test_a_voice_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch)
    with pytest.raises(ConfigurationError, match="said 1 of 2 sentences: unbound variable: voice_nobody"):
        speak(["one", "two"], ("rms", "nobody"))


def test_without_festival_one_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match="festvox-kallpc16k"):
        speak(["one"])
