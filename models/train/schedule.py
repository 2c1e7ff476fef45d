"""What changes in the course of a run, by the share of its budget that is spent. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from models.train.recipe import Recipe

WEAKEST_AUGMENTATION = 0.2


@dataclass(frozen=True, slots=True)
class Moment:
    rate_factor: float
    """Times each group's own learning rate."""
    augmentation: float
    """Strength, 0..1."""
    regression: float
    """Weight of the regression; 0: the teacher need not listen in this step."""


def moment(recipe: Recipe, spent: float, step: int, steps_here: int) -> Moment:
    """spent: share of the budget, 0..1. step: since the very first start. steps_here: since this start; warm-up follows every resumption."""
    optimiser, augmentation = recipe.optimiser, recipe.augmentation
    ramp = min(1.0, WEAKEST_AUGMENTATION + (1 - WEAKEST_AUGMENTATION) * spent / augmentation.ramp) if augmentation.ramp else 1.0
    warm = min(1.0, (steps_here + 1) / optimiser.warmup_steps) if optimiser.warmup_steps else 1.0
    return Moment(
        warm * max(optimiser.floor, 1 - math.sqrt(_along(spent, optimiser.constant_until))),
        augmentation.strength * ramp,
        _regression(recipe, spent, step),
    )


def _regression(recipe: Recipe, spent: float, step: int) -> float:
    losses = recipe.losses
    along = _along(spent, losses.fade_from)
    if not recipe.teacher or (along > 0 and step % 2):
        return 0.0
    return losses.regression * (1 - (1 - losses.fade_to) * along)


def _along(spent: float, start: float) -> float:
    """How much of what follows `start` is spent, 0..1."""
    return min(1.0, (spent - start) / (1 - start)) if start < spent else 0.0
