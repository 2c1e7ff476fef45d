from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from models.bundle import Bundle, load_bundle
from models.features import normalise, pcm_to_waveform
from models.recognizer import Recognizer
from models.records import CtcHead, FrameClock
from models.transcribe import read_pcm
from protos.errors import BundleError, InternalError, InvalidAudio, TooLong
from protos.messages import FinalReason

FIELD, STRIDE = 420, 320


@pytest.fixture(scope="module")
def tiny(tiny_bundle: Bundle) -> Recognizer:
    return Recognizer(tiny_bundle)


@pytest.fixture(scope="module")
def ours(shipped: Bundle) -> Recognizer:
    return Recognizer(shipped)


def noise(samples: int, seed: int = 0) -> bytes:
    return np.random.default_rng(seed).integers(-3000, 3000, samples).astype("<i2").tobytes()


def with_graph(
    bundle: Bundle, *nodes: onnx.NodeProto, inputs: object = None, outputs: object = None, constants: tuple[onnx.TensorProto, ...] = ()
) -> Bundle:
    """The bundle with a graph of a few nodes in place of its model."""
    taken = inputs or [helper.make_tensor_value_info("waveform", TensorProto.FLOAT, [1, "samples"])]
    given_back = outputs or [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, "frames", 8])]
    graph = helper.make_graph(list(nodes), "g", taken, given_back, list(constants))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    return replace(bundle, model=model.SerializeToString())


def reshaping(bundle: Bundle, *, factor: float = 1.0, width: int = 8) -> Bundle:
    """A model that cuts the waveform itself into rows of `width`."""
    shape = helper.make_tensor("shape", TensorProto.INT64, [3], [1, -1, width])
    scale = helper.make_tensor("scale", TensorProto.FLOAT, [], [factor])
    nodes = helper.make_node("Mul", ["waveform", "scale"], ["loud"]), helper.make_node("Reshape", ["loud", "shape"], ["logits"])
    return with_graph(bundle, *nodes, constants=(shape, scale))


@pytest.mark.parametrize("samples", [0, 1, 2, FIELD - 1])
def test_less_than_one_frame_is_too_short(tiny: Recognizer, samples: int) -> None:
    answer = tiny.recognize(noise(samples), 0)
    assert (answer.final_reason, answer.alternatives) == (FinalReason.TOO_SHORT, ())


@pytest.mark.parametrize("missing", [0, 1])
def test_the_shipped_models_receptive_field_is_the_line(ours: Recognizer, missing: int) -> None:
    answer = ours.recognize(noise(ours.bundle.manifest.clock.receptive_field_samples - missing), 0)
    assert (answer.final_reason == FinalReason.TOO_SHORT) == (missing > 0)


