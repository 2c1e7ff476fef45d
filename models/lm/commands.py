"""harken-models lm: build, judge and attach language models. Reads flags, shows progress; everything else is elsewhere."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from models.bundle import LANGUAGE_MODEL, default_bundle_dir
from models.extras import needs_extra
from models.lm.arpa import read_arpa
from models.lm.backoff import BackoffModel
from models.lm.build import MAX_BYTES, ORDER, Part, Recipe
from models.lm.build import build as build_model
from models.lm.corpus import MIN_COUNT, read_sentences
from models.lm.perplexity import Perplexity, measure, read_groups
from models.lm.sources import SURE, without
from models.lm.sources import harvest as harvested
from models.lm.sphinx import ENDING as SPHINX_ENDING
from models.lm.sphinx import read_sphinx
from models.pronounce.pronouncer import english
from protos.errors import ConfigurationError

app = typer.Typer(help="Language models: n-grams from texts, as gzipped ARPA.", no_args_is_help=True)
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object.")]


@app.command()
def build(
    texts: Annotated[
        list[Path], typer.Argument(help="Texts, one sentence a line, .gz or not; finished models: .arpa, .arpa.gz, PocketSphinx's .lm.bin.")
    ],
    out: Annotated[Path, typer.Option(help="File to write, gzipped ARPA.")],
    weight: Annotated[list[float] | None, typer.Option(help="Share of each; repeat, in their order. Default: all alike.")] = None,
    order: Annotated[int, typer.Option(min=2, max=6, help="Words of the longest n-gram.")] = ORDER,
    min_count: Annotated[int, typer.Option(min=1, help="How often a word must be seen that the pronouncing dictionary does not have.")] = MIN_COUNT,
    max_mb: Annotated[float, typer.Option(min=0.001, help="Largest file, in megabytes; the n-grams worth least are left out.")] = MAX_BYTES / 1e6,
    max_words: Annotated[int | None, typer.Option(min=1, help="Most words; the others are unknown. Default: all that can be said.")] = None,
) -> None:
    """An n-gram model: Kneser-Ney for each text, mixed, pruned to a size. Always the same bytes; a minute or two for four million words.

    \b
    harken-models lm build queries.txt books.txt.gz --weight 0.6 --weight 0.4 --out lm.arpa.gz
    harken-models lm build queries.txt en-us.lm.bin --weight 0.6 --weight 0.4 --max-words 60000 --out lm.arpa.gz
    """
    weights = weight or [1.0] * len(texts)
    if len(weights) != len(texts) or min(weights) <= 0:
        raise ConfigurationError(f"{len(weights)} weights for {len(texts)} texts: give one above 0 for each, in the same order")
    console = Console(stderr=True, highlight=False)
    with console.status("reading"):
        parts = [read_part(path) for path in texts]
        for path, part in zip(texts, parts, strict=True):
            console.print(f"{path.name}: {f'{sum(part.sizes)} n-grams' if isinstance(part, BackoffModel) else f'{len(part)} sentences'}")
        model, packed = build_model(parts, weights, english(), Recipe(order, min_count, int(max_mb * 1e6), max_words), console.print)
    _write(out, packed)
    print(f"{out}: {len(packed) / 1e6:.2f} MB, n-grams: {', '.join(map(str, model.sizes))}")


@app.command()
def harvest(
    sources: Annotated[
        list[Path],
        typer.Argument(help="Prose, encyclopedia summaries (.json), WordNet's data.noun and the like, or transcripts (.jsonl); .gz is read."),
    ],
    out: Annotated[Path, typer.Option(help="Text to write, one sentence a line; .gz or not.")],
    held: Annotated[
        list[Path] | None, typer.Option("--without", help="Transcripts that models are judged by; repeat. Their sentences are left out.")
    ] = None,
    sure: Annotated[float, typer.Option(help="Least mean log-probability of a teacher's text, where a recording has no transcript.")] = SURE,
) -> None:
    """Sentences of other people's files, normalised, ready to build from.

    \b
    harken-models lm harvest summaries_en-us.json --without dev.jsonl --without test.jsonl --out articles.txt.gz
    """
    found = [sentence for path in sources for sentence in harvested(path, sure)]
    kept = without(found, [sentence for path in held or () for sentence in harvested(path)])
    if not kept:
        raise ConfigurationError(f"{', '.join(map(str, sources))}: no sentence is left of {len(found)}")
    text = "".join(f"{' '.join(sentence)}\n" for sentence in kept).encode()
    _write(out, gzip.compress(text, mtime=0) if out.suffix == ".gz" else text)
    print(f"{out}: {len(kept)} sentences, {sum(map(len, kept))} words; {len(found) - len(kept)} held out")


@app.command()
def perplexity(
    model: Annotated[Path, typer.Argument(help="ARPA file, plain or gzipped.")],
    text: Annotated[Path, typer.Argument(help="Text, one sentence a line, or JSONL of transcripts: then by slice.")],
    as_json: JsonOption = False,
) -> None:
    """How well a model foretells a text, and how many of its words it lacks.

    \b
    harken-models lm perplexity lm.arpa.gz ../shared/speech/dev.jsonl
    """
    groups = read_groups(text)
    loaded = read_arpa(model)
    measured = {name: measure(loaded, sentences) for name, sentences in groups.items()}
    print(json.dumps({name: as_row(one) for name, one in measured.items()}) if as_json else "\n".join(as_line(*item) for item in measured.items()))


@app.command()
def attach(
    model: Annotated[Path, typer.Argument(help="Gzipped ARPA file.")],
    bundle: Annotated[Path | None, typer.Option("--bundle", help="Bundle that takes it; default: the one shipped.")] = None,
    version: Annotated[str | None, typer.Option(help="The bundle's from now on: with other words it hears otherwise. Default: as it was.")] = None,
) -> None:
    """Put a language model into a bundle, in place of the one it may have, and into its manifest.

    \b
    harken-models lm attach lm.arpa.gz --bundle my-model --version 4
    """
    with needs_extra("attaching", "dev"):
        from models.export.to_bundle import attach_language_model  # noqa: PLC0415 - a server has neither onnx nor safetensors
    into = bundle or default_bundle_dir()
    print(f"{into / LANGUAGE_MODEL}: sha256 of the bundle {attach_language_model(into, model, version).sha256}")


def read_part(path: Path) -> Part:
    """A finished model by its name, else a text. Raises: ConfigurationError."""
    if path.name.endswith(SPHINX_ENDING):
        return read_sphinx(path)
    return read_arpa(path) if path.name.endswith((".arpa", ".arpa.gz")) else read_sentences(path)


def _write(path: Path, content: bytes) -> None:
    """Raises: ConfigurationError."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from error


def as_row(measured: Perplexity) -> dict[str, float]:
    return {
        "sentences": measured.sentences,
        "words": measured.words,
        "unknown_rate": round(measured.unknown_rate, 4),
        "perplexity": round(measured.perplexity, 1),
    }


def as_line(name: str, measured: Perplexity) -> str:
    return f"{name:12s}{measured.words:8d} words, {measured.unknown_rate:6.2%} unknown, perplexity {measured.perplexity:.1f}"
