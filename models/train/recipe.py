"""RECIPE.toml -> what to train on, from where, how and for how long. The recipe is all there is of hyper-parameters; docs/training.md explains it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.train.fields import bounded, read_table
from protos.errors import ConfigurationError

NO_TEACHER = ""


@dataclass(frozen=True, slots=True)
class Start:
    checkpoint: str
    """Folder of a checkpoint or bundle, from the data directory, or from the recipe's own where it begins with a dot."""
    frozen: tuple[str, ...] = ()
    """Parameters whose names begin so are not trained."""
    blocks: int = bounded(0, 48, default=0)
    """Transformer blocks to train; where the checkpoint has fewer, new ones are put on top that change nothing at first. 0: as many as it has."""


@dataclass(frozen=True, slots=True)
class Group:
    """Clips that are drawn alike."""

    name: str
    manifest: str
    """JSONL, from the data directory."""
    share: float = bounded(0.0)
    """Of the drawn clips, relative to the other groups."""
    sources: tuple[str, ...] = ("*",)
    """Shell patterns of the rows' `source`."""
    age_groups: tuple[str, ...] = ()
    """Only these; empty: all. Rows without one pass."""
    clips_per_speaker: int = bounded(0, default=0)
    """Of one speaker in one pass over the group; 0: all."""
    teacher_min_logprob: float = bounded(-100.0, 0.0, default=0.0)
    """A teacher's text counts where its mean log-probability is at least this; clips below it serve the regression only."""


@dataclass(frozen=True, slots=True)
class Judge:
    manifest: str
    clips: int = bounded(1, default=240)
    """Evenly thinned to so many."""
    every_minutes: float = bounded(0.1, default=10.0)
    patience: int = bounded(0, default=0)
    """Stop after so many judgements without a better mean error; 0: never."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Exactly one of both; the schedule runs by the share of it that is spent."""

    minutes: float = bounded(0.0, default=0.0)
    steps: int = bounded(0, default=0)
    save_minutes: float = bounded(0.1, default=5.0)


@dataclass(frozen=True, slots=True)
class Batches:
    seconds: float = bounded(1.0, default=40.0)
    """Of audio in a step, on each process."""
    epoch_clips: int = bounded(1, default=600)
    """Drawn, then bucketed by length."""
    buckets: int = bounded(1, default=10)
    min_seconds: float = bounded(0.0, default=0.5)
    max_seconds: float = bounded(0.5, default=13.0)
    workers: int = bounded(0, 64, default=1)
    """Processes that decode and augment."""
    on_device: bool = False
    """All speech lies in the device's memory and is augmented there: for a GPU, whose own speed the processes would hold up."""


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Probabilities, each times the strength of the moment (schedule). Nothing but `speed` moves time, and the teacher hears that too."""

    strength: float = bounded(0.0, 1.0, default=0.7)
    ramp: float = bounded(0.0, 1.0, default=0.4)
    """Share of the budget over which the strength rises from a fifth."""
    speed: float = bounded(0.0, 1.0, default=0.6)
    speeds: tuple[float, ...] = bounded(0.5, 2.0, default=(0.9, 0.95, 1.05, 1.1))
    room: float = bounded(0.0, 1.0, default=0.25)
    noise: float = bounded(0.0, 1.0, default=0.45)
    noise_folder: str = ""
    """Recordings (*.opus, *.flac, *.wav) from the data directory; empty: coloured noise only."""
    snr_db: tuple[float, ...] = bounded(-20.0, 60.0, default=(5.0, 30.0))
    band: float = bounded(0.0, 1.0, default=0.2)
    codec: float = bounded(0.0, 1.0, default=0.05)
    """mu-law, GSM or Opus."""
    clip: float = bounded(0.0, 1.0, default=0.05)
    masks: int = bounded(0, 20, default=0)
    """SpecAugment: stretches of frames hidden from the encoder, at most so many a clip; and as many bands."""
    mask_frames: int = bounded(1, 200, default=8)


@dataclass(frozen=True, slots=True)
class Losses:
    phones: float = bounded(0.0, default=1.0)
    characters: float = bounded(0.0, default=0.4)
    """With both 0 and one weight in `states` the front end is trained alone."""
    regression: float = bounded(0.0, default=1.0)
    states: tuple[float, ...] = bounded(0.0, default=(2.0, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7))
    """Weight of each hidden state: what enters block 1, then what leaves blocks 1 to 6."""
    fade_from: float = bounded(0.0, 1.0, default=0.6)
    fade_to: float = bounded(0.0, 1.0, default=0.2)
    """The regression's weight falls in a line to this share of itself, and is computed in every second step only."""
    consistency: float = bounded(0.0, default=0.0)
    """Above 0 each clip is heard twice in a step, augmented anew, and what the heads say of both is drawn together (CR-CTC, Yao et al. 2024)."""


