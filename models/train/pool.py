"""All speech of a recipe in a GPU's memory: drawn, augmented and stacked there. Batches as of models.train.batches, a hundred times as fast.

A second of speech takes 32 kB at each speed: 20 h at six speeds are 14 GB. Augmentation is drawn on the device, so that a run that goes on hears the
clips it would have heard, in other noise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import torch
from lhotse import CutSet, MonoCut
from torch import Tensor
from torchaudio import functional

from models.features import FULL_SCALE, waveform_to_pcm
from models.records import FrameClock
from models.train.batch_augment import BatchAugmenter, normalised, sounding_of
from models.train.batches import UNTOUCHED, Batch, Position, waveform_of
from models.train.epochs import Deck, clips_of_groups
from models.train.recipe import Recipe
from models.train.targets import Spelling, Target, fitting
from protos.messages import SAMPLE_RATE_HZ

Numbers = npt.NDArray[np.int64]

READERS = 16
RESAMPLED_AT_ONCE_S = 600
# Lengths within a batch differ by chance, so that a clip has other neighbours every time.
JITTER = 0.1


@dataclass(frozen=True, slots=True)
class Take:
    """Every clip at one speed, one after another."""

    pcm: Tensor
    """int16, on the device; one speed's are fewer than 2^31."""
    starts: Numbers
    samples: Numbers

    def rows(self, clips: Numbers) -> tuple[Tensor, Tensor]:
        """Numbers of clips, (B,) -> (B, S) float32 in -1..1 with zeros behind, and (B,) samples, on the device."""
        device = self.pcm.device
        starts, samples = (torch.from_numpy(counts[clips]).to(device) for counts in (self.starts, self.samples))
        places = starts[:, None] + torch.arange(int(self.samples[clips].max()), device=device)
        waveforms = self.pcm[places.clamp(max=len(self.pcm) - 1)].float() / FULL_SCALE
        return waveforms * sounding_of(waveforms, samples), samples


class Pool:
    """Samples of every clip at every speed."""

    def __init__(self, clips: Sequence[npt.NDArray[np.int16]], speeds: Sequence[float], device: torch.device) -> None:
        """speeds: beside that of the recordings."""
        samples = np.array([len(clip) for clip in clips])
        recorded = Take(torch.from_numpy(np.concatenate(clips)).to(device), samples.cumsum() - samples, samples)
        self.takes = [recorded, *(at_speed(recorded, speed) for speed in speeds)]

    def rows(self, clips: Numbers, speeds: Numbers) -> tuple[Tensor, Tensor]:
        """Numbers of clips and takes, (B,) each -> as Take.rows."""
        lengths = self.samples(clips, speeds)
        device = self.takes[0].pcm.device
        waveforms = torch.zeros(len(clips), int(lengths.max()), device=device)
        for speed in np.unique(speeds):
            chosen = np.flatnonzero(speeds == speed)
            rows, _ = self.takes[speed].rows(clips[chosen])
            waveforms[torch.from_numpy(chosen).to(device), : rows.shape[1]] = rows
        return waveforms, torch.from_numpy(lengths).to(device)

    def samples(self, clips: Numbers, speeds: Numbers) -> Numbers:
        """(B,)."""
        return np.array([self.takes[speed].samples[clip] for clip, speed in zip(clips, speeds, strict=True)], np.int64)


