"""The training loop: batch, teacher, student, losses, step; now and then a judgement and a checkpoint. Its parts come from models.train.run."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast
from rich.progress import Progress
from torch.optim.swa_utils import AveragedModel

from models.records import CtcHead
from models.train.batches import Batch, Position, Speech
from models.train.budget import Every, Spending
from models.train.checkpoints import CHECKPOINT, Standing, kept_of, save, write_checkpoint
from models.train.judge import Judge, as_text, mean_rate
from models.train.lesson import Fitted, Lesson
from models.train.loss import consistency_loss, ctc_loss, regression_loss
from models.train.pool import PooledSpeech
from models.train.recipe import Recipe
from models.train.record import Record
from models.train.schedule import Moment, moment
from models.train.targets import CHARACTERS, PHONES
from models.train.wav2vec2 import HarkenWav2Vec2ForCTC, Heard
from protos.messages import SAMPLE_RATE_HZ

TELL_S = 15.0
CONSISTENCY = "consistency"
Losses = dict[str, torch.Tensor]


class Listener(torch.nn.Module):
    """The model as the loop calls it, and as accelerate may wrap it: hearing is its forward pass."""

    def __init__(self, model: HarkenWav2Vec2ForCTC, front_end_alone: bool = False) -> None:
        super().__init__()
        self.model, self._front_end_alone = model, front_end_alone

    def forward(self, waveforms: torch.Tensor, samples: torch.Tensor, masked: torch.Tensor) -> Heard:
        """Of the front end alone: one state, and logits of no symbol."""
        if self._front_end_alone:
            front = self.model.front(waveforms, samples)
            return Heard(front.state[..., :0], front.frames, (front.state,))
        return self.model.hear(waveforms, samples, masked)


@dataclass(frozen=True, slots=True)
class Parts:
    """All that a run needs, ready."""

    recipe: Recipe
    run: Path
    source: Path
    """The checkpoint that was started from."""
    accelerator: Accelerator
    model: HarkenWav2Vec2ForCTC
    listener: torch.nn.Module
    """The same as a Listener, as prepared by accelerate."""
    optimiser: torch.optim.Optimizer
    rates: tuple[float, ...]
    """Full learning rate of each of the optimiser's groups."""
    heads: tuple[CtcHead, ...]
    speech: Speech | PooledSpeech
    judge: Judge
    lesson: Lesson | None
    record: Record
    averaged: AveragedModel | None = None
    """The model's moving average, where the recipe asks for one."""


def train(parts: Parts, standing: Standing, progress: Progress) -> Standing:
    """Until the budget is spent or judgements stop getting better. Returns: where the run stands then; it is on disk too."""
    recipe, accelerator, first_step = parts.recipe, parts.accelerator, standing.step
    spending = Spending(recipe.budget, standing.spent, time.monotonic)
    telling, saving, judging = (
        Every(seconds, time.monotonic) for seconds in (TELL_S, recipe.budget.save_minutes * 60, recipe.judge.every_minutes * 60)
    )
    bar = progress.add_task(recipe.name, total=1.0)
    standing = judged(parts, replace(standing, spent=spending.share(standing.step)), progress)
    teller = Teller(parts, standing)
    while not is_over(recipe, standing):
        for position, batch in parts.speech.batches(epoch_start(recipe, standing)):
            now = moment(recipe, standing.spent, standing.step, standing.step - first_step)
            teller.note(step(parts, batch.to(accelerator.device), now))
            audio_seconds = standing.audio_seconds + float(batch.samples.sum()) / SAMPLE_RATE_HZ * accelerator.num_processes
            spent, judge_now = as_the_first_process(accelerator, spending.share(standing.step + 1), judging.is_due())
            standing = replace(standing, step=standing.step + 1, audio_seconds=audio_seconds, spent=spent, position=position)
            if telling.is_due() or spent >= 1:
                progress.update(bar, completed=spent, description=teller.tell(standing))
            if judge_now:
                standing = judged(parts, standing, progress)
                teller.restart(standing)
            if saving.is_due():
                keep(parts, standing)
            if is_over(recipe, standing):
                break
    standing = judged(parts, standing, progress)
    keep(parts, standing)
    return standing


def is_over(recipe: Recipe, standing: Standing) -> bool:
    return standing.spent >= 1 or 0 < recipe.judge.patience <= standing.judgements_since_best


def epoch_start(recipe: Recipe, standing: Standing) -> Position:
    """Where the run stands; a new epoch has the augmentation of the moment."""
    if standing.position.batch:
        return standing.position
    return replace(standing.position, strength=moment(recipe, standing.spent, standing.step, 0).augmentation)