@given(st.integers(0, 5 * STRIDE))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_length_from_the_receptive_field_on_gives_as_many_frames_as_the_clock_says(tiny: Recognizer, more: int) -> None:
    waveform = normalise(pcm_to_waveform(noise(FIELD + more)))
    assert tiny.logits(waveform).shape == (more // STRIDE + 1, 8)


@pytest.mark.parametrize("level", [0, 1, -1, 32767, -32768])
def test_a_constant_is_no_speech(ours: Recognizer, level: int) -> None:
    answer = ours.recognize(np.full(16000, level, "<i2").tobytes(), 0)
    assert (answer.final_reason, answer.alternatives) == (FinalReason.NO_SPEECH, ())


@pytest.mark.parametrize("amplitude", [1, 32767])
def test_the_quietest_and_the_loudest_sound_have_an_answer(ours: Recognizer, amplitude: int) -> None:
    square = np.where(np.arange(16000) // 40 % 2, amplitude, -amplitude).astype("<i2")
    assert ours.recognize(square.tobytes(), 0).final_reason in {FinalReason.NO_SPEECH, FinalReason.RECOGNIZED}


def test_half_a_sample_is_refused(tiny: Recognizer) -> None:
    with pytest.raises(InvalidAudio, match="2001 bytes"):
        tiny.recognize(bytes(2001), 0)


def test_the_longest_segment_is_heard_and_one_sample_more_is_not(tiny: Recognizer) -> None:
    longest = noise(30 * 16000)
    assert tiny.recognize(longest, 0).final_reason in {FinalReason.NO_SPEECH, FinalReason.RECOGNIZED}
    with pytest.raises(TooLong, match="at most 30 s"):
        tiny.recognize(longest + b"\0\0", 0)


def test_a_recipe_is_heard_with_words_in_order_on_the_capture_clock(ours: Recognizer, root: Path) -> None:
    pcm = read_pcm(root / "tests/recordings/pumpkin-pie.flac")
    answer, later = ours.recognize(pcm, 0), ours.recognize(pcm, 160_000)
    best, shifted = answer.alternatives[0], later.alternatives[0]
    assert best.transcript.startswith("what go")
    assert best.transcript == shifted.transcript == " ".join(word.word for word in best.words)
    bounds = [offset for word in best.words for offset in (word.start_offset, word.end_offset)]
    assert bounds == sorted(bounds)
    assert 0 <= bounds[0] <= bounds[-1] <= len(pcm) // 2
    assert [word.start_offset + 160_000 for word in best.words] == [word.start_offset for word in shifted.words]
    assert [stage for stage, _ in answer.stage_seconds] == ["features", "infer", "decode"]
    assert all(seconds >= 0 for _, seconds in answer.stage_seconds)


def test_the_same_samples_give_the_same_logits_whatever_was_heard_before(ours: Recognizer, shipped: Bundle) -> None:
    waveform = normalise(pcm_to_waveform(noise(20_000)))
    alone = Recognizer(shipped).logits(waveform)
    ours.recognize(noise(33_000, seed=1), 0)
    assert np.array_equal(ours.logits(waveform), alone)


def test_volume_changes_next_to_nothing(ours: Recognizer, root: Path) -> None:
    """A letter that is nearly tied with another may fall either way: the deviation's floor moves the waveform a little, and INT8 rounds."""
    differing = total = 0
    for recording in sorted((root / "tests" / "recordings").glob("*.flac")):
        samples = np.frombuffer(read_pcm(recording), "<i2") // 4 * 4
        loud, quiet = (normalise(pcm_to_waveform(pcm.astype("<i2").tobytes())) for pcm in (samples, samples // 2))
        np.testing.assert_allclose(loud, quiet, rtol=1e-3, atol=1e-4)
        best = [ours.logits(waveform)[:, : ours.bundle.heads[-1].first + ours.bundle.heads[-1].size].argmax(axis=1) for waveform in (loud, quiet)]
        differing, total = differing + int((best[0] != best[1]).sum()), total + len(best[0])
    assert differing <= 0.02 * total, f"{differing} of {total} frames"


def test_a_clock_that_lies_about_the_model_is_our_fault_and_said(tiny_bundle: Bundle) -> None:
    lying = Recognizer(replace(tiny_bundle, manifest=replace(tiny_bundle.manifest, clock=FrameClock(STRIDE * 2, FIELD))))
    with pytest.raises(InternalError, match="the manifest's clock says"):
        lying.recognize(noise(4000), 0)


def test_audio_beyond_the_models_position_tables_is_an_internal_error_not_onnxruntimes_own(tiny_bundle: Bundle) -> None:
    lying = Recognizer(replace(tiny_bundle, manifest=replace(tiny_bundle.manifest, max_samples=10**7)))
    with pytest.raises(InternalError, match="512000 samples"):
        lying.recognize(noise(32 * 16000), 0)


def test_logits_that_are_no_numbers_are_an_internal_error(tiny_bundle: Bundle) -> None:
    broken = replace(reshaping(tiny_bundle, factor=float("inf")), manifest=replace(tiny_bundle.manifest, clock=FrameClock(8, 8)))
    with pytest.raises(InternalError, match="not finite"):
        Recognizer(broken).recognize(noise(80), 0)


def test_a_head_beyond_the_models_outputs_is_refused(tiny_bundle: Bundle) -> None:
    wide = CtcHead("characters", 3, 6, 3, ("<blank>", *"abcde"))
    with pytest.raises(BundleError, match="gives 8 outputs a frame, its heads need 9"):
        Recognizer(replace(tiny_bundle, heads=(wide,)))


def test_a_bundle_without_characters_is_refused(tiny_bundle: Bundle) -> None:
    with pytest.raises(BundleError, match="no head 'characters'"):
        Recognizer(replace(tiny_bundle, heads=tiny_bundle.heads[:1]))


def value(name: str, kind: int, *shape: int | str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        ([value("waveform", TensorProto.INT16, 1, "s")], [value("logits", TensorProto.INT16, 1, "s")]),
        ([value("waveform", TensorProto.FLOAT, "s")], [value("logits", TensorProto.FLOAT, "s")]),
        ([value("waveform", TensorProto.FLOAT, 1, "s"), value("lengths", TensorProto.INT64, 1)], [value("logits", TensorProto.FLOAT, 1, "s")]),
        ([value("waveform", TensorProto.FLOAT, 1, "s")], [value("logits", TensorProto.FLOAT, 1, "s")]),
    ],
)
def test_a_graph_of_another_signature_is_refused(tiny_bundle: Bundle, inputs: object, outputs: object) -> None:
    with pytest.raises(BundleError, match="must take float waveform"):
        Recognizer(with_graph(tiny_bundle, helper.make_node("Identity", ["waveform"], ["logits"]), inputs=inputs, outputs=outputs))


def test_an_operator_onnxruntime_does_not_know_is_refused_by_the_models_name(tiny_bundle: Bundle) -> None:
    with pytest.raises(BundleError, match=r"model\.onnx: onnxruntime refuses it"):
        Recognizer(with_graph(tiny_bundle, helper.make_node("NoSuchOperator", ["waveform"], ["logits"])))


def test_a_bundle_read_again_hears_the_same(tiny: Recognizer, tiny_bundle: Bundle) -> None:
    pcm = noise(8000)
    assert Recognizer(load_bundle(tiny_bundle.path)).recognize(pcm, 0).alternatives == tiny.recognize(pcm, 0).alternatives
