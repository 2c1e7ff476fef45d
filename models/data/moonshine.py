"""Moonshine tiny-en (MIT) as the wheel of moonshine-voice==0.0.49 ships it: transcripts with the model's own confidence. A teacher; never serves.

How its two graphs are used, found by trying: the encoder takes float32 at 16 kHz in -1..1, not normalised; the decoder starts with token 1, ends with
token 2, wants the encoder's mask at *sample* length, and gives the keys and values of its cross-attention at the first step only.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from models.ctc import log_softmax
from models.data.teachers import MOONSHINE_TINY, Transcript
from models.features import Waveform
from protos.errors import ConfigurationError
from protos.messages import SAMPLE_RATE_HZ

PACKAGE = "moonshine_voice"
ENCODER, DECODER, TOKENS = "encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin"
START, END = 1, 2
HEADS, HEAD_SIZE = 8, 36
# As the model's authors bound it: speech has no more tokens a second, a model that loops has.
MAX_TOKENS_A_SECOND = 6.5


def moonshine_folder() -> Path:
    """Where the installed wheel keeps the model. Raises: ConfigurationError: it is not installed, or is a version that downloads instead."""
    spec = find_spec(PACKAGE)
    places = list(spec.submodule_search_locations or []) if spec else []
    folder = next((path for place in places if (path := Path(place) / "assets" / "tiny-en").is_dir()), None)
    if folder is None:
        raise ConfigurationError(f"the teacher {MOONSHINE_TINY} comes with moonshine-voice==0.0.49: pip install 'harken[teach]'")
    return folder


def session_options() -> Any:
    """One thread: the machine's other cores have work of their own."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return options


class Moonshine:
    """Greedy decoding, about 70 times as fast as speech on one core."""

    name = MOONSHINE_TINY

    def __init__(self, folder: Path) -> None:
        self._encoder, self._decoder = (ort.InferenceSession(str(folder / name), session_options()) for name in (ENCODER, DECODER))
        self._tokens = parse_tokens((folder / TOKENS).read_bytes())
        self._inputs = {value.name for value in self._decoder.get_inputs()}
        self._kept = [value.name.replace("present", "past_key_values") for value in self._decoder.get_outputs()[1:]]

    def transcribe(self, waveform: Waveform) -> Transcript:
        """(S,) float32 in -1..1, 16 kHz."""
        mask = np.ones((1, len(waveform)), np.int64)
        (states,) = self._encoder.run(None, {"input_values": waveform[None], "attention_mask": mask})
        steady = {"encoder_hidden_states": states, "encoder_attention_mask": mask}
        memory = {name: np.zeros((1, HEADS, 0, HEAD_SIZE), np.float32) for name in self._inputs if name.startswith("past")}
        token, heard, scores = START, list[int](), list[float]()
        for step in range(int(len(waveform) / SAMPLE_RATE_HZ * MAX_TOKENS_A_SECOND) + 4):
            log_probs = self._step(token, step, steady, memory)
            token = int(log_probs.argmax())
            scores.append(float(log_probs[token]))
            if token == END:
                break
            heard.append(token)
        return Transcript(self._spell(heard), float(np.mean(scores)))

    def _step(self, token: int, step: int, steady: dict[str, Any], memory: dict[str, Any]) -> npt.NDArray[np.float32]:
        """Log-probabilities of the next token; `memory` is brought up to date."""
        feed = {**steady, **memory, "input_ids": np.array([[token]], np.int64), "use_cache_branch": np.array([step > 0])}
        logits, *new = self._decoder.run(None, {name: value for name, value in feed.items() if name in self._inputs})
        memory.update({name: value for name, value in zip(self._kept, new, strict=True) if step == 0 or "decoder" in name})
        return log_softmax(logits[0, -1])

    def _spell(self, tokens: list[int]) -> str:
        return b"".join(self._tokens[token] for token in tokens).decode("utf-8", "replace").replace("\u2581", " ").strip()


def parse_tokens(raw: bytes) -> list[bytes]:
    """Byte strings in the order of their ids, each behind its length; a length of 128 or more takes two bytes, the low seven bits first."""
    tokens, at = [], 0
    while at < len(raw):
        length, at = raw[at], at + 1
        if length >= 128:
            length, at = raw[at] * 128 + length - 128, at + 1
        tokens.append(raw[at : at + length])
        at += length
    return tokens
