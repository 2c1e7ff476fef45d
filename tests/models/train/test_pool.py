from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from models.records import FrameClock
from models.train.batch_augment import BatchAugmenter
from models.train.batches import Position, waveform_of
from models.train.manifests import cuts_of_group
from models.train.pool import Pool, PooledSpeech
from models.train.recipe import Recipe
from models.train.targets import Spelling
from tests.models.tiny import CHARACTERS
from tests.models.train.speech import PHONES, recipe

pytestmark = pytest.mark.train

CLOCK = FrameClock(20, 85)
CPU = torch.device("cpu")


def speech(data_dir: Path, chosen: Recipe) -> PooledSpeech:
    groups = [cuts_of_group(data_dir, group, chosen, frozenset())[0] for group in chosen.groups]
    spelling = Spelling([PHONES, CHARACTERS], lambda text: ["AH"] * text.count("a"))
    return PooledSpeech(chosen, groups, BatchAugmenter(chosen.augmentation, [], 1, CPU), spelling, CLOCK, CPU)


def twice(chosen: Recipe) -> Recipe:
    return replace(chosen, losses=replace(chosen.losses, consistency=0.5))


def test_a_batch_holds_every_clip_once_and_what_is_heard_of_it_as_often_as_it_is_heard(data_dir: Path) -> None:
    _, batch = next(speech(data_dir, twice(recipe())).batches(Position(strength=1.0)))
    rows, longest = len(batch.samples), int(batch.samples.max())
    assert batch.clean.shape == (rows, longest)
    assert batch.heard.shape == (2 * rows, longest)
    assert batch.masked.shape == (2 * rows, CLOCK.frames(longest))
    assert len(batch.targets) == rows
    assert not torch.equal(batch.heard[:rows], batch.heard[rows:])
    for row, count in enumerate(batch.samples):
        assert not batch.clean[row, count:].any()
        assert batch.heard[row, :count].std().item() == pytest.approx(1, abs=1e-2)
        assert batch.targets[row].characters


def test_the_clips_are_those_of_the_recordings(data_dir: Path) -> None:
    chosen = replace(recipe(), augmentation=replace(recipe().augmentation, speed=0.0))
    cuts = list(cuts_of_group(data_dir, chosen.groups[0], chosen, frozenset())[0])
    made = speech(data_dir, chosen)
    clips, speeds = made.plan(0)[0]
    batch = made.make(clips, speeds, 0.0)
    for row, clip in enumerate(clips):
        expected = waveform_of(cuts[clip])
        assert int(batch.samples[row]) == len(expected)
        np.testing.assert_allclose(batch.clean[row, : len(expected)], expected, atol=1e-4)


def test_an_epoch_keeps_to_its_clips_speakers_and_seconds(data_dir: Path) -> None:
    chosen = recipe()
    cuts = list(cuts_of_group(data_dir, chosen.groups[0], chosen, frozenset())[0])
    made = speech(data_dir, chosen)
    plan = made.plan(0)
    drawn = Counter(cuts[clip].supervisions[0].speaker for clips, _ in plan for clip in clips)
    assert sum(drawn.values()) == 18
    assert drawn["loud"] <= 2 * 4, "twelve clips are a pass, so an epoch of 18 has at most two"
    for clips, speeds in plan:
        assert len(clips) == 1 or made.make(clips, speeds, 0.0).clean.numel() <= 1.5 * 16_000


def test_an_epoch_is_a_function_of_its_number(data_dir: Path) -> None:
    made = speech(data_dir, recipe())
    first, again, other = (np.concatenate([clips for clips, _ in made.plan(epoch)]).tolist() for epoch in (3, 3, 4))
    assert first == again != other


def test_batches_go_on_where_they_stopped(data_dir: Path) -> None:
    made = speech(data_dir, recipe())
    positions = [position for position, _ in islice(made.batches(Position()), 3)]
    assert [position.batch for position in positions] == [1, 2, 3]
    rest = list(made.batches(positions[1]))
    assert len(rest) == len(made.plan(0)) - 2
    assert rest[-1][0] == Position(epoch=1)


def test_a_speed_changes_length_and_pitch_together_and_keeps_clips_apart() -> None:
    tone = (8000 * np.sin(2 * np.pi * 500 / 16_000 * np.arange(16_000))).astype(np.int16)
    level = np.full(1600, 3000, np.int16)
    pool = Pool([tone, level], [0.8], CPU)
    assert pool.takes[1].pcm.dtype == torch.int16
    rows, samples = pool.rows(np.array([0, 1, 1]), np.array([1, 1, 0]))
    assert samples.tolist() == [20_000, 2_000, 1_600]
    spectrum = torch.fft.rfft(rows[0]).abs()
    assert spectrum.argmax().item() * 16_000 / 20_000 == pytest.approx(400, abs=2)
    assert rows[1, 100:1_900].mean().item() == pytest.approx(3000 / 32768, rel=0.01)
    assert not rows[1, 2_000:].any()
    assert (rows[2, :1_600] == 3000 / 32768).all()