def at_speed(take: Take, speed: float) -> Take:
    """Faster or slower with the pitch that goes with it, as Lhotse's perturb_speed."""
    ratio, order, parts = Fraction(str(speed)), np.argsort(take.samples), list[Tensor]()
    samples = -(-take.samples * ratio.denominator // ratio.numerator)
    done = 0
    while done < len(order):
        chosen = order[done : done + max(1, RESAMPLED_AT_ONCE_S * SAMPLE_RATE_HZ // int(take.samples[order[-1]]))]
        spoken = functional.resample(take.rows(chosen)[0], ratio.numerator, ratio.denominator)
        kept = sounding_of(spoken, torch.from_numpy(samples[chosen]).to(spoken.device))
        parts.append((spoken * FULL_SCALE).round().clamp(-FULL_SCALE, FULL_SCALE - 1).short()[kept])
        done += len(chosen)
    starts = np.zeros_like(samples)
    starts[order] = samples[order].cumsum() - samples[order]
    return Take(torch.cat(parts), starts, samples)


class PooledSpeech:
    """As models.train.batches.Speech, for one process with a device of its own."""

    def __init__(
        self, recipe: Recipe, groups: Sequence[CutSet], augmenter: BatchAugmenter, spelling: Spelling, clock: FrameClock, device: torch.device
    ) -> None:
        """groups: of recipe.groups, in their order. Reads every recording."""
        self._recipe, self._augmenter, self._clock = recipe, augmenter, clock
        clips = [list(group) for group in groups]
        self._decks = [
            Deck([cut.supervisions[0].speaker for cut in cuts], group.clips_per_speaker, [recipe.seed, number])
            for number, (cuts, group) in enumerate(zip(clips, recipe.groups, strict=True))
        ]
        self._firsts = np.cumsum([0, *map(len, clips)])[:-1]
        cuts = [cut for group in clips for cut in group]
        with ThreadPoolExecutor(READERS) as readers:
            self._pool = Pool(list(readers.map(_pcm, cuts)), recipe.augmentation.speeds, device)
        texts = [cut.supervisions[0].text or "" for cut in cuts]
        self._whole = [(spelling.phones(text), spelling.characters(text)) for text in texts]

    def batches(self, start: Position) -> Iterator[tuple[Position, Batch]]:
        """The rest of the epoch at `start`, each batch with the position after it."""
        plan = self.plan(start.epoch)
        for number in range(start.batch, len(plan)):
            after = Position(start.epoch, number + 1, start.strength) if number + 1 < len(plan) else Position(start.epoch + 1)
            yield after, self.make(*plan[number], start.strength)

    def plan(self, epoch: int) -> list[tuple[Numbers, Numbers]]:
        """Clips and their speeds, batch by batch: of like length, and at most batches.seconds long with their padding."""
        recipe, random = self._recipe, np.random.default_rng([self._recipe.seed, epoch])
        parts = clips_of_groups([group.share for group in recipe.groups], recipe.batches.epoch_clips, epoch)
        cards = zip(self._decks, self._firsts, parts, strict=True)
        drawn = np.array([first_clip + card for deck, first_clip, (first, count) in cards for card in deck.deal(first, count)], np.int64)
        varied = random.random(len(drawn)) < recipe.augmentation.speed
        speeds = np.where(varied, random.integers(1, len(self._pool.takes), len(drawn)), 0)
        lengths = self._pool.samples(drawn, speeds)
        order = np.argsort(lengths * random.uniform(1 - JITTER, 1 + JITTER, len(lengths)))
        plan, rows, longest = list[Numbers](), list[int](), 0
        for index in order:
            longest = max(longest, int(lengths[index]))
            if rows and (len(rows) + 1) * longest > recipe.batches.seconds * SAMPLE_RATE_HZ:
                plan.append(np.array(rows))
                rows, longest = [], int(lengths[index])
            rows.append(int(index))
        plan.append(np.array(rows))
        return [(drawn[plan[number]], speeds[plan[number]]) for number in random.permutation(len(plan))]

    def make(self, clips: Numbers, speeds: Numbers, strength: float) -> Batch:
        """Each clip once, or twice with augmentations of their own where the recipe asks for consistency."""
        clean, samples = self._pool.rows(clips, speeds)
        frames = [self._clock.frames(int(length)) for length in self._pool.samples(clips, speeds)]
        counted = torch.tensor(frames, device=clean.device)
        views = []
        for _ in range(self._recipe.views):
            heard = normalised(self._augmenter(clean, samples, strength, UNTOUCHED), samples)
            views.append((heard, self._augmenter.hidden_frames(counted, max(frames), strength)))
        targets = tuple(Target(*(fitting(symbols, count) for symbols in self._whole[clip])) for clip, count in zip(clips, frames, strict=True))
        return Batch(clean, torch.cat([heard for heard, _ in views]), samples, torch.cat([hidden for _, hidden in views]), targets)


def _pcm(cut: MonoCut) -> npt.NDArray[np.int16]:
    return np.frombuffer(waveform_to_pcm(waveform_of(cut)), "<i2").copy()