@dataclass(frozen=True, slots=True)
class Optimiser:
    """AdamW."""

    rate: float = bounded(0.0, 1.0, default=1.2e-3)
    rate_blocks: float = bounded(0.0, 1.0, default=5e-4)
    """Of the first blocks: what came from the teacher."""
    blocks: int = bounded(0, default=6)
    rate_head: float = bounded(0.0, 1.0, default=0.0)
    """Of the head: a new one on blocks that know much already learns fast where they must not. 0: as the rest."""
    warmup_steps: int = bounded(0, default=100)
    constant_until: float = bounded(0.0, 1.0, default=0.5)
    """Share of the budget; then the rate falls by 1 - sqrt."""
    floor: float = bounded(0.0, 1.0, default=0.02)
    weight_decay: float = bounded(0.0, 1.0, default=0.01)
    dropout: float = bounded(0.0, 0.9, default=0.0)
    """Share of the values in the blocks that a step goes without."""
    average: float = bounded(0.0, 0.99999, default=0.0)
    """Above 0 a moving average of the weights, with this decay a step, is judged and kept in their place."""
    betas: tuple[float, ...] = bounded(0.0, 1.0, default=(0.9, 0.98))
    max_gradient_norm: float = bounded(0.0, default=3.0)


@dataclass(frozen=True, slots=True)
class Recipe:
    name: str
    start: Start
    groups: tuple[Group, ...]
    judge: Judge
    budget: Budget
    seed: int = bounded(0, 2**31 - 1, default=1)
    held_out: tuple[str, ...] = ()
    """Manifests whose texts no training clip may have."""
    teacher: str = NO_TEACHER
    """moonshine-tiny-en, whisper-base, or empty: no regression."""
    batches: Batches = field(default_factory=Batches)
    augmentation: Augmentation = field(default_factory=Augmentation)
    losses: Losses = field(default_factory=Losses)
    optimiser: Optimiser = field(default_factory=Optimiser)

    @property
    def views(self) -> int:
        """How often a clip is heard in a step."""
        return 2 if self.losses.consistency else 1

    @property
    def front_end_alone(self) -> bool:
        """Only what enters block 1 is made, and pulled to the teacher's: six times as fast as the whole, and what a new front end needs first."""
        return self.losses.phones == self.losses.characters == 0


def read_recipe(path: Path, overrides: Mapping[str, str] | None = None) -> Recipe:
    """overrides: `optimiser.rate` -> `6e-4`, values as TOML writes them. Raises: ConfigurationError: names the file, the key and the value."""
    try:
        table = tomllib.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    for key, value in (overrides or {}).items():
        _override(table, key, value)
    recipe = read_table(Recipe, table, path.name)
    for complaint in _complaints(recipe):
        raise ConfigurationError(f"{path.name}: {complaint}")
    return recipe


def _override(table: dict[str, Any], key: str, value: str) -> None:
    *sections, name = key.split(".")
    for section in sections:
        inner = table.setdefault(section, {})
        if not isinstance(inner, dict):
            raise ConfigurationError(f"{key}: {section} is not a table of single values")
        table = inner
    try:
        table[name] = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        table[name] = value


def _complaints(recipe: Recipe) -> list[str]:
    """Rules that concern more than one value."""
    names = [group.name for group in recipe.groups]
    rules = {
        "groups: at least one must have a share above 0": any(group.share > 0 for group in recipe.groups),
        f"groups: two have one name ({', '.join(names)})": len(set(names)) == len(names),
        "budget: exactly one of minutes and steps must be above 0": (recipe.budget.minutes > 0) != (recipe.budget.steps > 0),
        "batches: min_seconds must be below max_seconds, and max_seconds at most seconds": (
            recipe.batches.min_seconds < recipe.batches.max_seconds <= recipe.batches.seconds
        ),
        "augmentation: snr_db must be two numbers, the lower one first": (
            len(recipe.augmentation.snr_db) == 2 and recipe.augmentation.snr_db[0] <= recipe.augmentation.snr_db[1]
        ),
        "augmentation: speeds must not be empty": bool(recipe.augmentation.speeds),
        "optimiser: betas must be two numbers below 1": len(recipe.optimiser.betas) == 2 and max(recipe.optimiser.betas) < 1,
        "losses: one of phones and characters must be above 0, but for a front end alone: a teacher, one weight in states, fade_from = 1": (
            not recipe.front_end_alone or (recipe.teacher != NO_TEACHER and len(recipe.losses.states) == 1 and recipe.losses.fade_from == 1)
        ),
        "losses: states must not be empty where there is a teacher": recipe.teacher == NO_TEACHER or bool(recipe.losses.states),
    }
    return [complaint for complaint, holds in rules.items() if not holds]
