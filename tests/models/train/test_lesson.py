from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from lhotse import CutSet

from models.data.teachers import MOONSHINE_TINY, WHISPER_BASE
from models.train import lesson
from models.train.lesson import Fitted, lesson_of
from models.train.loss import Scale
from models.train.manifests import cuts_of_group
from models.train.recipe import Recipe
from models.train.wav2vec2 import HarkenWav2Vec2ForCTC
from protos.errors import ConfigurationError
from tests.models.train.speech import recipe

pytestmark = pytest.mark.train

CPU = torch.device("cpu")
SINKS = {f"layer_{number}/self_attention/{kind}": np.ones((2, 64), np.float32) for number in range(2) for kind in ("sink_keys", "sink_values")}


@pytest.fixture
def model(data_dir: Path) -> HarkenWav2Vec2ForCTC:
    return HarkenWav2Vec2ForCTC.from_pretrained(data_dir / "seed")


@pytest.fixture
def groups(data_dir: Path) -> list[CutSet]:
    return [cuts_of_group(data_dir, recipe().groups[0], recipe(), frozenset())[0]]


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Whisper has two small random blocks and takes every student; how many clips its sinks were fitted on, each time."""
    random, calls = np.random.default_rng(1), []
    sizes = {"conv1": (64, 80, 3), "conv2": (64, 64, 3)}
    for number in range(2):
        block = f"layer_{number}"
        sizes |= {f"{block}/self_attention/linear_0": (192, 64), f"{block}/self_attention/linear_1": (64, 64)}
        sizes |= {f"{block}/ffn/linear_0": (32, 64), f"{block}/ffn/linear_1": (64, 32)}
    weights = {f"{name}/weight": random.standard_normal(size).astype(np.float32) * 0.1 for name, size in sizes.items()}
    weights |= {f"{name}/bias": np.zeros(size[0], np.float32) for name, size in sizes.items()}
    norms = [f"layer_{number}/{part}/layer_norm" for number in range(2) for part in ("self_attention", "ffn")]
    weights |= {f"{norm}/{kind}": np.full(64, kind == "gamma", np.float32) for norm in norms for kind in ("gamma", "beta")}

    def sinks_of(weights: object, clips: list[torch.Tensor]) -> dict[str, np.ndarray]:
        calls.append(len(clips))
        return SINKS

    monkeypatch.setattr(lesson, "whisper_weights", lambda: weights)
    monkeypatch.setattr(lesson, "check_student", lambda *_: None)
    monkeypatch.setattr(lesson, "sinks_of", sinks_of)
    return calls


def whisper(states: int) -> Recipe:
    return replace(recipe(), teacher=WHISPER_BASE, losses=replace(recipe().losses, states=(1.0,) * states))


def test_what_is_fitted_is_what_the_states_need(model: HarkenWav2Vec2ForCTC, groups: list[CutSet], fits: list[int]) -> None:
    for states, fitted_on in ((1, []), (2, [60]), (3, [60])):
        fits.clear()
        made = lesson_of(whisper(states), model, groups, Fitted(), CPU)
        heard, _ = made.encoder.aligned(torch.randn(1, 4000), torch.tensor([4000]), 5)
        assert (fits, len(made.fitted.scales), len(heard)) == (fitted_on, states, states)
        assert made.fitted.sinks.keys() == (SINKS.keys() if fitted_on else set())


def test_what_a_run_that_goes_on_has_is_not_fitted_again(model: HarkenWav2Vec2ForCTC, groups: list[CutSet], fits: list[int]) -> None:
    chosen = whisper(2)
    mine = Fitted([Scale(torch.zeros(64), torch.full((64,), 7.0))] * 3, {name: torch.from_numpy(2 * array) for name, array in SINKS.items()})
    made = lesson_of(chosen, model, groups, mine, CPU)
    assert not fits
    assert made.fitted.sinks == mine.sinks
    assert [float(scale.deviation[0]) for scale in made.fitted.scales] == [7.0, 7.0]
    waveform, samples = torch.randn(1, 4000), torch.tensor([4000])
    anew = lesson_of(chosen, model, groups, Fitted(mine.scales), CPU)
    assert fits == [60]
    assert not torch.equal(made.encoder.aligned(waveform, samples, 5)[0][1], anew.encoder.aligned(waveform, samples, 5)[0][1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"teacher": "whisper"}, "teacher is 'whisper'; there is moonshine-tiny-en and whisper-base"),
        ({"losses": replace(recipe().losses, states=(1.0,) * 8)}, "states has 8 weights; the teacher has 7 states, the student 8"),
        ({}, "seed: 72 numbers a frame of 20 samples"),
        ({"teacher": WHISPER_BASE}, "seed: 72 numbers a frame of 20 samples that sees .*; the teacher has 512 numbers a frame of 320"),
    ],
)
def test_a_teacher_that_does_not_fit_is_refused(model: HarkenWav2Vec2ForCTC, groups: list[CutSet], change: dict[str, object], message: str) -> None:
    chosen = replace(recipe(), teacher=MOONSHINE_TINY)
    with pytest.raises(ConfigurationError, match=message):
        lesson_of(replace(chosen, **change), model, groups, Fitted(), CPU)  # type: ignore[arg-type]
