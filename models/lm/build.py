"""Texts -> one language model that fits a size: a Kneser-Ney model for each text, mixed by what each knows, pruned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from models.lm.arpa import pack
from models.lm.backoff import BackoffModel
from models.lm.corpus import MIN_COUNT, Sentence, choose_words, count_words, encode
from models.lm.kneser_ney import fit
from models.lm.mixture import mix
from models.lm.prune import keep_best, worths
from models.pronounce.pronouncer import Pronouncer
from protos.errors import ConfigurationError

ORDER = 4
MAX_BYTES = 10_000_000
# What a gzipped n-gram takes, for a first guess at how many fit; then a few guesses more, each from what the last one took.
_BYTES_A_NGRAM = 7
_GUESSES = 8
_FULL = 0.98
_AIM = 0.992

Tell = Callable[[str], None]
"""Takes what is being done, for people."""


@dataclass(frozen=True, slots=True)
class Recipe:
    order: int = ORDER
    """Words of the longest n-gram."""
    min_count: int = MIN_COUNT
    """How often a word must be seen that the pronouncing dictionary does not have."""
    max_bytes: int = MAX_BYTES
    """Of the gzipped file."""


def build(
    texts: Sequence[Sequence[Sentence]], weights: Sequence[float], pronouncer: Pronouncer, recipe: Recipe, tell: Tell
) -> tuple[BackoffModel, bytes]:
    """weights: one for each text. Returns: the model, and its gzipped ARPA. Raises: ConfigurationError: the words alone do not fit the size."""
    words = choose_words(count_words(texts), pronouncer, recipe.min_count)
    tell(f"{len(words)} words")
    models = []
    for number, text in enumerate(texts, 1):
        models.append(fit(encode(text, words), words, recipe.order))
        tell(f"text {number} of {len(texts)}: {sum(models[-1].sizes)} n-grams")
    mixed = mix(models, weights, by_context=True)
    tell(f"mixed: {sum(mixed.sizes)} n-grams")
    return fit_size(mixed, recipe.max_bytes, tell)


def fit_size(model: BackoffModel, max_bytes: int, tell: Tell) -> tuple[BackoffModel, bytes]:
    """As many n-grams as gzipped stay within the size. Raises: ConfigurationError: not even the words do."""
    worth, longer = worths(model), sum(model.sizes[1:])
    ngrams = max_bytes // _BYTES_A_NGRAM
    for _ in range(_GUESSES):
        pruned = keep_best(model, worth, ngrams)
        packed = pack(pruned)
        filled = len(packed) / max_bytes
        tell(f"pruned: {sum(pruned.sizes)} n-grams, {len(packed) / 1e6:.2f} MB")
        if filled <= 1 and (filled >= _FULL or ngrams >= longer):
            return pruned, packed
        ngrams = int(min(ngrams, longer) * _AIM / filled)
    raise ConfigurationError(f"{model.sizes[0]} words do not fit {max_bytes / 1e6:.2f} MB; allow more, or ask for words that were seen more often")
