"""A run without faults hears the stub's words by its rule, and real words by the bundle itself."""

from __future__ import annotations

from benchmarks.faults.commands import RECORDINGS
from benchmarks.faults.speech import QUERY_SAMPLES, Speech
from benchmarks.faults.stub import make_stub, transcript_of
from benchmarks.faults.words import WORDS


def test_the_stub_hears_the_same_words_in_the_same_samples_and_in_no_others() -> None:
    speech = Speech(RECORDINGS[0], 2)
    stub, model = make_stub()
    expected = WORDS["stub"]({"a": speech})
    heard = stub.recognize(speech.samples(100, 5000), 100)
    assert heard.alternatives[0].transcript == expected("a", 100, 5000) == transcript_of(speech.samples(100, 5000))
    assert expected("a", 100, 5001) != expected("a", 100, 5000)
    assert model.model_id == "deterministic-stub"


def test_the_bundle_hears_speech_and_nothing_in_silence() -> None:
    expected = WORDS["real"]({"a": Speech(RECORDINGS[1], 1)})
    assert expected("a", 0, QUERY_SAMPLES)
    assert expected("a", 0, 3000) == ""
