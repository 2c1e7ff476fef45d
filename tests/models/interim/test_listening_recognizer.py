"""Listening changes no final result, and a model that cannot listen still recognises."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.interim.listening_recognizer import ListeningRecognizer, serving_recognizer
from models.recognizer import Recognizer
from protos.errors import BundleError
from tests.models.tiny import bundle_of, saying, speaking_graph


def test_a_final_result_is_the_same_bit_for_bit_whatever_was_heard_before(listening: ListeningRecognizer, shipped: Recognizer, root: Path) -> None:
    samples, _ = soundfile.read(root / "tests" / "recordings" / "fresh-tomato-salsa.flac", dtype="int16")
    pcm = samples.astype("<i2").tobytes()
    hearing = listening.listener(0)
    for first in range(0, len(pcm), 6400):
        hearing.push(pcm[first : first + 6400])
    alone = shipped.recognize(pcm, 0)
    after = listening.recognize(pcm, 0)
    assert (after.final_reason, after.alternatives) == (alone.final_reason, alone.alternatives)


def test_the_shipped_bundle_listens(shipped: Recognizer) -> None:
    assert isinstance(serving_recognizer(shipped.bundle), ListeningRecognizer)


def test_a_graph_that_cannot_be_cut_is_served_without_interim_results(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        recognizer = serving_recognizer(bundle_of(speaking_graph(saying("hello"))))
    assert not isinstance(recognizer, ListeningRecognizer)
    assert "no interim results" in caplog.text


def test_a_graph_that_cannot_even_recognise_is_refused() -> None:
    with pytest.raises(BundleError):
        serving_recognizer(bundle_of(b""))


def test_noise_that_is_no_speech_has_no_words_so_far(listening: ListeningRecognizer) -> None:
    hum = (3000 * np.sin(2 * np.pi * 50 * np.arange(16_000) / 16_000)).astype("<i2").tobytes()
    partial = listening.listener(0).push(hum)
    assert partial is not None
    assert listening.recognize(hum, 0).alternatives == ()
    assert partial.words == ()
