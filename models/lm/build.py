"""Texts and finished models -> one language model that fits a size: Kneser-Ney for each text, mixed by what each knows, pruned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from models.lm.arpa import pack
from models.lm.backoff import MARKS, BackoffModel
from models.lm.component import restricted, with_frequencies
from models.lm.corpus import MIN_COUNT, Sentence, choose_words, count_words, encode, is_word
from models.lm.kneser_ney import fit
from models.lm.mixture import mix
from models.lm.prune import keep_best, worths
from models.pronounce.pronouncer import Pronouncer
from protos.errors import ConfigurationError

ORDER = 4
MAX_BYTES = 10_000_000
# What a gzipped n-gram takes, for a first guess at how many fit; then a few guesses more, each from what the last one took.
_BYTES_A_NGRAM = 6
_GUESSES = 8
_FULL = 0.98
_AIM = 0.992

Tell = Callable[[str], None]
"""Takes what is being done, for people."""
Part = Sequence[Sentence] | BackoffModel
"""A text, or a model that somebody else made of one."""


@dataclass(frozen=True, slots=True)
class Recipe:
    order: int = ORDER
    """Words of the longest n-gram."""
    min_count: int = MIN_COUNT
    """How often a word must be seen that the pronouncing dictionary does not have."""
    max_bytes: int = MAX_BYTES
    """Of the gzipped file."""
    max_words: int | None = None
    """Of all that could be taken, those that the parts by their weights say most often; None: all. Each costs a worker about 3 kB."""


def build(parts: Sequence[Part], weights: Sequence[float], pronouncer: Pronouncer, recipe: Recipe, tell: Tell) -> tuple[BackoffModel, bytes]:
    """weights: one for each part. Returns: the model, and its gzipped ARPA. Raises: ConfigurationError: the words alone do not fit the size."""
    words = vocabulary(parts, weights, pronouncer, recipe)
    tell(f"{len(words)} words")
    models = []
    for number, part in enumerate(parts, 1):
        made = with_frequencies(restricted(part, set(words))) if isinstance(part, BackoffModel) else fit(encode(part, words), words, recipe.order)
        models.append(made)
        tell(f"part {number} of {len(parts)}: {sum(made.sizes)} n-grams")
    mixed = mix(models, weights, by_context=True)
    tell(f"mixed: {sum(mixed.sizes)} n-grams")
    return fit_size(mixed, recipe.max_bytes, tell)


def vocabulary(parts: Sequence[Part], weights: Sequence[float], pronouncer: Pronouncer, recipe: Recipe) -> tuple[str, ...]:
    """MARKS, then by alphabet: words seen often enough in the texts, and what the finished models have that a decoder may hear."""
    texts = [part for part in parts if not isinstance(part, BackoffModel)]
    finished = [part for part in parts if isinstance(part, BackoffModel)]
    chosen = {*choose_words(count_words(texts), pronouncer, recipe.min_count)[len(MARKS) :]}
    chosen |= {word for model in finished for word in model.words[len(MARKS) :] if is_word(word, pronouncer)}
    if recipe.max_words is not None and recipe.max_words < len(chosen):
        shares = _shares(parts, weights)
        chosen = set(sorted(chosen, key=lambda word: (-shares[word], word))[: recipe.max_words])
    return (*MARKS, *sorted(chosen))


def _shares(parts: Sequence[Part], weights: Sequence[float]) -> dict[str, float]:
    """How much of all that the parts say each word is."""
    shares: dict[str, float] = defaultdict(float)
    for part, weight in zip(parts, weights, strict=True):
        if isinstance(part, BackoffModel):
            said = dict(zip(part.words, part.levels[1].probability.tolist(), strict=True))
        else:
            counts = count_words([part])
            total = counts.total()
            said = {word: count / total for word, count in counts.items()}
        for word, share in said.items():
            shares[word] += weight * share
    return shares


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
