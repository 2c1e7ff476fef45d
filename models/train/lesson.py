"""The teacher of the regression: its encoder, and what was fitted to the recordings before the first step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import torch
from lhotse import CutSet

from models.data import moonshine
from models.data.teachers import MOONSHINE_TINY, WHISPER_BASE
from models.train.batches import waveform_of
from models.train.loss import Scale
from models.train.moonshine_encoder import LAYERS as MOONSHINE_LAYERS
from models.train.moonshine_encoder import Alignment, MoonshineEncoder
from models.train.moonshine_encoder import encoder_weights as moonshine_weights
from models.train.recipe import Recipe
from models.train.sinks import sinks_of
from models.train.wav2vec2 import HarkenWav2Vec2ForCTC
from models.train.whisper_encoder import LAYERS as WHISPER_LAYERS
from models.train.whisper_encoder import WhisperEncoder, check_student
from models.train.whisper_encoder import encoder_weights as whisper_weights
from protos.errors import ConfigurationError

# Enough for means and deviations of 288 dimensions: 60 clips have some ten thousand frames.
FITTED_CLIPS = 60


class TeacherEncoder(Protocol):
    """A frozen network that hears the clean clip."""

    def aligned(self, waveforms: torch.Tensor, samples: torch.Tensor, length: int) -> tuple[list[torch.Tensor], torch.Tensor]:
        """(B, S), (B,) -> its states, `length` frames each, beside the student's; and (B,), how many of them it heard."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """Of a teacher, to some of the recordings; a run that goes on takes it along, since it takes minutes and would come out a little otherwise."""

    scales: list[Scale] = field(default_factory=list)
    """How far each state spreads, of those that are regressed."""
    sinks: Mapping[str, torch.Tensor] = field(default_factory=dict)
    """Whisper's, by the names of its weights."""


@dataclass(frozen=True, slots=True)
class Lesson:
    encoder: TeacherEncoder
    fitted: Fitted


def lesson_of(recipe: Recipe, model: HarkenWav2Vec2ForCTC, groups: list[CutSet], fitted: Fitted, device: torch.device) -> Lesson:
    """fitted: what a run that goes on has; what it lacks is fitted here.

    Raises: ConfigurationError: no such teacher, or the student's frames or hidden states do not fit its own.
    """
    layers = {MOONSHINE_TINY: MOONSHINE_LAYERS, WHISPER_BASE: WHISPER_LAYERS}.get(recipe.teacher)
    if layers is None:
        raise ConfigurationError(f"teacher is {recipe.teacher!r}; there is {MOONSHINE_TINY} and {WHISPER_BASE}")
    states = len(recipe.losses.states)
    if states > min(layers, model.config.num_hidden_layers) + 1:
        raise ConfigurationError(
            f"losses.states has {states} weights; the teacher has {layers + 1} states, the student {model.config.num_hidden_layers + 1}"
        )
    cuts = [cut for group in groups for cut in group]
    clips = [torch.from_numpy(waveform_of(cuts[index * len(cuts) // FITTED_CLIPS])) for index in range(FITTED_CLIPS)]
    encoder: MoonshineEncoder | WhisperEncoder
    try:
        if recipe.teacher == MOONSHINE_TINY:
            sinks: Mapping[str, torch.Tensor] = {}
            encoder = _moonshine(model, device)
        else:
            sinks, encoder = _whisper(model, clips, fitted.sinks, states - 1, device)
    except ValueError as error:
        raise ConfigurationError(f"{recipe.start.checkpoint}: {error}") from error
    scales = fitted.scales if len(fitted.scales) >= states else encoder.scales([clip.to(device) for clip in clips])
    return Lesson(encoder, Fitted([Scale(scale.mean.to(device), scale.deviation.to(device)) for scale in scales[:states]], sinks))


def _moonshine(model: HarkenWav2Vec2ForCTC, device: torch.device) -> MoonshineEncoder:
    """Raises: ValueError: the student cannot be compared to it."""
    alignment = Alignment.to(model.clock, model.config.hidden_size)
    return MoonshineEncoder(moonshine_weights(moonshine.moonshine_folder() / moonshine.ENCODER), alignment, device)


def _whisper(
    model: HarkenWav2Vec2ForCTC, clips: list[torch.Tensor], sinks: Mapping[str, torch.Tensor], blocks: int, device: torch.device
) -> tuple[Mapping[str, torch.Tensor], WhisperEncoder]:
    """Its first `blocks`, and the sinks that they need: those given, or, where there are none, fitted on the clips.

    Raises: ValueError: the student cannot be compared to it.
    """
    check_student(model.clock, model.config.hidden_size)
    weights = whisper_weights()
    if blocks and not sinks:
        sinks = {name: torch.from_numpy(array) for name, array in sinks_of(weights, clips).items()}
    return sinks, WhisperEncoder({**weights, **{name: tensor.numpy() for name, tensor in sinks.items()}}, device, blocks=blocks)
