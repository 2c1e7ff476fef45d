from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from models.records import FrameClock
from models.train.augment import Augmenter
from models.train.batches import Batch, Position, Speech, stack
from models.train.manifests import cuts_of_group
from models.train.recipe import Recipe
from models.train.targets import Spelling
from tests.models.tiny import CHARACTERS
from tests.models.train.speech import PHONES, recipe

pytestmark = pytest.mark.train

CLOCK = FrameClock(20, 85)


def speech(data_dir: Path, chosen: Recipe, rank: int = 0, world_size: int = 1) -> Speech:
    groups = [cuts_of_group(data_dir, group, chosen, frozenset())[0] for group in chosen.groups]
    spelling = Spelling([PHONES, CHARACTERS], lambda text: ["AH"] * text.count("a"))
    return Speech(chosen, groups, Augmenter(chosen.augmentation, [], 1), spelling, CLOCK, rank, world_size)


def same(one: Batch, other: Batch) -> bool:
    return torch.equal(one.heard, other.heard) and torch.equal(one.masked, other.masked) and one.targets == other.targets


def test_a_batch_holds_the_clean_clip_the_heard_one_and_their_targets(data_dir: Path) -> None:
    _, batch = next(speech(data_dir, recipe()).batches(Position(strength=1.0)))
    assert batch.clean.shape == batch.heard.shape == (len(batch.samples), int(batch.samples.max()))
    assert batch.masked.shape == (len(batch.samples), CLOCK.frames(int(batch.samples.max())))
    assert batch.clean.dtype == batch.heard.dtype == torch.float32
    for row, count in enumerate(batch.samples):
        assert not batch.clean[row, count:].any()
        assert not batch.heard[row, count:].any()
        assert batch.heard[row, :count].std().item() == pytest.approx(1, abs=1e-2)
        assert batch.clean[row].abs().max() <= 1
        assert bool(batch.targets[row].characters)


def test_batches_keep_to_their_seconds_and_an_epoch_to_its_clips_and_speakers(data_dir: Path) -> None:
    plan = speech(data_dir, replace(recipe(), augmentation=replace(recipe().augmentation, speed=0.0))).plan(0)
    assert all(sum(cut.duration for cut in cuts) <= 1.5 for cuts in plan)
    cuts = [cut for batch in plan for cut in batch]
    assert len(cuts) == 18
    speakers = Counter(cut.supervisions[0].speaker for cut in cuts)
    assert speakers["loud"] <= 2 * 4, "twelve clips are a pass, so an epoch of 18 has at most two"


def test_a_run_that_goes_on_in_the_middle_of_an_epoch_has_the_batches_it_would_have_had(data_dir: Path) -> None:
    made = list(speech(data_dir, recipe()).batches(Position(1, 0, 0.5)))
    assert made[-1][0] == Position(2)
    position, _ = made[1]
    again = list(speech(data_dir, recipe()).batches(position))
    assert len(again) == len(made) - 2
    assert all(same(one, other) and there == here for (here, one), (there, other) in zip(made[2:], again, strict=True))


def test_worker_processes_make_the_same_batches(data_dir: Path) -> None:
    # As a worker has, and the trainer by default: sums over two threads are rounded otherwise.
    torch.set_num_threads(1)
    alone = list(islice(speech(data_dir, recipe()).batches(Position(strength=0.5)), 3))
    beside = list(islice(speech(data_dir, recipe(workers=1)).batches(Position(strength=0.5)), 3))
    assert all(same(one, other) for (_, one), (_, other) in zip(alone, beside, strict=True))


def test_epochs_differ_and_processes_share_an_epoch(data_dir: Path) -> None:
    names = [[cut.id for cuts in speech(data_dir, recipe()).plan(epoch) for cut in cuts] for epoch in (0, 1)]
    assert names[0] != names[1]
    halves = [{cut.id for cuts in speech(data_dir, recipe(), rank, 2).plan(0) for cut in cuts} for rank in (0, 1)]
    assert not halves[0] & halves[1]
    assert halves[0] | halves[1] >= set(names[0])


def test_rows_are_stacked_with_zeros_behind() -> None:
    assert stack([np.array([1.0]), np.array([2.0, 3.0])]).tolist() == [[1, 0], [2, 3]]
