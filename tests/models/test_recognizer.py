"""Every segment has a defined answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper

from models.bundle import Bundle
from models.recognizer import Recognizer
from models.transcribe import read_pcm
from protos.errors import BundleError, InternalError, InvalidAudio, TooLong
from protos.messages import FinalReason, PhraseHint
from tests.models.tiny import CHARACTERS, CLOCK, bundle_of, saying, speaking_graph

LONG = saying("hello " * 120)
STAGES = ["features", "infer", "decode"]


def noise(samples: int, seed: int = 1) -> bytes:
    return np.random.default_rng(seed).integers(-3000, 3000, samples).astype("<i2").tobytes()


@pytest.fixture(scope="module")
def speaking() -> Recognizer:
    """Says 'hello hello ...' whatever it hears."""
    return Recognizer(bundle_of(speaking_graph(LONG)))


@pytest.mark.parametrize("missing", [1, 2, 400, 9999])
def test_what_is_shorter_than_one_frame_is_too_short(speaking: Recognizer, shipped: Recognizer, missing: int) -> None:
    for recognizer in (speaking, shipped):
        answer = recognizer.recognize(noise(max(0, recognizer.bundle.manifest.clock.receptive_field_samples - missing)), 0)
        assert (answer.final_reason, answer.alternatives) == (FinalReason.TOO_SHORT, ())


def test_one_frame_is_enough(speaking: Recognizer) -> None:
    (best,) = speaking.recognize(noise(CLOCK.receptive_field_samples), 0).alternatives
    assert best.transcript == "h"


@pytest.mark.parametrize("level", [0, 1, -1, 16384, -32768, 32767])
def test_one_value_throughout_is_no_speech(speaking: Recognizer, level: int) -> None:
    answer = speaking.recognize(np.full(16000, level, "<i2").tobytes(), 0)
    assert (answer.final_reason, answer.alternatives) == (FinalReason.NO_SPEECH, ())


def test_no_words_are_no_speech_and_all_stages_were_timed() -> None:
    answer = Recognizer(bundle_of(speaking_graph(saying(" " * 100)))).recognize(noise(16000), 0)
    assert (answer.final_reason, answer.alternatives) == (FinalReason.NO_SPEECH, ())
    assert [stage for stage, _ in answer.stage_seconds] == STAGES


def test_words_are_timed_on_the_capture_clock_and_end_within_the_segment(speaking: Recognizer) -> None:
    answer = speaking.recognize(noise(16000), 5_000_000)
    assert answer.final_reason is FinalReason.RECOGNIZED
    assert [stage for stage, _ in answer.stage_seconds] == STAGES
    assert all(seconds >= 0 for _, seconds in answer.stage_seconds)
    (best,) = answer.alternatives
    assert best.transcript.startswith("hello hello ")
    assert best.words[0].start_offset == 5_000_000 + CLOCK.span(0)[0]
    assert best.words[-1].end_offset <= 5_016_000


def test_a_segment_as_long_as_the_model_takes_is_recognised_and_one_sample_more_is_not(speaking: Recognizer) -> None:
    longest = speaking.bundle.manifest.max_samples
    assert speaking.recognize(noise(longest), 0).final_reason is FinalReason.RECOGNIZED
    with pytest.raises(TooLong, match=r"30\.00 s, the model takes at most 30 s"):
        speaking.recognize(noise(longest + 1), 0)


@pytest.mark.parametrize("size", [1, 5503, 32001])
def test_half_a_sample_is_invalid_audio(speaking: Recognizer, size: int) -> None:
    with pytest.raises(InvalidAudio, match=f"{size} bytes"):
        speaking.recognize(b"\x01" * size, 0)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_output_that_is_not_finite_is_our_fault(bad: float) -> None:
    logits = LONG.copy()
    logits[7, 3] = bad
    with pytest.raises(InternalError, match="not finite"):
        Recognizer(bundle_of(speaking_graph(logits))).recognize(noise(16000), 0)


def test_frames_that_do_not_match_the_clock_are_our_fault() -> None:
    with pytest.raises(InternalError, match="36 frames for 16000 samples, the manifest's clock says 35"):
        Recognizer(bundle_of(speaking_graph(LONG, extra_frames=1))).recognize(noise(16000), 0)


def without_outputs_for_every_head() -> bytes:
    return speaking_graph(LONG[:, : CHARACTERS.size])


def with_two_outputs() -> bytes:
    model = onnx.ModelProto.FromString(speaking_graph(LONG))
    model.graph.output.append(helper.make_tensor_value_info("frames", onnx.TensorProto.INT64, [1]))
    return bytes(model.SerializeToString())


def with_an_unknown_operator() -> bytes:
    model = onnx.ModelProto.FromString(speaking_graph(LONG))
    model.graph.node[0].op_type = "Divine"
    return bytes(model.SerializeToString())


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (without_outputs_for_every_head, "gives 29 outputs a frame, its heads need 31"),
        (with_two_outputs, "must take float waveform"),
        (with_an_unknown_operator, "onnxruntime refuses it"),
        (lambda: b"", "onnxruntime refuses it"),
    ],
    ids=["too few outputs", "two outputs", "unknown operator", "empty"],
)
def test_a_graph_that_cannot_serve_is_refused_at_the_start(model: Callable[[], bytes], why: str) -> None:
    with pytest.raises(BundleError, match=why):
        Recognizer(bundle_of(model()))


def test_the_same_samples_give_the_same_answer_whatever_came_before(tiny_bundle: Bundle) -> None:
    recognizer = Recognizer(tiny_bundle)
    first = recognizer.logits(np.random.default_rng(1).standard_normal(9000).astype(np.float32))
    recognizer.recognize(noise(20_001), 0)
    again = recognizer.logits(np.random.default_rng(1).standard_normal(9000).astype(np.float32))
    np.testing.assert_array_equal(first, again)


@given(st.integers(0, 30_000), st.integers(0, 3), st.integers(0, 2**40))
@settings(max_examples=25, deadline=None)
def test_any_samples_have_an_answer_within_the_segment(speaking_tiny: Recognizer, samples: int, seed: int, start_sample: int) -> None:
    answer = speaking_tiny.recognize(noise(samples, seed), start_sample)
    assert (answer.final_reason is FinalReason.RECOGNIZED) == bool(answer.alternatives)
    for word in (word for best in answer.alternatives for word in best.words):
        assert start_sample <= word.start_offset < word.end_offset <= start_sample + samples


@pytest.fixture(scope="module")
def speaking_tiny(tiny_bundle: Bundle) -> Recognizer:
    return Recognizer(tiny_bundle)


@pytest.mark.parametrize("threads", [1, 3])
def test_a_session_has_the_threads_it_was_given_and_none_of_them_spins(tiny_bundle: Bundle, threads: int) -> None:
    options = Recognizer(tiny_bundle, threads)._session.get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (threads, 1)
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"


def test_a_hinted_phrase_is_heard_where_it_was_nearly_heard(shipped: Recognizer, root: Path) -> None:
    """Another reading that fits the audio nearly as well comes first once it is hinted; one that nobody read does not."""
    pcm = read_pcm(root / "tests" / "recordings" / "garlic-shrimp.flac")
    best, second, *_ = shipped.recognize(pcm, 0).alternatives
    hinted = shipped.recognize(pcm, 0, (PhraseHint(second.transcript, 20.0),)).alternatives
    assert hinted[0].transcript == second.transcript
    assert shipped.recognize(pcm, 0, (PhraseHint("an elephant in the room", 20.0),)).alternatives[0].transcript == best.transcript
