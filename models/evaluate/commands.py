"""harken-models evaluate and gate. Reads flags, shows progress, prints; everything else is elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from models.bundle import default_bundle_dir, load_bundle
from models.decode.readers import reader_of
from models.extras import needs_extra
from models.recognizer import Recognizer

BundleOption = Annotated[Path | None, typer.Option("--bundle", help="Model bundle; default: the one shipped.")]
LimitOption = Annotated[int | None, typer.Option(min=1, help="Only so many recordings, evenly spread.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object, rates as fractions.")]


def evaluate(
    manifest: Annotated[Path, typer.Argument(help="JSONL with audio, text, and where known source, speaker, accent, age, gender.")],
    bundle: BundleOption = None,
    limit: LimitOption = None,
    diagram: Annotated[Path | None, typer.Option(help="Write a reliability diagram (SVG): confidence against what was right.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Word, character and token error rates by slice, with intervals over speakers, through the same code as in serving.

    \b
    harken-models evaluate ../shared/speech/test.jsonl --limit 200
    """
    facts = evaluation(manifest, bundle or default_bundle_dir(), limit, diagram)
    if as_json:
        print(json.dumps(facts))
    else:
        Console().print(as_table(facts), _as_lines(facts), sep="\n")


def gate(
    new: Annotated[Path, typer.Argument(help="Bundle to judge; its manifest takes the verdict.")],
    manifest: Annotated[Path, typer.Option(help="JSONL of recordings that nobody trained on.")],
    against: Annotated[Path | None, typer.Option(help="Bundle whose place it would take; default: the one shipped.")] = None,
    calibrate: Annotated[
        Path | None, typer.Option(help="JSONL of other recordings that nobody trained on: fit the new bundle's confidence to them first.")
    ] = None,
    least_speed: Annotated[
        float | None,
        typer.Option(
            min=0, help="Audio seconds a second over the old bundle's, for a bundle that is to be larger; the verdict names it. Default: 0.9."
        ),
    ] = None,
    limit: LimitOption = None,
    as_json: JsonOption = False,
) -> None:
    """May a new bundle take the old one's place? Accuracy, INT8 loss, speed, invariance, calibration, size; exit 1 when it may not.

    \b
    harken-models gate my-model --against models/artifacts/harken-en-adult-1 --manifest ../shared/speech/test.jsonl
    """
    with needs_extra("judging", "dev"):
        from models.evaluate.examples import calibrate_bundle  # noqa: PLC0415 - a server has neither onnx nor safetensors
        from models.evaluate.gate import Limits  # noqa: PLC0415
        from models.evaluate.measure import gate_bundle  # noqa: PLC0415
    if calibrate is not None:
        calibrate_bundle(new, calibrate, None, (None, None), watched)
    limits = Limits() if least_speed is None else Limits(speed_ratio=least_speed)
    verdict = gate_bundle(new, against or default_bundle_dir(), manifest, limit, watched, limits)
    rows = [{"name": check.name, "passed": check.passed, "detail": check.detail} for check in verdict.checks]
    if as_json:
        print(json.dumps({"passed": verdict.passed, "against": verdict.against, "checks": rows}))
    else:
        for check in verdict.checks:
            print(f"{'pass' if check.passed else 'FAIL'}  {check.name:14s} {check.detail}")
        print(f"{new}: {'passed' if verdict.passed else 'failed'}")
    if not verdict.passed:
        raise typer.Exit(1)


def evaluation(manifest: Path, bundle: Path, limit: int | None, diagram: Path | None = None, decoder: str | None = None) -> dict[str, Any]:
    """The report of `models.evaluate.report`, with progress on standard error; its reliability diagram goes to `diagram`.

    decoder: as in `models.decode.readers.reader_of`. Raises: ConfigurationError, BundleError.
    """
    with needs_extra("evaluating", "bench"):
        from models.evaluate import reliability, report, scoring  # noqa: PLC0415 - rapidfuzz is not a serving dependency
    rows, skipped = scoring.labelled_rows(manifest, limit)
    loaded = load_bundle(bundle)
    recognizer = Recognizer(loaded, reader=reader_of(loaded, decoder))
    heard = list(watched(bundle.name, scoring.score(recognizer, manifest, rows), len(rows)))
    if diagram is not None:
        diagram.write_text(reliability.drawn(heard))
    return report.report(heard, skipped)


def watched(name: str, utterances: Iterable[Any], total: int) -> Iterator[Any]:
    """The same utterances, with a progress bar where a person watches."""
    with Progress(console=Console(stderr=True), transient=True) as progress:
        yield from progress.track(utterances, total=total, description=name)


def as_table(facts: dict[str, Any]) -> Table:
    table = Table("slice", "utterances", "WER %", "95 %", "CER %", "S / D / I", box=None)
    for name, figures in facts["slices"].items():
        spread = f"{figures['low']:.1%} to {figures['high']:.1%}"
        edits = f"{figures['substitutions']} / {figures['deletions']} / {figures['insertions']}"
        table.add_row(name, str(figures["utterances"]), f"{figures['wer']:.1%}", spread, f"{figures['cer']:.1%}", edits)
    return table


def _as_lines(facts: dict[str, Any]) -> str:
    rates = [f"{name.upper()} {facts[name]['value']:.1%} ({facts[name]['low']:.1%} to {facts[name]['high']:.1%})" for name in ("wer", "cer")]
    spreads = facts["token_error_intervals"]
    tokens = [
        f"{head}: " + ", ".join("{} {:.1%} ({:.1%} to {:.1%})".format(name, rate, *spreads[head][name]) for name, rate in rates.items())
        for head, rates in facts["token_error_rates"].items()
    ]
    errors = ", ".join(f"{name.replace('_', ' ')} {of['error']:.3f} ({of['by_chance']:.3f})" for name, of in facts["calibration"].items())
    heard = ", ".join(f"{pair['said']} as {pair['heard']} ({pair['times']})" for pair in facts["confusions"][:6])
    return "\n".join(
        (
            f"mean of the main slices: {', '.join(rates)}; {facts['utterances']} utterances, {facts['skipped']} rows without text skipped",
            *(f"token error rate, {line}" for line in tokens),
            f"calibration error (by chance alone): {errors}",
            f"most often confused: {heard}",
        )
    )
