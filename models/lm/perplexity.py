"""How well a model foretells a text: perplexity, and how many words it does not have."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.evaluate.slices import main_slice
from models.lm.backoff import START, UNKNOWN, BackoffModel
from models.lm.corpus import Sentence, as_sentence, encode, read_sentences
from protos.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Perplexity:
    sentences: int
    words: int
    unknown_words: int
    """Not in the model, and left out of the perplexity."""
    perplexity: float
    """Of the known words and the sentence ends."""

    @property
    def unknown_rate(self) -> float:
        return self.unknown_words / max(1, self.words)


def measure(model: BackoffModel, sentences: Sequence[Sentence]) -> Perplexity:
    tokens = encode(sentences, model.words)
    foretold = (tokens != START) & (tokens != UNKNOWN)
    with np.errstate(divide="ignore"):
        nats = -np.log(model.probabilities(tokens)[foretold])
    return Perplexity(len(sentences), sum(map(len, sentences)), int(np.sum(tokens == UNKNOWN)), float(np.exp(nats.mean())))


def read_groups(path: Path) -> dict[str, list[Sentence]]:
    """A text is one group, `text`; a JSONL of transcripts has one for each slice of `models.evaluate`, and `all`. Raises: ConfigurationError."""
    if path.suffix != ".jsonl":
        return {"text": read_sentences(path)}
    groups: dict[str, list[Sentence]] = defaultdict(list)
    try:
        rows = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
        for row in rows:
            sentence = as_sentence(row["text"])
            for name in (main_slice(row), "all"):
                groups[name].append(sentence)
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"{path}: is not JSONL with a text in every line ({error!r})") from error
    if not groups:
        raise ConfigurationError(f"{path}: has no transcript")
    return dict(groups)