def step(parts: Parts, batch: Batch, now: Moment) -> Losses:
    """One step of the optimiser. Returns: the losses, unweighted."""
    for group, rate in zip(parts.optimiser.param_groups, parts.rates, strict=True):
        group["lr"] = rate * now.rate_factor
    with parts.accelerator.autocast():
        losses = losses_of(parts, batch, parts.listener(batch.heard, batch.samples.repeat(parts.recipe.views), batch.masked), now)
    weights = parts.recipe.losses
    total = weights.phones * losses[PHONES] + weights.characters * losses[CHARACTERS]
    if weights.consistency:
        total = total + weights.consistency * losses[CONSISTENCY]
    if now.regression:
        total = total + now.regression * sum(weight * losses[state_name(number)] for number, weight in enumerate(weights.states))
    parts.accelerator.backward(total)
    norm = parts.accelerator.clip_grad_norm_(parts.listener.parameters(), parts.recipe.optimiser.max_gradient_norm)
    # One broken batch must not cost the run; many of them show in the losses.
    if torch.isfinite(norm):
        parts.optimiser.step()
        if parts.averaged is not None:
            parts.averaged.update_parameters(parts.model)
    parts.optimiser.zero_grad(set_to_none=True)
    return {name: loss.detach() for name, loss in losses.items()}


def losses_of(parts: Parts, batch: Batch, heard: Heard, now: Moment) -> Losses:
    """By name: phones, characters, consistency where clips are heard twice, and state 0, 1, ... where the teacher listens in this step."""
    losses = {name: heard.logits.sum() * 0 for name in (PHONES, CHARACTERS)}
    taught, views = [head for head in parts.heads if head.name in losses and not parts.recipe.front_end_alone], parts.recipe.views
    for head in taught:
        losses[head.name] = ctc_loss(heard.logits, heard.frames, head, [getattr(target, head.name) for target in batch.targets] * views)
    if views > 1:
        losses[CONSISTENCY] = consistency_loss(heard.logits, heard.frames, taught)
    if parts.lesson is not None and now.regression:
        lesson, length = parts.lesson, heard.logits.shape[1]
        theirs, their_frames = lesson.encoder.aligned(batch.clean, batch.samples, length)
        frames = torch.minimum(heard.frames, their_frames.repeat(views))
        for number, scale in enumerate(lesson.fitted.scales):
            losses[state_name(number)] = regression_loss(heard.states[number], theirs[number].repeat(views, 1, 1), frames, scale)
    return losses


def state_name(number: int) -> str:
    return f"state {number}"


def as_the_first_process(accelerator: Accelerator, spent: float, judge_now: bool) -> tuple[float, bool]:
    """Clocks differ; processes that disagree about what comes next would wait for each other for ever."""
    if accelerator.num_processes == 1:
        return spent, judge_now
    first = broadcast(torch.tensor([spent, float(judge_now)], dtype=torch.float64, device=accelerator.device))
    return float(first[0]), bool(first[1])


class Teller:
    """Means of the losses since they were last told."""

    def __init__(self, parts: Parts, standing: Standing) -> None:
        self._record, self._main = parts.record, parts.accelerator.is_main_process
        self._sums: defaultdict[str, list[float]] = defaultdict(list)
        self.restart(standing)

    def restart(self, standing: Standing) -> None:
        """From here on: a judgement is no training, and does not count in the speed."""
        self._sums.clear()
        self._told_s, self._told_audio_s = time.monotonic(), standing.audio_seconds

    def note(self, losses: Losses) -> None:
        for name, loss in losses.items():
            self._sums[name].append(float(loss))

    def tell(self, standing: Standing) -> str:
        """Into the log; and as one line for the progress bar."""
        means = {name: sum(values) / len(values) for name, values in self._sums.items()}
        speed = (standing.audio_seconds - self._told_audio_s) / max(1e-9, time.monotonic() - self._told_s)
        self.restart(standing)
        if self._main:
            self._record.stretch(standing.step, standing.audio_seconds / 3600, means, speed)
        shown = " ".join(f"{name} {means[name]:.3f}" for name in (PHONES, CHARACTERS) if name in means)
        return f"step {standing.step}: {shown}, {speed:.0f} audio seconds a second"


def judged(parts: Parts, standing: Standing, progress: Progress) -> Standing:
    """Error rates into the log; the best checkpoint so far is kept beside the last. Every process judges the same clips, so all agree."""
    judged_model = kept_of(parts.model, parts.averaged).eval()
    with parts.accelerator.autocast():
        rates = parts.judge(judged_model)
    parts.model.train()
    mean = mean_rate(rates)
    better = mean < standing.best
    if parts.accelerator.is_main_process:
        parts.record.judgement(standing.step, standing.audio_seconds / 3600, rates)
        progress.console.print(f"step {standing.step}: {as_text(rates)}")
        if better:
            write_checkpoint(judged_model, parts.run / f"best-{CHECKPOINT}", parts.source)
    return replace(standing, best=min(mean, standing.best), judgements_since_best=0 if better else standing.judgements_since_best + 1)


def keep(parts: Parts, standing: Standing) -> None:
    if parts.accelerator.is_main_process:
        fitted = parts.lesson.fitted if parts.lesson is not None else Fitted()
        save(parts.run, parts.model, parts.optimiser, parts.averaged, fitted, standing, parts.source)
