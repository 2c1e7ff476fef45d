"""The decoding loop against a tiny real encoder and decoder in onnxruntime's own format, as the wheel has them."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from models.data.moonshine import DECODER, ENCODER, HEAD_SIZE, HEADS, TOKENS, Moonshine, moonshine_folder, parse_tokens
from protos.errors import ConfigurationError

VOCABULARY = [b"<unk>", b"<s>", b"</s>", "▁hi".encode(), "▁y".encode(), b"ou"]
SAID = [3, 4, 5, 2]


def write_ort(nodes: list[object], inputs: list[object], outputs: list[object], constants: dict[str, np.ndarray], path: Path) -> None:
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, [numpy_helper.from_array(value, name) for name, value in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.optimized_model_filepath = str(path)
    options.add_session_config_entry("session.save_model_format", "ORT")
    ort.InferenceSession(model.SerializeToString(), options)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An encoder that gives the waveform's mean, and a decoder that says SAID one by one: its memory's length is how far it is."""
    value = helper.make_tensor_value_info
    write_ort(
        [helper.make_node("ReduceMean", ["input_values"], ["last_hidden_state"], keepdims=1)],
        [value("input_values", TensorProto.FLOAT, [1, "S"]), value("attention_mask", TensorProto.INT64, [1, "S"])],
        [value("last_hidden_state", TensorProto.FLOAT, None)],
        {},
        tmp_path / ENCODER,
    )
    table = np.full((8, len(VOCABULARY)), -9, np.float32)
    for step, token in enumerate(SAID):
        table[step, token] = 3
    nodes = [
        helper.make_node("Shape", ["past_key_values.0.decoder.key"], ["far"], start=2, end=3),
        helper.make_node("Gather", ["table", "far"], ["row"]),
        helper.make_node("Unsqueeze", ["row", "zero"], ["logits"]),
        helper.make_node("Concat", ["past_key_values.0.decoder.key", "slot"], ["present.0.decoder.key"], axis=2),
    ]
    memory = [1, HEADS, "far", HEAD_SIZE]
    write_ort(
        nodes,
        [
            value("input_ids", TensorProto.INT64, [1, 1]),
            value("past_key_values.0.decoder.key", TensorProto.FLOAT, memory),
            value("use_cache_branch", TensorProto.BOOL, [1]),
        ],
        [value("logits", TensorProto.FLOAT, None), value("present.0.decoder.key", TensorProto.FLOAT, None)],
        {"table": table, "zero": np.array([0]), "slot": np.zeros((1, HEADS, 1, HEAD_SIZE), np.float32)},
        tmp_path / DECODER,
    )
    (tmp_path / TOKENS).write_bytes(b"".join(bytes([len(token)]) + token for token in VOCABULARY))
    return tmp_path


def test_tokens_are_taken_greedily_until_the_end_and_spelt(folder: Path) -> None:
    heard = Moonshine(folder).transcribe(np.zeros(16_000, np.float32))
    assert heard.text == "hi you"
    assert heard.mean_logprob == pytest.approx(-np.log(1 + 5 * np.exp(-12)), rel=1e-2)


def test_a_clip_has_no_more_tokens_than_speech_can_have(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.data.moonshine.END", 99)
    monkeypatch.setattr("models.data.moonshine.MAX_TOKENS_A_SECOND", 2)
    heard = Moonshine(folder).transcribe(np.zeros(16_000, np.float32))
    assert heard.text.startswith("hi you</s>")
    assert len(heard.text) < 30


def test_tokens_are_byte_strings_behind_their_lengths() -> None:
    long = bytes(200)
    assert parse_tokens(b"\x01a\x00\x02bc" + bytes([128 + 200 % 128, 200 // 128]) + long) == [b"a", b"", b"bc", long]


def test_the_wheels_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "moonshine_voice"
    (package / "assets" / "tiny-en").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('importing it loads its libraries')\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert moonshine_folder() == package / "assets" / "tiny-en"


def test_without_the_wheel_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.data.moonshine.PACKAGE", "moonshine_voice_that_is_not_there")
    with pytest.raises(ConfigurationError, match=r"moonshine-voice==0\.0\.49: pip install 'harken\[teach\]'"):
        moonshine_folder()
