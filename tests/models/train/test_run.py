from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from models.train.lesson import Fitted
from models.train.recipe import Recipe, Start
from models.train.run import assemble, optimiser_of, read_groups
from models.train.wav2vec2 import HarkenWav2Vec2ForCTC
from protos.errors import ConfigurationError
from tests.models.train.speech import recipe

pytestmark = pytest.mark.train


@pytest.fixture
def model(data_dir: Path) -> HarkenWav2Vec2ForCTC:
    return HarkenWav2Vec2ForCTC.from_pretrained(data_dir / "seed")


def named(model: HarkenWav2Vec2ForCTC, parameters: list[torch.nn.Parameter]) -> set[str]:
    ids = {id(parameter) for parameter in parameters}
    return {name for name, parameter in model.named_parameters() if id(parameter) in ids}


def test_the_first_blocks_have_a_rate_of_their_own_and_what_is_frozen_is_in_no_group(model: HarkenWav2Vec2ForCTC) -> None:
    front = "wav2vec2.feature_extractor.conv_layers.0."
    chosen: Recipe = replace(recipe(), start=Start("seed", (front,)), optimiser=replace(recipe().optimiser, rate=2e-3, rate_blocks=1e-3, blocks=6))
    optimiser, rates = optimiser_of(chosen, model)
    blocks, rest = (named(model, group["params"]) for group in optimiser.param_groups)
    assert rates == (1e-3, 2e-3)
    assert {name.split(".")[3] for name in blocks} == set("012345")
    assert any("encoder.layers.6." in name for name in rest)
    every = {name for name, _ in model.named_parameters()}
    assert every - blocks - rest == {name for name in every if name.startswith(front)} | {"wav2vec2.masked_spec_embed"}
    assert not any(parameter.requires_grad for name, parameter in model.named_parameters() if name.startswith(front))


def test_a_head_with_a_rate_of_its_own_is_a_group_of_its_own(model: HarkenWav2Vec2ForCTC) -> None:
    chosen = replace(recipe(), optimiser=replace(recipe().optimiser, rate=2e-3, rate_blocks=1e-3, rate_head=4e-3, blocks=6))
    optimiser, rates = optimiser_of(chosen, model)
    assert rates == (1e-3, 2e-3, 4e-3)
    blocks, rest, head = (named(model, group["params"]) for group in optimiser.param_groups)
    assert head == {"lm_head.weight", "lm_head.bias"}
    assert {name.split(".")[3] for name in blocks} == set("012345")
    assert not rest & (head | blocks)


def test_a_frozen_name_that_no_parameter_has_is_refused(model: HarkenWav2Vec2ForCTC) -> None:
    with pytest.raises(ConfigurationError, match=r"start\.frozen: no parameter's name begins with 'wav2vec3'"):
        optimiser_of(replace(recipe(), start=Start("seed", ("wav2vec3",))), model)


def test_every_group_says_what_it_has_and_what_was_left_out(data_dir: Path) -> None:
    said: list[str] = []
    list(read_groups(recipe(), data_dir, said.append))
    assert said == ["all: 24 clips, 0.00 h, 24 with text; left out: none"]


def test_several_processes_cannot_share_speech_that_lies_on_one_device(data_dir: Path, model: HarkenWav2Vec2ForCTC) -> None:
    on_device = replace(recipe(), batches=replace(recipe().batches, on_device=True))
    two = SimpleNamespace(num_processes=2, process_index=0, device=torch.device("cpu"))
    optimiser, rates = optimiser_of(on_device, model)
    with pytest.raises(ConfigurationError, match=r"batches\.on_device is for one process, there are 2"):
        assemble(on_device, data_dir / "seed", data_dir, data_dir, two, model, optimiser, rates, Fitted(), lambda _: None)  # type: ignore[arg-type]
