"""harken-models lm: build, judge and attach language models. Reads flags, shows progress; everything else is elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from models.bundle import LANGUAGE_MODEL, default_bundle_dir
from models.extras import needs_extra
from models.lm.arpa import read_arpa
from models.lm.build import MAX_BYTES, ORDER, Recipe
from models.lm.build import build as build_model
from models.lm.corpus import MIN_COUNT, read_sentences
from models.lm.perplexity import Perplexity, measure, read_groups
from models.pronounce.pronouncer import english
from protos.errors import ConfigurationError

app = typer.Typer(help="Language models: n-grams from texts, as gzipped ARPA.", no_args_is_help=True)
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object.")]


@app.command()
def build(
    texts: Annotated[list[Path], typer.Argument(help="Texts, one sentence a line; .gz is read.")],
    out: Annotated[Path, typer.Option(help="File to write, gzipped ARPA.")],
    weight: Annotated[list[float] | None, typer.Option(help="Share of a text; repeat, one for each text. Default: all alike.")] = None,
    order: Annotated[int, typer.Option(min=2, max=6, help="Words of the longest n-gram.")] = ORDER,
    min_count: Annotated[int, typer.Option(min=1, help="How often a word must be seen that the pronouncing dictionary does not have.")] = MIN_COUNT,
    max_mb: Annotated[float, typer.Option(min=0.001, help="Largest file, in megabytes; the n-grams worth least are left out.")] = MAX_BYTES / 1e6,
) -> None:
    """An n-gram model: Kneser-Ney for each text, mixed, pruned to a size. Always the same bytes; a minute or two for four million words.

    \b
    harken-models lm build queries.txt books.txt.gz --weight 0.6 --weight 0.4 --out lm.arpa.gz
    """
    weights = weight or [1.0] * len(texts)
    if len(weights) != len(texts) or min(weights) <= 0:
        raise ConfigurationError(f"{len(weights)} weights for {len(texts)} texts: give one above 0 for each, in the same order")
    console = Console(stderr=True, highlight=False)
    with console.status("reading"):
        read = [read_sentences(path) for path in texts]
        for path, text in zip(texts, read, strict=True):
            console.print(f"{path.name}: {len(text)} sentences")
        model, packed = build_model(read, weights, english(), Recipe(order, min_count, int(max_mb * 1e6)), console.print)
    try:
        out.write_bytes(packed)
    except OSError as error:
        raise ConfigurationError(f"{out}: {error.strerror}") from error
    print(f"{out}: {len(packed) / 1e6:.2f} MB, n-grams: {', '.join(map(str, model.sizes))}")


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
) -> None:
    """Put a language model into a bundle, in place of the one it may have, and into its manifest.

    \b
    harken-models lm attach lm.arpa.gz --bundle my-model
    """
    with needs_extra("attaching", "dev"):
        from models.export.to_bundle import attach_language_model  # noqa: PLC0415 - a server has neither onnx nor safetensors
    into = bundle or default_bundle_dir()
    print(f"{into / LANGUAGE_MODEL}: sha256 of the bundle {attach_language_model(into, model).sha256}")


def as_row(measured: Perplexity) -> dict[str, float]:
    return {
        "sentences": measured.sentences,
        "words": measured.words,
        "unknown_rate": round(measured.unknown_rate, 4),
        "perplexity": round(measured.perplexity, 1),
    }


def as_line(name: str, measured: Perplexity) -> str:
    return f"{name:12s}{measured.words:8d} words, {measured.unknown_rate:6.2%} unknown, perplexity {measured.perplexity:.1f}"
