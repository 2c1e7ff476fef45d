from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional
from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperModel

from models.records import FrameClock
from models.train import whisper_encoder
from models.train.whisper_encoder import BANDS, CLOCK, HOP, LOUDNESS_RMS, WINDOW, WhisperEncoder, check_student, encoder_weights
from tests.models.data.ctranslate2 import write_weights

pytestmark = pytest.mark.train

OTHERS = {"decoder_layers": 1, "decoder_attention_heads": 2, "decoder_ffn_dim": 8, "num_mel_bins": BANDS}


@pytest.fixture(scope="module")
def theirs() -> WhisperModel:
    """transformers' own Whisper, small and random."""
    torch.manual_seed(1)
    config = WhisperConfig(d_model=128, encoder_layers=2, encoder_attention_heads=2, encoder_ffn_dim=96, **OTHERS)
    return WhisperModel(config).eval()


@pytest.fixture(scope="module")
def weights(theirs: WhisperModel) -> dict[str, np.ndarray]:
    return ctranslate2_names(theirs)


@pytest.fixture(scope="module")
def encoder(weights: dict[str, np.ndarray]) -> WhisperEncoder:
    return WhisperEncoder(weights)


def ctranslate2_names(model: WhisperModel) -> dict[str, np.ndarray]:
    """The encoder's weights as CTranslate2's converter names and joins them, without `encoder/`."""
    state = {name: tensor.detach().numpy() for name, tensor in model.encoder.state_dict().items()}
    named = {f"{conv}/{kind}": state[f"{conv}.{kind}"] for conv in ("conv1", "conv2") for kind in ("weight", "bias")}
    named |= {"layer_norm/gamma": state["layer_norm.weight"], "layer_norm/beta": state["layer_norm.bias"]}
    for number in range(len(model.encoder.layers)):
        mine, name = f"layers.{number}", f"layer_{number}"
        state[f"{mine}.self_attn.k_proj.bias"] = np.zeros_like(state[f"{mine}.self_attn.q_proj.bias"])
        for kind in ("weight", "bias"):
            named[f"{name}/self_attention/linear_0/{kind}"] = np.concatenate([state[f"{mine}.self_attn.{part}_proj.{kind}"] for part in "qkv"])
            named[f"{name}/self_attention/linear_1/{kind}"] = state[f"{mine}.self_attn.out_proj.{kind}"]
            named[f"{name}/ffn/linear_0/{kind}"], named[f"{name}/ffn/linear_1/{kind}"] = state[f"{mine}.fc1.{kind}"], state[f"{mine}.fc2.{kind}"]
        for norm, source in (("self_attention", "self_attn_layer_norm"), ("ffn", "final_layer_norm")):
            named[f"{name}/{norm}/layer_norm/gamma"] = state[f"{mine}.{source}.weight"]
            named[f"{name}/{norm}/layer_norm/beta"] = state[f"{mine}.{source}.bias"]
    return named


def loud(samples: int) -> torch.Tensor:
    """(1, S) of the loudness that the encoder brings every clip to."""
    torch.manual_seed(2)
    waveform = torch.cumsum(torch.randn(1, samples), 1).diff(dim=1, prepend=torch.zeros(1, 1)) + torch.sin(torch.arange(samples) * 0.3)
    return waveform * (LOUDNESS_RMS / waveform.pow(2).mean().sqrt())


