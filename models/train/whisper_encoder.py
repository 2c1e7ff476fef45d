"""Whisper's encoder in torch, for the regression. MIT; its weights come from the CTranslate2 file of a registry package. Never serves.

It hears a clip as a student of its own front end's sizes does, without the half window that the original puts before it, so that frame i of both is
made of the same samples. Its attention was trained on windows of 30 s and rests on the silence that fills them: sinks (models.train.sinks) stand in
for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional
from torchaudio.functional import melscale_fbanks

from models.data.ctranslate2_file import read_weights
from models.data.teachers import WHISPER_BASE
from models.data.whisper import WEIGHTS, whisper_folder
from models.records import FrameClock
from models.train.loss import Scale, scale_of
from models.train.wav2vec2 import attend, behind_sinks, sinusoids
from protos.messages import SAMPLE_RATE_HZ

WINDOW, HOP, STRIDE = 400, 160, 2
BANDS, HEAD_SIZE = 80, 64
# Of base; the class takes any.
HIDDEN, LAYERS = 512, 6
CLOCK = FrameClock(HOP * STRIDE, WINDOW + 4 * HOP)
# Of speech in the recordings that it learnt from, and of every clip that it hears here: the student hears normalised speech and cannot know.
LOUDNESS_RMS = 0.07
# Whisper's logarithm ends 8 (80 dB) below a clip's loudest band; a floor that does not depend on the clip lies there for speech of LOUDNESS_RMS.
FLOOR_LOG10 = -6.0


class WhisperEncoder:
    """What transformers' WhisperEncoder computes (tests), but for where the clip lies in its window, and what lies behind it."""

    def __init__(
        self,
        weights: Mapping[str, npt.NDArray[np.float32]],
        device: torch.device | str = "cpu",
        silence_s: float = 0.0,
        blocks: int | None = None,
    ) -> None:
        """weights: by the names of `encoder_weights`, with sinks or without. silence_s: behind every clip, heeded and not given.

        blocks: how many are computed; None: all.
        """
        self._silence = round(silence_s * SAMPLE_RATE_HZ)
        self._weights = {name: torch.from_numpy(array).to(device) for name, array in weights.items()}
        self._window, self._bands = torch.hann_window(WINDOW, device=device), torch.from_numpy(mel_bands()).to(device)
        self._hidden = len(self._weights["conv1/bias"])
        layers = sum(name.endswith("ffn/linear_0/bias") for name in weights)
        self._layers = layers if blocks is None else min(blocks, layers)

    @torch.no_grad()
    def __call__(self, waveforms: Tensor, samples: Tensor) -> tuple[list[Tensor], Tensor]:
        """(B, S), zeros behind each row's samples (B,) -> blocks + 1 tensors (B, T, H), the front end's and each block's, and (B,) frames."""
        hidden = self._front_end(functional.pad(waveforms, (0, self._silence)), samples)
        heeded = (torch.arange(hidden.shape[1], device=hidden.device) < _frames(samples + self._silence)[:, None])[:, None, None]
        states = [hidden]
        hidden = hidden + sinusoids(hidden)
        for layer in range(self._layers):
            hidden = self._block(f"layer_{layer}", hidden, heeded)
            states.append(hidden)
        length = CLOCK.frames(waveforms.shape[1])
        return [state[:, :length] for state in states], _frames(samples)

    def aligned(self, waveforms: Tensor, samples: Tensor, length: int) -> tuple[list[Tensor], Tensor]:
        """As __call__, its first `length` frames, padded with zeros where there are fewer."""
        states, frames = self(waveforms, samples)
        return [functional.pad(state, (0, 0, 0, max(0, length - state.shape[1])))[:, :length] for state in states], frames

    def scales(self, waveforms: Sequence[Tensor]) -> list[Scale]:
        """Of each state, over clips (S,)."""
        heard = [self(waveform[None], torch.tensor([len(waveform)], device=waveform.device))[0] for waveform in waveforms]
        return [scale_of(torch.cat([states[number][0] for states in heard])) for number in range(self._layers + 1)]

    def log_mel(self, waveforms: Tensor, samples: Tensor) -> Tensor:
        """(B, S), (B,) -> (B, BANDS, hops) as Whisper scales it, each clip brought to LOUDNESS_RMS."""
        power = (waveforms.float() ** 2).sum(1) / samples
        loud = waveforms.float() * (LOUDNESS_RMS * (power + 1e-10) ** -0.5)[:, None]
        spectrum = torch.stft(loud, WINDOW, HOP, window=self._window, center=False, return_complex=True)
        return ((self._bands @ (spectrum.abs() ** 2)).clamp(min=10.0**FLOOR_LOG10).log10() + 4) / 4

    def _front_end(self, waveforms: Tensor, samples: Tensor) -> Tensor:
        weights = self._weights
        hidden = functional.gelu(functional.conv1d(self.log_mel(waveforms, samples), weights["conv1/weight"], weights["conv1/bias"]))
        return functional.gelu(functional.conv1d(hidden, weights["conv2/weight"], weights["conv2/bias"], stride=STRIDE)).transpose(1, 2)

    def _block(self, name: str, hidden: Tensor, sounding: Tensor) -> Tensor:
        batch, frames, size = hidden.shape
        joint = self._linear(f"{name}/self_attention/linear_0", self._norm(f"{name}/self_attention/layer_norm", hidden))
        query, key, value = joint.view(batch, frames, 3, size // HEAD_SIZE, HEAD_SIZE).permute(2, 0, 3, 1, 4)
        mixed = self._attend(name, query, key, value, sounding).transpose(1, 2).reshape(batch, frames, size)
        hidden = hidden + self._linear(f"{name}/self_attention/linear_1", mixed)
        inner = functional.gelu(self._linear(f"{name}/ffn/linear_0", self._norm(f"{name}/ffn/layer_norm", hidden)))
        return hidden + self._linear(f"{name}/ffn/linear_1", inner)

    def _attend(self, name: str, query: Tensor, key: Tensor, value: Tensor, sounding: Tensor) -> Tensor:
        """(B, heads, T, D) each, the block's own sinks beside keys and values. sounding: (B, 1, 1, T)."""
        if (keys := self._weights.get(f"{name}/self_attention/sink_keys")) is not None:
            key, value = behind_sinks(keys, key), behind_sinks(self._weights[f"{name}/self_attention/sink_values"], value)
            sounding = functional.pad(sounding, (len(keys), 0), value=True)
        return attend(query, key, value, sounding)

    def _linear(self, name: str, hidden: Tensor) -> Tensor:
        return functional.linear(hidden, self._weights[f"{name}/weight"], self._weights[f"{name}/bias"])

    def _norm(self, name: str, hidden: Tensor) -> Tensor:
        return functional.layer_norm(hidden, (self._hidden,), self._weights[f"{name}/gamma"], self._weights[f"{name}/beta"])


def _frames(samples: Tensor) -> Tensor:
    return ((samples - CLOCK.receptive_field_samples) // CLOCK.stride_samples + 1).clamp(min=0)


def check_student(clock: FrameClock, hidden_size: int) -> None:
    """Raises: ValueError: a student of these frames and states cannot be compared to this teacher."""
    if (clock, hidden_size) != (CLOCK, HIDDEN):
        mine, theirs = (
            f"{size} numbers a frame of {one.stride_samples} samples that sees {one.receptive_field_samples}"
            for size, one in ((hidden_size, clock), (HIDDEN, CLOCK))
        )
        raise ValueError(f"{mine}; the teacher has {theirs}")


def encoder_weights(name: str = WHISPER_BASE) -> dict[str, npt.NDArray[np.float32]]:
    """float32 arrays by CTranslate2's names without `encoder/`. Raises: ConfigurationError: the teacher's packages are not installed."""
    with whisper_folder(name) as folder:
        stored = read_weights(folder / WEIGHTS)
    return {name.removeprefix("encoder/"): array.astype(np.float32) for name, array in stored.items() if name.startswith("encoder/")}


def mel_bands() -> npt.NDArray[np.float32]:
    """(BANDS, WINDOW / 2 + 1): Slaney's mel scale up to 8 kHz, triangles of equal area, as librosa's and Whisper's are."""
    bands = melscale_fbanks(WINDOW // 2 + 1, 0.0, SAMPLE_RATE_HZ / 2, BANDS, SAMPLE_RATE_HZ, norm="slaney", mel_scale="slaney")
    return np.ascontiguousarray(bands.T.numpy(), np.float32)
