"""The training class against the two truths it stands between: transformers without rotation, the seed's own code with it."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import onnxruntime as ort
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCTC, Wav2Vec2Config, Wav2Vec2ForCTC, WhisperConfig, WhisperModel

from models.bundle import default_bundle_dir
from models.export.checkpoint import read_checkpoint
from models.export.graph import build_graph
from models.train.wav2vec2 import HarkenWav2Vec2Config, HarkenWav2Vec2ForCTC
from protos.errors import BundleError

pytestmark = pytest.mark.train

TINY = {
    "vocab_size": 32,
    "hidden_size": 72,
    "num_hidden_layers": 7,
    "num_attention_heads": 2,
    "intermediate_size": 40,
    "conv_dim": [6, 8, 8],
    "conv_kernel": [10, 3, 4],
    "conv_stride": [5, 2, 2],
    "num_conv_pos_embeddings": 6,
    "num_conv_pos_embedding_groups": 4,
}
LAYER = {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True}
FAMILIES = {
    "layer norm, norms before": LAYER,
    "group norm, norms after": {"feat_extract_norm": "group", "do_stable_layer_norm": False, "conv_bias": False},
    "layer norm, norms after": {**LAYER, "do_stable_layer_norm": False, "num_conv_pos_embeddings": 5},
    "kernels as wav2vec2-base's": {**LAYER, "conv_dim": [6] * 4, "conv_kernel": [10, 3, 3, 2], "conv_stride": [5, 2, 2, 2]},
}


def tiny(rotary_scale: float = 0.0, **changes: Any) -> HarkenWav2Vec2ForCTC:
    torch.manual_seed(1)
    model = HarkenWav2Vec2ForCTC(HarkenWav2Vec2Config(**{**TINY, **LAYER, "rotary_scale": rotary_scale, **changes})).eval()
    for name, parameter in model.named_parameters():
        if "sink" in name:
            torch.nn.init.normal_(parameter)
    return model


def batch(samples: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(2)
    waveforms = torch.randn(len(samples), max(samples))
    for row, count in enumerate(samples):
        waveforms[row, count:] = 0
    return waveforms, torch.tensor(samples)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
@torch.no_grad()
def test_without_rotation_it_is_transformers_own_class(family: dict[str, Any]) -> None:
    ours = tiny(**family).double()
    stock = Wav2Vec2ForCTC(Wav2Vec2Config(**{**TINY, **family})).eval().double()
    stock.load_state_dict(ours.state_dict())
    waveforms, samples = batch([1600, 1600] if family["feat_extract_norm"] == "group" else [1600, 900])
    mask = (torch.arange(1600)[None] < samples[:, None]).long()
    expected = stock(waveforms.double(), attention_mask=mask).logits
    heard = ours.hear(waveforms.double(), samples)
    for row, frames in enumerate(heard.frames):
        assert torch.allclose(heard.logits[row, :frames], expected[row, :frames], atol=1e-10)
    assert torch.equal(ours(waveforms.double(), attention_mask=mask).logits, heard.logits)


@pytest.mark.shared
@torch.no_grad()
def test_with_rotation_it_is_the_seeds_own_code(shared_dir: Path) -> None:
    seed = shared_dir / "weights" / "seed"
    sys.path.insert(0, str(seed / "train"))  # its modules import each other by bare names
    try:
        spec = importlib.util.spec_from_file_location("seed_model", seed / "train" / "model.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        student = module.load(str(seed)).double()
    finally:
        sys.path.remove(str(seed / "train"))
    ours = HarkenWav2Vec2ForCTC.from_pretrained(seed).eval().double()
    waveforms, samples = batch([32_000, 20_000, 2752])
    logits, frames, states, _ = student(waveforms.double(), samples, student.share)
    heard = ours.hear(waveforms.double(), samples)
    assert heard.frames.tolist() == frames.tolist()
    for row, count in enumerate(frames):
        assert torch.allclose(heard.logits[row, :count], logits[row, :count], atol=1e-5, rtol=0)
        for mine, theirs in zip(heard.states, states, strict=False):
            assert torch.allclose(mine[row, :count], theirs[row, :count], atol=1e-5, rtol=0)


@torch.no_grad()
def test_rotation_makes_a_difference_in_the_first_six_blocks_only() -> None:
    waveforms, samples = batch([1600])
    still, turned = tiny(0.0), tiny(1.0)
    turned.load_state_dict(still.state_dict())
    before, after = still.hear(waveforms, samples), turned.hear(waveforms, samples)
    assert torch.equal(before.states[0], after.states[0])
    assert not torch.allclose(before.states[1], after.states[1], atol=1e-4)
    assert [block.attention.scale for block in turned.wav2vec2.encoder.layers] == [1.0] * 6 + [0.0]


@torch.no_grad()
@pytest.mark.parametrize("sinks", [0, 3])
def test_a_row_does_not_hear_its_neighbours_nor_the_padding(sinks: int) -> None:
    model = tiny(1.0, attention_sinks=sinks).double()
    waveforms, samples = batch([1600, 700])
    together, alone = model.hear(waveforms.double(), samples), model.hear(waveforms[1:, :700].double(), samples[1:])
    frames = int(alone.frames[0])
    assert torch.allclose(together.logits[1, :frames], alone.logits[0], atol=1e-12)


@torch.no_grad()
def test_sinks_are_heeded_by_every_clip_beside_its_own_frames() -> None:
    with_sinks, without = tiny(1.0, attention_sinks=3), tiny(1.0)
    without.load_state_dict(with_sinks.state_dict(), strict=False)
    waveforms, samples = batch([1600])
    assert not torch.allclose(with_sinks.hear(waveforms, samples).logits, without.hear(waveforms, samples).logits, atol=1e-3)
    # Of no weight against the clip's own.
    for block in with_sinks.wav2vec2.encoder.layers:
        block.attention.sink_values.zero_()
        block.attention.sink_keys.zero_()
        block.attention.k_proj.weight.zero_()
        block.attention.k_proj.bias.zero_()
    heard = with_sinks.hear(waveforms, samples)
    frames = int(heard.frames[0])
    for block in without.wav2vec2.encoder.layers:
        block.attention.k_proj.weight.zero_()
        block.attention.k_proj.bias.zero_()
        block.attention.out_proj.weight *= frames / (frames + 3)
    assert torch.allclose(heard.logits, without.hear(waveforms, samples).logits, atol=1e-5)


@torch.no_grad()
def test_a_masked_frame_is_not_heard() -> None:
    model = tiny(1.0)
    waveforms, samples = batch([1600])
    masked = torch.ones(1, int(model.hear(waveforms, samples).frames[0]), dtype=torch.bool)
    assert torch.equal(model.hear(waveforms, samples, masked).logits, model.hear(waveforms * 0.5 + 1, samples, masked).logits)


@torch.no_grad()
def test_blocks_leave_values_out_only_in_training_and_only_when_asked() -> None:
    waveforms, samples = batch([1600])
    model = tiny(1.0, hidden_dropout=0.3, feat_proj_dropout=0.3)
    whole = model.hear(waveforms, samples)
    assert torch.equal(model.train().hear(waveforms, samples).logits, whole.logits)
    model.drop(0.5)
    dropped = model.hear(waveforms, samples)
    assert torch.equal(dropped.states[0], whole.states[0])
    assert not torch.equal(dropped.states[1], whole.states[1])
    assert torch.equal(model.eval().hear(waveforms, samples).logits, whole.logits)


def test_its_clock_is_the_exporters(tmp_path: Path) -> None:
    model = tiny(1.0, **FAMILIES["kernels as wav2vec2-base's"])
    model.save_pretrained(tmp_path)
    assert model.clock == read_checkpoint(tmp_path).shape.clock


def test_the_shipped_bundle_is_read_and_what_is_saved_reads_again(tmp_path: Path) -> None:
    model = HarkenWav2Vec2ForCTC.from_pretrained(default_bundle_dir())
    positions = model.config.rotary_scale, model.config.sinusoidal_positions
    assert any(positions)
    for name, tensor in load_file(default_bundle_dir() / "checkpoint.safetensors").items():
        assert torch.equal(model.state_dict()[name], tensor.float()), name
    model.save_pretrained(tmp_path)
    again = HarkenWav2Vec2ForCTC.from_pretrained(tmp_path)
    assert (again.config.rotary_scale, again.config.sinusoidal_positions) == positions
    assert all(torch.equal(tensor, again.state_dict()[name]) for name, tensor in model.state_dict().items())


@torch.no_grad()
def test_sinusoids_are_whispers_and_enter_before_the_first_block() -> None:
    waveforms, samples = batch([1600])
    still, placed = tiny(), tiny(sinusoidal_positions=True)
    table = WhisperModel(WhisperConfig(d_model=72, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, max_source_positions=200)).encoder
    expected = {}
    still.wav2vec2.encoder.layers[0].register_forward_pre_hook(lambda _, given: expected.update(still=given[0]))
    placed.wav2vec2.encoder.layers[0].register_forward_pre_hook(lambda _, given: expected.update(placed=given[0]))
    before, after = still.hear(waveforms, samples), placed.hear(waveforms, samples)
    added = table.embed_positions.weight[: before.states[0].shape[1]]
    assert torch.allclose(expected["placed"], expected["still"] + added, atol=1e-5)
    assert torch.equal(before.states[0], after.states[0])
    assert not torch.allclose(before.logits, after.logits, atol=1e-3)


@pytest.mark.parametrize(
    ("positions", "model_type"),
    [
        ({}, "wav2vec2"),
        ({"rotary_scale": 0.25}, "harken-wav2vec2"),
        ({"sinusoidal_positions": True}, "harken-wav2vec2"),
        ({"attention_sinks": 3}, "harken-wav2vec2"),
    ],
)
def test_only_without_positions_of_its_own_does_stock_transformers_load_it(tmp_path: Path, positions: dict[str, Any], model_type: str) -> None:
    model = tiny(**positions)
    model.save_pretrained(tmp_path)
    assert json.loads((tmp_path / "config.json").read_text())["model_type"] == model_type
    if positions:
        with pytest.raises(ValueError, match="harken-wav2vec2"):
            AutoModelForCTC.from_pretrained(tmp_path)
        waveforms, samples = batch([1600])
        again = HarkenWav2Vec2ForCTC.from_pretrained(tmp_path).eval()
        assert torch.equal(again.hear(waveforms, samples).logits, model.hear(waveforms, samples).logits)
    else:
        stock = AutoModelForCTC.from_pretrained(tmp_path)
        assert type(stock) is Wav2Vec2ForCTC
        assert torch.equal(stock.lm_head.weight, model.lm_head.weight)


@torch.no_grad()
@pytest.mark.parametrize("positions", [{}, {"rotary_scale": 1.0}, {"sinusoidal_positions": True}, {"rotary_scale": 1.0, "attention_sinks": 3}])
def test_the_exported_graph_computes_what_it_does(tmp_path: Path, positions: dict[str, Any]) -> None:
    model = tiny(**positions)
    model.save_pretrained(tmp_path)
    graph = build_graph(read_checkpoint(tmp_path), 32_000)
    session = ort.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    waveforms, samples = batch([9600, 1600])
    (logits,) = session.run(None, {"waveform": waveforms.numpy(), "lengths": samples.numpy()})
    heard = model.hear(waveforms, samples)
    for row, frames in enumerate(heard.frames):
        assert torch.allclose(torch.from_numpy(logits[row, :frames]), heard.logits[row, :frames], atol=1e-4)


def test_a_stock_checkpoint_is_read(tmp_path: Path) -> None:
    stock = Wav2Vec2ForCTC(Wav2Vec2Config(**{**TINY, **LAYER})).eval()
    stock.save_pretrained(tmp_path)
    ours = HarkenWav2Vec2ForCTC.from_pretrained(tmp_path).eval()
    waveforms, samples = batch([1600])
    with torch.no_grad():
        assert torch.allclose(ours.hear(waveforms, samples).logits, stock(waveforms).logits, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden_act": "relu"}, "hidden_act is 'relu'"),
        ({"feat_extract_activation": "relu"}, "feat_extract_activation is 'relu'"),
        ({"add_adapter": True}, "add_adapter is True"),
        ({"adapter_attn_dim": 16}, "adapter_attn_dim is 16"),
        ({"rotary_scale": -0.5}, "rotary_scale is -0.5"),
        ({"rotary_scale": float("inf")}, "rotary_scale is inf"),
        ({"rotary_scale": 1.0, "num_attention_heads": 4}, "with heads of 18"),
        ({"sinusoidal_positions": True, "hidden_size": 9, "num_attention_heads": 3, "num_conv_pos_embedding_groups": 3}, "hidden_size is 9"),
    ],
)
def test_a_configuration_that_it_does_not_understand_is_refused_by_name(change: dict[str, Any], message: str) -> None:
    with pytest.raises(BundleError, match=message):
        tiny(**change)


@pytest.mark.parametrize(
    ("name", "tensor", "message"),
    [
        ("lm_head.bias", None, "lm_head.bias is missing"),
        ("lm_head.scale", torch.zeros(1), "lm_head.scale is not understood"),
        ("lm_head.bias", torch.zeros(31), "lm_head.bias|size"),
    ],
)
def test_weights_that_are_not_whole_are_refused_by_name(tmp_path: Path, name: str, tensor: torch.Tensor | None, message: str) -> None:
    tiny(1.0).save_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    weights.pop(name, None)
    if tensor is not None:
        weights[name] = tensor
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises((BundleError, RuntimeError), match=message):
        HarkenWav2Vec2ForCTC.from_pretrained(tmp_path)
