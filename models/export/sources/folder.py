"""A folder of somebody's Wav2Vec2-CTC -> one the exporter reads: heads.json from a tokenizer's vocabulary, safetensors from a pickled file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from models.bundle import CARD, HEADS
from models.export.checkpoint import BUNDLED_WEIGHTS, CONFIG, WEIGHTS
from models.extras import needs_extra
from models.sounds import CHARACTER_HEAD
from protos.errors import BundleError, ConfigurationError
from protos.messages import SAMPLE_RATE_HZ

VOCABULARY, TOKENIZER, PICKLED, PAGE = "vocab.json", "tokenizer_config.json", "pytorch_model.bin", "README.md"
# How a checkpoint wants its waveforms: a file of its own, or since transformers 5 a part of another.
PREPROCESSOR, PROCESSOR, EXTRACTOR = "preprocessor_config.json", "processor_config.json", "feature_extractor"
DEFAULT_PAD, WORD_END = "<pad>", "|"


def prepared(source: Path, work: Path) -> Path:
    """source itself where nothing is missing; otherwise `work`, an empty folder, with links to what is there and the rest made.

    Raises: BundleError: there is no vocabulary to make heads of, the weights cannot be read, or they want other waveforms than ours.
    """
    check_waveforms(source)
    has_weights = any((source / name).is_file() for name in (WEIGHTS, BUNDLED_WEIGHTS))
    if (source / HEADS).is_file() and has_weights:
        return source
    for path in source.iterdir():
        if path.is_file():
            (work / path.name).symlink_to(path.resolve())
    if not (work / HEADS).exists():
        (work / HEADS).write_text(json.dumps({"heads": [head_of(source)]}, indent=1) + "\n")
    if not has_weights and (source / PICKLED).is_file():
        save_file(unpickled(source / PICKLED), work / WEIGHTS)
    if not (work / CARD).exists() and (source / PAGE).is_file():
        (work / CARD).symlink_to((source / PAGE).resolve())
    return work


def write_folder(work: Path, config: Mapping[str, object], tensors: Mapping[str, np.ndarray], tokens: Sequence[str], card: str) -> Path:
    """The same from parts; the first token is the blank."""
    (work / CONFIG).write_text(json.dumps(config, indent=1) + "\n")
    save_file(dict(tensors), work / WEIGHTS)
    (work / HEADS).write_text(json.dumps({"heads": [as_head(tokens, 0)]}, indent=1) + "\n")
    (work / CARD).write_text(card)
    return work


def check_waveforms(source: Path) -> None:
    """Raises: BundleError: what the folder says of its waveforms is not what `models.features` makes."""
    path = next((source / name for name in (PREPROCESSOR, PROCESSOR) if (source / name).is_file()), None)
    if path is None:
        return
    settings = _settings(path)
    settings = settings.get(EXTRACTOR) or {} if path.name == PROCESSOR else settings
    rate_hz = settings.get("sampling_rate", SAMPLE_RATE_HZ)
    if rate_hz != SAMPLE_RATE_HZ:
        raise BundleError(f"{path}: sampling_rate is {rate_hz!r}, must be {SAMPLE_RATE_HZ}")
    # With group norm it makes no difference: each channel of the front end is divided by its own deviation.
    if not settings.get("do_normalize", True) and _settings(source / CONFIG).get("feat_extract_norm") == "layer":
        raise BundleError(f"{path}: do_normalize is false; with layer norm this exporter understands only waveforms that are normalised first")


def head_of(source: Path) -> dict[str, object]:
    """The one head of a tokenizer's vocab.json. Raises: BundleError: it is missing, or does not number the outputs from 0 without gaps."""
    path = source / VOCABULARY
    try:
        numbers: dict[str, int] = json.loads(path.read_bytes())
        tokens = sorted(numbers, key=lambda token: numbers[token])
        gapless = [numbers[token] for token in tokens] == list(range(len(tokens)))
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise BundleError(f"{path}: {error}; it must say which outputs are which symbols (or {HEADS} does)") from error
    if not gapless or not tokens:
        raise BundleError(f"{path}: must number the outputs from 0 without gaps")
    blank = _settings(source / CONFIG).get("pad_token_id", numbers.get(DEFAULT_PAD, 0))
    if not isinstance(blank, int) or not 0 <= blank < len(tokens):
        raise BundleError(f"{source / CONFIG}: pad_token_id is {blank!r}, must be one of the {len(tokens)} outputs: it is CTC's blank")
    word_end = _settings(source / TOKENIZER).get("word_delimiter_token", WORD_END) if (source / TOKENIZER).is_file() else WORD_END
    return as_head([WORD_END if token == word_end else token for token in tokens], blank)


def _settings(path: Path) -> dict[str, Any]:
    try:
        settings = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise BundleError(f"{path}: {error}") from error
    if not isinstance(settings, dict):
        raise BundleError(f"{path}: must hold one JSON object")
    return settings


def as_head(tokens: Sequence[str], blank: int) -> dict[str, object]:
    """Letters in lower case, as everything else here writes; where the vocabulary has both, each stays as it is."""
    lower = [token.lower() if len(token) == 1 else token for token in tokens]
    written = lower if len(set(lower)) == len(lower) else list(tokens)
    return {"name": CHARACTER_HEAD, "first": 0, "size": len(tokens), "blank": blank, "tokens": written}


def unpickled(path: Path) -> dict[str, np.ndarray]:
    """Tensors of a file that torch.save wrote; what else a pickle can do is refused. Raises: BundleError. ConfigurationError: no torch."""
    with needs_extra("reading a pickled checkpoint", "train"):
        import torch  # noqa: PLC0415 - the exporter has none
    try:
        tensors = torch.load(path, map_location="cpu", weights_only=True)
        return {name: tensor.float().contiguous().numpy() for name, tensor in tensors.items()}
    except Exception as error:  # torch raises what its unpickler, its zip reader and its tensors raise
        raise BundleError(f"{path}: torch cannot read it as weights ({next(iter(str(error).splitlines()), type(error).__name__)})") from error


def page_licence(page: str) -> str | None:
    """What the head of a hub page says under `license`; None: nothing."""
    if not page.startswith("---\n"):
        return None
    head = page[4:].partition("\n---")[0].splitlines()
    return next((line.partition(":")[2].strip() for line in head if line.startswith("license:") and line.partition(":")[2].strip()), None)


def stated_licence(folder: Path) -> str:
    """Raises: ConfigurationError: the page says none."""
    card = folder / CARD
    licence = page_licence(card.read_text()) if card.is_file() else None
    if licence is None:
        raise ConfigurationError(f"{card}: names no licence; give the text of the one that the weights are under with --licence")
    return licence