def test_the_spectrum_is_whispers_own(encoder: WhisperEncoder) -> None:
    waveform = loud(16_000)
    mine = encoder.log_mel(waveform, torch.tensor([16_000]))[0]
    # Theirs puts half a window in front, mirrored: 40 samples later its hop i + 1 is made of the samples of hop i here, but for the first.
    late = waveform[0, WINDOW // 2 - HOP :].numpy()
    expected = WhisperFeatureExtractor(feature_size=BANDS)(late, sampling_rate=16_000, padding="do_not_pad", return_tensors="pt").input_features[0]
    count = mine.shape[1] - 2
    assert torch.allclose(mine[:, 1:count], expected[:, 2 : 1 + count], atol=2e-3)


@torch.no_grad()
def test_states_are_those_of_transformers_front_end_and_blocks(encoder: WhisperEncoder, theirs: WhisperModel) -> None:
    waveform = loud(12_000)
    states, frames = encoder(waveform, torch.tensor([12_000]))
    assert frames.tolist() == [CLOCK.frames(12_000)] == [states[0].shape[1]]
    spectrum = encoder.log_mel(waveform, torch.tensor([12_000]))
    padded = functional.gelu(theirs.encoder.conv2(functional.gelu(theirs.encoder.conv1(spectrum)))).transpose(1, 2)
    assert torch.allclose(states[0], padded[:, 1 : 1 + states[0].shape[1]], atol=1e-5)
    hidden = states[0] + theirs.encoder.embed_positions.weight[: states[0].shape[1]]
    for number, layer in enumerate(theirs.encoder.layers):
        given = layer(hidden, attention_mask=None)
        hidden = given[0] if isinstance(given, tuple) else given
        assert torch.allclose(states[number + 1], hidden, atol=1e-4)


def test_the_first_blocks_alone_give_the_first_states(weights: dict[str, np.ndarray], encoder: WhisperEncoder) -> None:
    waveform, samples = loud(12_000), torch.tensor([12_000])
    whole = encoder(waveform, samples)[0]
    for blocks in (0, 1, 9):
        states = WhisperEncoder(weights, blocks=blocks)(waveform, samples)[0]
        assert len(states) == min(blocks + 1, len(whole))
        assert all(torch.equal(state, expected) for state, expected in zip(states, whole, strict=False))


def test_a_clip_beside_a_longer_one_is_heard_as_alone_and_as_loud(encoder: WhisperEncoder) -> None:
    torch.manual_seed(3)
    waveforms = torch.randn(2, 16_000) * torch.tensor([[0.1], [2.0]])
    waveforms[1, 9000:] = 0
    together, frames = encoder(waveforms, torch.tensor([16_000, 9000]))
    alone, count = encoder(waveforms[1:, :9000] * 0.01, torch.tensor([9000]))
    assert frames[1] == count[0] == alone[0].shape[1]
    for ours, single in zip(together, alone, strict=True):
        assert torch.allclose(ours[1, : count[0]], single[0], atol=1e-3)


def test_aligned_states_are_cut_or_filled_to_the_students_frames(encoder: WhisperEncoder) -> None:
    waveform, samples = loud(8000), torch.tensor([8000])
    whole, frames = encoder(waveform, samples)
    for length in (5, 60):
        cut, count = encoder.aligned(waveform, samples, length)
        kept = min(length, int(frames[0]))
        assert count.tolist() == frames.tolist()
        assert cut[1].shape == (1, length, 128)
        assert torch.equal(cut[1][0, :kept], whole[1][0, :kept])
        assert not cut[1][0, kept:].any()


@torch.no_grad()
def test_silence_behind_the_clip_is_heeded_and_not_given(
    weights: dict[str, np.ndarray], encoder: WhisperEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    waveform, samples = loud(8000), torch.tensor([8000])
    states, count = WhisperEncoder(weights, silence_s=0.2)(waveform, samples)
    assert count.tolist() == [CLOCK.frames(8000)] == [states[0].shape[1]]
    # The same power in more samples.
    monkeypatch.setattr(whisper_encoder, "LOUDNESS_RMS", LOUDNESS_RMS * (8000 / 11_200) ** 0.5)
    longer, frames = encoder(functional.pad(waveform, (0, 3200)), samples + 3200)
    assert frames.tolist() == [CLOCK.frames(11_200)]
    for mine, theirs in zip(states, longer, strict=True):
        assert torch.allclose(mine, theirs[:, : mine.shape[1]], atol=1e-3)
    monkeypatch.undo()
    assert not torch.allclose(states[2], encoder(waveform, samples)[0][2], atol=1e-3)


@torch.no_grad()
def test_sinks_are_heeded_as_so_many_more_frames_would_be(weights: dict[str, np.ndarray], encoder: WhisperEncoder) -> None:
    waveform, samples = loud(8000), torch.tensor([8000])
    plain = encoder(waveform, samples)[0]
    name = "layer_1/self_attention"
    joint = functional.linear(
        functional.layer_norm(plain[1], (128,), *(torch.from_numpy(weights[f"{name}/layer_norm/{kind}"]) for kind in ("gamma", "beta"))),
        *(torch.from_numpy(weights[f"{name}/linear_0/{kind}"]) for kind in ("weight", "bias")),
    )
    # A clip's own keys and values once more change nothing of its attention's means.
    own = {f"{name}/sink_keys": joint[0, :, 128:256].numpy(), f"{name}/sink_values": joint[0, :, 256:].numpy()}
    twice = WhisperEncoder({**weights, **own})(waveform, samples)[0]
    assert torch.allclose(twice[2], plain[2], atol=1e-4)
    other = {f"{name}/sink_keys": own[f"{name}/sink_keys"], f"{name}/sink_values": own[f"{name}/sink_values"] + 1}
    assert not torch.allclose(WhisperEncoder({**weights, **other})(waveform, samples)[0][2], plain[2], atol=1e-2)


def test_scales_are_of_every_state(encoder: WhisperEncoder) -> None:
    scales = encoder.scales([loud(8000)[0], loud(9000)[0]])
    assert len(scales) == 3
    assert all(scale.mean.shape == (128,) and (scale.deviation > 0).all() for scale in scales)


def test_a_student_that_cannot_be_compared_is_refused() -> None:
    check_student(FrameClock(320, 1040), 512)
    for clock, hidden in ((FrameClock(384, 1040), 512), (FrameClock(320, 400), 512), (FrameClock(320, 1040), 288)):
        with pytest.raises(ValueError, match="the teacher has 512 numbers a frame of 320 samples that sees 1040"):
            check_student(clock, hidden)


def test_weights_come_from_the_packages_file_in_float32(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = {"encoder/conv1/bias": np.array([0.5, 1.5], np.float16), "decoder/conv1/bias": np.zeros(3, np.float16)}
    write_weights(tmp_path / "model.bin", arrays)

    class Folder:
        def __init__(self, name: str) -> None:
            assert name == "whisper-base"

        def __enter__(self) -> Path:
            return tmp_path

        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr(whisper_encoder, "whisper_folder", Folder)
    weights = encoder_weights()
    assert weights["conv1/bias"].dtype == np.float32
    assert {name: array.tolist() for name, array in weights.items()} == {"conv1/bias": [0.5, 1.5]}
