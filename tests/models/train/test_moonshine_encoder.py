from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from transformers import MoonshineConfig, MoonshineModel

from models.records import FrameClock
from models.train.moonshine_encoder import HEADS, HIDDEN, LAYERS, Alignment, MoonshineEncoder, encoder_weights

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def theirs() -> MoonshineModel:
    """transformers' own Moonshine tiny, random."""
    torch.manual_seed(1)
    config = MoonshineConfig(hidden_size=HIDDEN, encoder_num_hidden_layers=LAYERS, decoder_num_hidden_layers=1)
    assert config.encoder_num_attention_heads == HEADS
    return MoonshineModel(config).eval()


@pytest.fixture(scope="module")
def weights(theirs: MoonshineModel) -> dict[str, np.ndarray]:
    return {name: tensor.numpy() for name, tensor in theirs.encoder.state_dict().items()}


@pytest.fixture(scope="module")
def encoder(weights: dict[str, np.ndarray]) -> MoonshineEncoder:
    return MoonshineEncoder(weights)


@torch.no_grad()
def test_it_computes_what_transformers_encoder_does(encoder: MoonshineEncoder, theirs: MoonshineModel) -> None:
    torch.manual_seed(2)
    waveforms = torch.randn(2, 16_000) * 0.1
    states, frames = encoder(waveforms, torch.tensor([16_000, 16_000]))
    expected = theirs.encoder(waveforms).last_hidden_state
    assert frames.tolist() == [expected.shape[1]] * 2
    assert torch.allclose(theirs.encoder.layer_norm(states[-1]), expected, atol=1e-4)


def test_a_clip_beside_a_longer_one_is_heard_as_alone(encoder: MoonshineEncoder) -> None:
    torch.manual_seed(3)
    waveforms = torch.randn(2, 16_000) * 0.1
    waveforms[1, 9000:] = 0
    together, frames = encoder(waveforms, torch.tensor([16_000, 9000]))
    alone, count = encoder(waveforms[1:, :9000], torch.tensor([9000]))
    assert frames[1] == count[0] == alone[0].shape[1]
    for ours, single in zip(together, alone, strict=True):
        assert torch.allclose(ours[1, : count[0]], single[0], atol=1e-4)


def test_aligned_states_are_the_later_frames_and_zeros_where_it_heard_none(weights: dict[str, np.ndarray]) -> None:
    torch.manual_seed(4)
    waveform, samples = torch.randn(1, 16_000) * 0.1, torch.tensor([16_000])
    encoder = MoonshineEncoder(weights, Alignment(2, 96))
    cut, frames = encoder.aligned(waveform, samples, 60)
    whole, count = encoder(waveform[:, 96:], samples - 96)
    assert frames[0] == count[0] - 2
    assert cut[3].shape == (1, 60, HIDDEN)
    assert torch.equal(cut[3][0, : frames[0]], whole[3][0, 2:])
    assert not cut[3][0, frames[0] :].any()


def test_scales_are_of_every_state(encoder: MoonshineEncoder) -> None:
    torch.manual_seed(5)
    scales = encoder.scales([torch.randn(8000) * 0.1, torch.randn(9000) * 0.1])
    assert len(scales) == LAYERS + 1
    assert all(scale.mean.shape == (HIDDEN,) and (scale.deviation > 0).all() for scale in scales)


def test_the_seeds_frames_lie_two_frames_and_ninety_six_samples_later() -> None:
    assert Alignment.to(FrameClock(384, 2752), HIDDEN) == Alignment(2, 96)


@pytest.mark.parametrize(("clock", "hidden"), [(FrameClock(320, 400), 288), (FrameClock(384, 895), 288), (FrameClock(384, 2752), 256)])
def test_a_student_that_cannot_be_compared_is_refused(clock: FrameClock, hidden: int) -> None:
    with pytest.raises(ValueError, match="the teacher has 288, 384 and 447"):
        Alignment.to(clock, hidden)


def test_weights_are_de_quantised_and_named_as_transformers_names_them(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    whole, scale, zero = random.integers(0, 255, (4, 3), np.uint8), np.float32(0.02), np.uint8(128)
    plain = {f"conv{n}.weight_add_tensor": random.standard_normal((2, 2, 2)).astype(np.float32) for n in (1, 2, 3)}
    plain |= {
        "onnx::Mul_2080": np.ones((4, 1), np.float32),
        "onnx::Add_2081": np.zeros((4, 1), np.float32),
        "layers.0.mlp.fc1.bias": np.ones(3, np.float32),
    }
    constants = {"w_quantized": whole, "w_scale": scale, "w_zero_point": zero, **plain}
    nodes = [
        helper.make_node(
            "DynamicQuantizeMatMul",
            ["x", "w_quantized", "w_scale", "w_zero_point"],
            ["y"],
            name="/layers.0/self_attn/q_proj/MatMul_quant",
            domain="com.microsoft",
        ),
        *(helper.make_node("Identity", [name], [f"kept {name}"]) for name in plain),
    ]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ["y", *(f"kept {name}" for name in plain)]]
    graph = helper.make_graph(
        nodes,
        "teacher",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])],
        outputs,
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)], ir_version=10)
    options = ort.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "encoder_model.ort")
    options.add_session_config_entry("session.save_model_format", "ORT")
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    ort.InferenceSession(model.SerializeToString(), options)
    weights = encoder_weights(tmp_path / "encoder_model.ort")
    np.testing.assert_allclose(weights["layers.0.self_attn.q_proj.weight"], ((whole.astype(np.float32) - 128) * scale).T)
    np.testing.assert_array_equal(weights["conv2.weight"], plain["conv2.weight_add_tensor"])
    assert weights["groupnorm.weight"].shape == (4,)
    assert weights["layers.0.mlp.fc1.bias"].tolist() == [1, 1, 1]
