from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.train.judge import Judge, as_text, mean_rate
from models.train.manifests import judged_cuts
from models.train.targets import Spelling
from models.train.wav2vec2 import HarkenWav2Vec2ForCTC
from tests.models.tiny import CHARACTERS
from tests.models.train.speech import PHONES, recipe, write_speech

pytestmark = pytest.mark.train


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return write_speech(tmp_path / "speech")


def saying(folder: Path, output: int) -> HarkenWav2Vec2ForCTC:
    """A model whose every frame is that output, the other head blank."""
    model = HarkenWav2Vec2ForCTC.from_pretrained(folder).eval()
    with torch.no_grad():
        model.lm_head.weight.zero_()
        model.lm_head.bias.fill_(-9)
        model.lm_head.bias[[PHONES.blank, CHARACTERS.blank]] = 0
        model.lm_head.bias[output] = 9
    return model


def test_errors_are_counted_by_head_and_slice(data_dir: Path) -> None:
    judge = Judge(judged_cuts(data_dir, recipe()), [PHONES, CHARACTERS], Spelling([PHONES, CHARACTERS], lambda _: ["AH", "AH"]))
    rates = judge(saying(data_dir / "seed", CHARACTERS.first + CHARACTERS.tokens.index("b")))
    assert rates == {"phones": {"cv": 1.0}, "characters": {"cv": pytest.approx(2 / 3)}}
    assert judge(saying(data_dir / "seed", 1))["phones"] == {"cv": 0.5}


def test_what_cannot_be_pronounced_counts_for_characters_only(data_dir: Path) -> None:
    judge = Judge(judged_cuts(data_dir, recipe()), [PHONES, CHARACTERS], Spelling([PHONES, CHARACTERS], lambda _: ()))
    rates = judge(saying(data_dir / "seed", PHONES.blank))
    assert rates == {"phones": {}, "characters": {"cv": 1.0}}
    assert mean_rate(rates) == 1.0


def test_clips_of_every_length_are_judged_though_batches_are_small(data_dir: Path) -> None:
    cuts = judged_cuts(data_dir, replace(recipe(), judge=replace(recipe().judge, manifest="train.jsonl", clips=24)))
    judge = Judge(cuts, [CHARACTERS], Spelling([CHARACTERS], lambda _: ()))
    assert judge(saying(data_dir / "seed", CHARACTERS.blank)) == {"characters": {"cv": 1.0}}


def test_the_mean_is_of_the_first_heads_slices_alike() -> None:
    rates = {"phones": {"cv": 0.2, "l2": 0.4}, "characters": {"cv": 0.9}}
    assert mean_rate(rates) == pytest.approx(0.3)
    assert as_text(rates) == "phones cv 20.0%, l2 40.0%; characters cv 90.0%"
