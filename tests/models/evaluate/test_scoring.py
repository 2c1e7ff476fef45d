"""Recordings with a text are scored, the others counted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from models.ctc import Logits
from models.evaluate.scoring import labelled_rows, recorded_rows, score
from models.recognizer import Recognizer
from models.records import CtcHead
from protos.errors import ConfigurationError, TooLong
from tests.models.tiny import CHARACTERS, CLOCK, bundle_of, saying, speaking_graph


def write_manifest(folder: Path, rows: list[dict[str, Any]]) -> Path:
    noise = np.random.default_rng(1).standard_normal(16_000 * 3) * 0.1
    soundfile.write(folder / "noise.wav", noise, 16_000)
    (folder / "m.jsonl").write_text("".join(json.dumps({"audio": "noise.wav", **row}) + "\n" for row in rows))
    return folder / "m.jsonl"


def lasting(logits: Logits) -> Logits:
    """Followed by blanks for as long as the noise lasts."""
    blanks = np.zeros((CLOCK.frames(16_000 * 3) - len(logits), logits.shape[1]), np.float32)
    blanks[:, CHARACTERS.blank] = 9.0
    return np.concatenate([logits, blanks])


def test_rows_without_text_are_skipped_and_counted(tmp_path: Path) -> None:
    manifest = write_manifest(tmp_path, [{"text": "one"}, {"text": None}, {"text": " ,"}, {"text": "two"}])
    rows, skipped = labelled_rows(manifest)
    assert ([row["text"] for row in rows], skipped) == (["one", "two"], 2)


def test_a_limit_thins_evenly(tmp_path: Path) -> None:
    manifest = write_manifest(tmp_path, [{"text": letter} for letter in "abcdefgh"])
    assert [row["text"] for row in labelled_rows(manifest, 4)[0]] == ["a", "c", "e", "g"]


def test_where_texts_are_not_needed_no_row_is_skipped(tmp_path: Path) -> None:
    manifest = write_manifest(tmp_path, [{"text": "one"}, {"speaker": "s1"}, {"text": "two"}, {"speaker": "s2"}])
    assert len(recorded_rows(manifest)) == 4
    assert [row["text"] for row in recorded_rows(manifest, 2)] == ["one", "two"]
    with pytest.raises(ConfigurationError, match="line 1: audio is None, must be a path"):
        recorded_rows(write_manifest(tmp_path, [{"audio": None}]))
    with pytest.raises(ConfigurationError, match="has no row"):
        recorded_rows(write_manifest(tmp_path, []))


@pytest.mark.parametrize(("row", "why"), [({"text": "a", "audio": 3}, "line 1: audio is 3"), ({"text": ""}, "no row with a text")])
def test_a_manifest_that_cannot_be_scored_is_refused(tmp_path: Path, row: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        labelled_rows(write_manifest(tmp_path, [row]))


def test_an_utterance_is_scored_against_its_text(tmp_path: Path) -> None:
    manifest = write_manifest(tmp_path, [{"text": "Fish, and chips!", "speaker": "s1", "source": "cv13"}, {"text": "fish", "source": "kathleen"}])
    recognizer = Recognizer(bundle_of(speaking_graph(lasting(saying("fish an chips")))))
    first, second = score(recognizer, manifest, labelled_rows(manifest)[0])
    assert (first.speaker, first.slices[0], second.speaker, second.slices[0]) == ("s1", "cv", "noise.wav", "kathleen")
    assert (first.words.substitutions, first.words.errors, first.words.length) == (1, 1, 3)
    assert (first.characters.deletions, first.characters.errors, first.characters.length) == (1, 1, 14)
    assert first.substitutions == (("and", "an"),)
    assert (second.words.insertions, second.words.length) == (2, 1)
    assert first.tokens["characters"].length == 14
    (reading,) = first.readings
    assert 0 < reading.confidence <= 1
    assert reading.accuracy == pytest.approx(2 / 3)
    assert [right for _, right in reading.words] == [True, False, True]


@pytest.mark.parametrize("samples", [np.zeros(16_000), np.ones(100) * 0.1])
def test_what_the_model_is_not_asked_about_is_all_missed(tmp_path: Path, samples: np.ndarray) -> None:
    """A dead microphone, and a click shorter than one frame."""
    manifest = write_manifest(tmp_path, [{"text": "fish pie", "audio": "other.wav"}])
    soundfile.write(tmp_path / "other.wav", samples, 16_000)
    (utterance,) = score(Recognizer(bundle_of(speaking_graph(saying("fish")))), manifest, labelled_rows(manifest)[0])
    assert (utterance.words.deletions, utterance.tokens["characters"].deletions, utterance.readings) == (2, 8, ())


def test_a_recording_that_is_too_long_is_named(tmp_path: Path) -> None:
    manifest = write_manifest(tmp_path, [{"text": "fish", "audio": "long.wav"}])
    soundfile.write(tmp_path / "long.wav", np.tile([0.1, -0.1], 16_000 * 16), 16_000)
    with pytest.raises(TooLong, match=r"long\.wav: the segment has 32\.00 s"):
        list(score(Recognizer(bundle_of(speaking_graph(saying("fish")))), manifest, labelled_rows(manifest)[0]))


def test_phones_are_scored_against_how_the_text_is_said(tmp_path: Path) -> None:
    logits = lasting(saying("fish", outputs=36))
    phones = CtcHead("phones", 31, 5, 31, ("<blank>", "F", "IH", "SH", "AA"))
    logits[:, phones.first] = 3.0
    for frame, symbol in ((0, 1), (2, 2), (4, 4)):
        logits[frame, phones.first + symbol] = 9.0
    bundle = replace(bundle_of(speaking_graph(logits)), heads=(*bundle_of(speaking_graph(logits)).heads, phones))
    manifest = write_manifest(tmp_path, [{"text": "fish"}])
    (utterance,) = score(Recognizer(bundle), manifest, labelled_rows(manifest)[0])
    counts = utterance.tokens["phones"]
    assert (counts.length, counts.substitutions, counts.errors) == (3, 1, 1)
