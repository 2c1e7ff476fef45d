"""A recipe -> everything that its run needs: data, model, teacher, optimiser, device. The loop is models.train.loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import torch
import transformers
from accelerate import Accelerator
from lhotse import CutSet
from lhotse.audio.backend import LibsndfileBackend, set_current_audio_backend
from rich.progress import Progress
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from models.pronounce.pronouncer import english
from models.train.augment import Augmenter, read_noises
from models.train.batch_augment import BatchAugmenter
from models.train.batches import Speech
from models.train.checkpoints import START, Standing, read_heads, resume
from models.train.deepen import deepened
from models.train.judge import Judge
from models.train.lesson import Fitted, lesson_of
from models.train.loop import Listener, Parts, train
from models.train.manifests import cuts_of_group, held_out_texts, judged_cuts
from models.train.pool import PooledSpeech
from models.train.recipe import Group, Recipe
from models.train.record import Record
from models.train.targets import Spelling
from models.train.wav2vec2 import HarkenWav2Vec2ForCTC
from protos.errors import ConfigurationError

BEHIND_THE_FRONT_END = ("wav2vec2.encoder.", "lm_head.")
Say = Callable[[str], None]


def run_recipe(recipe: Recipe, source: Path, data_dir: Path, run: Path, state: Path | None, spent: float | None, progress: Progress) -> Standing:
    """source: checkpoint to start from. state: a state.pt to go on from instead of its weights. spent: go on from that share of the budget.

    Raises: ConfigurationError: names the file or value that does not fit.
    """
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    set_current_audio_backend(LibsndfileBackend())
    run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed)
    accelerator = Accelerator(mixed_precision=precision())
    say: Say = progress.console.print if accelerator.is_main_process else lambda _: None
    model = deepened(HarkenWav2Vec2ForCTC.from_pretrained(source), recipe.start.blocks).to(accelerator.device)
    model.drop(recipe.optimiser.dropout)
    optimiser, rates = optimiser_of(recipe, model)
    averaged = averaged_of(recipe, model)
    standing, fitted = resume(state, model, optimiser, averaged) if state is not None else (START, Fitted())
    if spent is not None:
        standing = replace(standing, spent=spent)
    parts = assemble(recipe, source, data_dir, run, accelerator, model, optimiser, rates, fitted, say)
    return train(replace(parts, averaged=averaged), standing, progress)


def precision() -> str:
    """accelerate's name for how products are computed: a processor without bf16 instructions emulates them, and takes nine times as long."""
    quick = torch.cuda.is_bf16_supported() if torch.cuda.is_available() else torch.cpu._is_avx512_bf16_supported()
    return "bf16" if quick else "no"


def assemble(
    recipe: Recipe,
    source: Path,
    data_dir: Path,
    run: Path,
    accelerator: Accelerator,
    model: HarkenWav2Vec2ForCTC,
    optimiser: torch.optim.Optimizer,
    rates: tuple[float, ...],
    fitted: Fitted,
    say: Say,
) -> Parts:
    """fitted: of the teacher, where a run goes on."""
    heads = read_heads(source)
    spelling = Spelling(heads, english().phones)
    groups = list(read_groups(recipe, data_dir, say))
    clock = model.clock
    noises = read_noises(data_dir / recipe.augmentation.noise_folder) if recipe.augmentation.noise_folder else []
    speech: Speech | PooledSpeech
    if recipe.batches.on_device:
        if accelerator.num_processes > 1:
            raise ConfigurationError(f"batches.on_device is for one process, there are {accelerator.num_processes}: all would draw the same clips")
        device = accelerator.device
        speech = PooledSpeech(recipe, groups, BatchAugmenter(recipe.augmentation, noises, recipe.seed, device), spelling, clock, device)
        say(f"{device}: holds all clips at {1 + len(recipe.augmentation.speeds)} speeds")
    else:
        augmenter = Augmenter(recipe.augmentation, noises, recipe.seed)
        speech = Speech(recipe, groups, augmenter, spelling, clock, accelerator.process_index, accelerator.num_processes)
    lesson = lesson_of(recipe, model, groups, fitted, accelerator.device) if recipe.teacher else None
    judge = Judge(judged_cuts(data_dir, recipe), heads, spelling)
    listener, optimiser = accelerator.prepare(Listener(model, recipe.front_end_alone), optimiser)
    return Parts(recipe, run, source, accelerator, model, listener, optimiser, rates, heads, speech, judge, lesson, Record(run))


def optimiser_of(recipe: Recipe, model: HarkenWav2Vec2ForCTC) -> tuple[torch.optim.Optimizer, tuple[float, ...]]:
    """AdamW with the first blocks apart, and the head if it has its own rate; and the full rate of each group. Freezes what the recipe freezes.

    Raises: ConfigurationError: a frozen name is no parameter's.
    """
    names = [name for name, _ in model.named_parameters()]
    for prefix in recipe.start.frozen:
        if not any(name.startswith(prefix) for name in names):
            raise ConfigurationError(f"start.frozen: no parameter's name begins with {prefix!r}; names are like {names[0]}")
    # Replaced by zeros here: nothing would ever give it a gradient.
    frozen = (*recipe.start.frozen, "wav2vec2.masked_spec_embed", *(BEHIND_THE_FRONT_END if recipe.front_end_alone else ()))
    blocks = tuple(f"wav2vec2.encoder.layers.{number}." for number in range(recipe.optimiser.blocks))
    settings = recipe.optimiser
    rates = (settings.rate_blocks, settings.rate) + ((settings.rate_head,) if settings.rate_head else ())
    groups: list[list[torch.nn.Parameter]] = [[] for _ in rates]
    for name, parameter in model.named_parameters():
        parameter.requires_grad = not name.startswith(frozen)
        if parameter.requires_grad:
            groups[0 if name.startswith(blocks) else -1 if name.startswith("lm_head.") else 1].append(parameter)
    listed = [{"params": group, "lr": rate} for group, rate in zip(groups, rates, strict=True)]
    return torch.optim.AdamW(listed, betas=(settings.betas[0], settings.betas[1]), weight_decay=settings.weight_decay, fused=True), rates


def averaged_of(recipe: Recipe, model: HarkenWav2Vec2ForCTC) -> AveragedModel | None:
    decay = recipe.optimiser.average
    return AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay)) if decay else None


def read_groups(recipe: Recipe, data_dir: Path, say: Say) -> Iterator[CutSet]:
    """Says of each group what it has, what was left out and why."""
    held_out = held_out_texts(data_dir, recipe.held_out)
    for group in recipe.groups:
        cuts, left = cuts_of_group(data_dir, group, recipe, held_out)
        say(f"{group_line(group, cuts)}; left out: {left}")
        yield cuts


def group_line(group: Group, cuts: CutSet) -> str:
    hours = sum(cut.duration for cut in cuts) / 3600
    return f"{group.name}: {len(cuts)} clips, {hours:.2f} h, {sum(bool(cut.supervisions[0].text) for cut in cuts)} with text"
