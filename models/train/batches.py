"""Epochs of cuts -> batches of tensors: drawn, bucketed by length, decoded, augmented, spelt. What a batch holds depends on its number alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt
import torch
from lhotse import CutSet, MonoCut
from lhotse.dataset import BucketingSampler, SimpleCutSampler
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from models.features import Waveform, normalise
from models.records import FrameClock
from models.train.augment import Augmenter
from models.train.epochs import Deck, clips_of_groups
from models.train.recipe import Recipe
from models.train.targets import Spelling, Target

# Share of clips that are left as they are even at full strength, so that clean speech stays familiar.
UNTOUCHED = 0.15


@dataclass(frozen=True, slots=True)
class Batch:
    clean: Tensor
    """(B, S) float32 in -1..1: what the teacher hears."""
    heard: Tensor
    """(N * B, S) float32, augmented, each row normalised: what the student hears, all clips once, then all again for each further view."""
    samples: Tensor
    """(B,) int64; behind them both are 0."""
    masked: Tensor
    """(N * B, T) bool: frames that SpecAugment hides."""
    targets: tuple[Target, ...]

    def to(self, device: torch.device) -> Batch:
        moved = {field.name: getattr(self, field.name) for field in fields(self)}
        return Batch(**{name: value.to(device) if isinstance(value, Tensor) else value for name, value in moved.items()})


@dataclass(frozen=True, slots=True)
class Position:
    """The next batch of a run."""

    epoch: int = 0
    batch: int = 0
    strength: float = 0.0
    """Of the augmentation, 0..1: one for the whole epoch."""


class Speech:
    """All groups of a recipe. Endless; every process of a run (rank of world_size) has batches of its own."""

    def __init__(
        self,
        recipe: Recipe,
        groups: Sequence[CutSet],
        augmenter: Augmenter,
        spelling: Spelling,
        clock: FrameClock,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        """groups: of recipe.groups, in their order."""
        self._recipe, self._augmenter, self._spelling, self._clock = recipe, augmenter, spelling, clock
        self._rank, self._world_size = rank, world_size
        self._clips = [list(group) for group in groups]
        self._decks = [
            Deck([cut.supervisions[0].speaker for cut in clips], group.clips_per_speaker, [recipe.seed, number])
            for number, (clips, group) in enumerate(zip(self._clips, recipe.groups, strict=True))
        ]

    def batches(self, start: Position) -> Iterator[tuple[Position, Batch]]:
        """The rest of the epoch at `start`, each batch with the position after it."""
        plan = self.plan(start.epoch)
        made = _Made(plan[start.batch :], start, self)
        workers = self._recipe.batches.workers
        loader = DataLoader(made, batch_size=None, num_workers=workers, prefetch_factor=4 if workers else None)
        for offset, batch in enumerate(loader, start.batch + 1):
            yield replace(start, batch=offset) if offset < len(plan) else Position(start.epoch + 1), batch

    def plan(self, epoch: int) -> list[CutSet]:
        """Cuts of each batch of this process, speeds changed already, so that lengths are true."""
        random = np.random.default_rng([self._recipe.seed, epoch])
        parts = clips_of_groups([group.share for group in self._recipe.groups], self._recipe.batches.epoch_clips, epoch)
        drawn = [clips[card] for clips, deck, (first, count) in zip(self._clips, self._decks, parts, strict=True) for card in deck.deal(first, count)]
        cuts = [self._at_a_speed(drawn[index], random) for index in random.permutation(len(drawn))]
        # A clip that comes twice in an epoch needs two names, or the sampler takes it for one.
        named = CutSet.from_cuts(cut.with_id(f"{number}-{cut.id}") for number, cut in enumerate(cuts))
        sampler = BucketingSampler(
            named,
            sampler_type=SimpleCutSampler,
            num_buckets=min(self._recipe.batches.buckets, max(1, len(named) // 2)),
            max_duration=self._recipe.batches.seconds,
            seed=self._recipe.seed + epoch,
            rank=self._rank,
            world_size=self._world_size,
        )
        return list(sampler)

    def make(self, cuts: CutSet, strength: float, random: np.random.Generator) -> Batch:
        """Decode, augment, normalise, spell."""
        clean = [waveform_of(cut) for cut in cuts]
        frames = [self._clock.frames(len(waveform)) for waveform in clean]
        views = range(self._recipe.views)
        heard = [self._heard(waveform, strength, random) for _ in views for waveform in clean]
        hidden = [self._augmenter.hidden_frames(count, strength, random) for _ in views for count in frames]
        targets = tuple(self._spelling.target(cut.supervisions[0].text or "", count) for cut, count in zip(cuts, frames, strict=True))
        samples = torch.tensor([len(waveform) for waveform in clean])
        return Batch(stack(clean), stack(heard), samples, stack(hidden), targets)

    def _heard(self, waveform: Waveform, strength: float, random: np.random.Generator) -> Waveform:
        return normalise(waveform if random.random() < UNTOUCHED else self._augmenter(waveform, strength, random))

    def seed_of(self, position: Position) -> list[int]:
        return [self._recipe.seed, position.epoch, position.batch, self._rank]

    def _at_a_speed(self, cut: MonoCut, random: np.random.Generator) -> MonoCut:
        augmentation = self._recipe.augmentation
        if random.random() >= augmentation.speed:
            return cut
        return cut.perturb_speed(float(random.choice(augmentation.speeds)), affix_id=False)


class _Made(Dataset[Batch]):
    """Batch `index` of what is left of an epoch, made where it is asked for: in a worker process."""

    def __init__(self, plan: Sequence[CutSet], start: Position, speech: Speech) -> None:
        self._plan, self._start, self._speech = plan, start, speech

    def __len__(self) -> int:
        return len(self._plan)

    def __getitem__(self, index: int) -> Batch:
        seed = self._speech.seed_of(Position(self._start.epoch, self._start.batch + index))
        return self._speech.make(self._plan[index], self._start.strength, np.random.default_rng(seed))


def waveform_of(cut: MonoCut) -> Waveform:
    """(S,) float32 in -1..1."""
    waveform: Waveform = np.ascontiguousarray(cut.load_audio()[0], np.float32)
    return waveform


def stack(rows: Sequence[npt.NDArray[np.generic]]) -> Tensor:
    """(B, longest), zeros behind each row."""
    stacked = np.zeros((len(rows), max(map(len, rows))), rows[0].dtype)
    for row, values in zip(stacked, rows, strict=True):
        row[: len(values)] = values
    return torch.from_numpy(stacked)
