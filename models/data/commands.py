"""harken-models data: reads flags, shows progress; everything else is elsewhere."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from models.extras import needs_extra
from models.transcribe import read_rows
from protos.errors import ConfigurationError

app = typer.Typer(help="Make training data: teachers' transcripts and synthetic speech.", no_args_is_help=True)
# The programs fail at one text in forty; so many in a row are a broken installation.
MAX_FAILURES = 50
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object.")]


@app.command("pseudo-label")
def pseudo_label(
    manifest: Annotated[Path, typer.Argument(help="JSONL with audio (16 kHz mono).")],
    out: Annotated[Path, typer.Option(help="JSONL: the same rows with `teacher`; one that is there is gone on with.")],
    teacher: Annotated[str, typer.Option(help="Who listens: moonshine-tiny-en, whisper-tiny-en or whisper-base (extra: teach).")],
    min_logprob: Annotated[float | None, typer.Option(max=0, help="Keep texts whose mean log-probability is at least this; default: all.")] = None,
    agree_with: Annotated[Path | None, typer.Option(help="Another teacher's labels: keep a text where both heard the same.")] = None,
    max_difference: Annotated[float, typer.Option(min=0, help="What counts as the same: character errors as a fraction.")] = 0.0,
    as_json: JsonOption = False,
) -> None:
    """What a teacher hears in recordings that nobody transcribed. For training only, never to judge a model.

    \b
    harken-models data pseudo-label unlabelled.jsonl --out whisper.jsonl --teacher whisper-base
    harken-models data pseudo-label unlabelled.jsonl --out labelled.jsonl --teacher moonshine-tiny-en --agree-with whisper.jsonl --max-difference 0.05
    """
    with needs_extra("labelling", "teach"):
        from models.data.pseudo_label import ALL, Rule, heard_by  # noqa: PLC0415 - rapidfuzz is not a serving dependency
        from models.data.pseudo_label import pseudo_label as label  # noqa: PLC0415
        from models.data.teachers import open_teacher  # noqa: PLC0415

        listener = open_teacher(teacher)
    rule = Rule(ALL if min_logprob is None else min_logprob, heard_by(agree_with) if agree_with else None, max_difference)
    rows, heard, kept, seconds = sum(1 for _ in read_rows(manifest)), 0, 0, 0.0
    done = sum(1 for _ in read_rows(out)) if out.is_file() else 0
    with _progress() as progress:
        bar = progress.add_task(f"{teacher} listens", total=rows, completed=done)
        for labelled in label(manifest, out, listener, rule):
            heard, kept, seconds = heard + 1, kept + labelled.kept, seconds + labelled.seconds
            progress.advance(bar)
    facts = {"out": str(out), "rows": rows, "heard_now": heard, "kept_now": kept, "audio_seconds": round(seconds, 1)}
    print(json.dumps(facts) if as_json else f"{out}: {heard} of {rows} rows heard now ({seconds / 3600:.2f} h), the text of {kept} kept")


@app.command("choose-label")
def choose_label(
    labellings: Annotated[list[str], typer.Argument(help="FILE=LEAST, best first: labels and the mean log-probability from which they count.")],
    out: Annotated[Path, typer.Option(help="JSONL: every recording once.")],
    as_json: JsonOption = False,
) -> None:
    """Of each recording the text of the first teacher that was sure of its own.

    \b
    harken-models data choose-label whisper.jsonl=-0.5 unlabelled.jsonl=-0.21 --out labels/unlabelled.jsonl
    """
    with needs_extra("labelling", "teach"):
        from models.data.choose import choose_labels  # noqa: PLC0415 - rapidfuzz is not a serving dependency

    counts = choose_labels([_labelling(text) for text in labellings], out)
    shown = ", ".join(f"{count} {teacher or 'without a text'}" for teacher, count in counts.items())
    print(json.dumps({"out": str(out), "rows": counts}) if as_json else f"{out}: {shown}")


def _labelling(text: str) -> tuple[Path, float]:
    path, sign, least = text.rpartition("=")
    try:
        if not (path and sign):
            raise ValueError
        return Path(path), float(least)
    except ValueError:
        raise ConfigurationError(f"{text!r} is not FILE=LEAST, such as whisper.jsonl=-0.5") from None


@app.command()
def synthesize(
    texts: Annotated[Path, typer.Argument(help="A text a line; letters and apostrophes count.")],
    out: Annotated[Path, typer.Option(help="Directory of manifest.jsonl and audio/; one that is there is gone on with.")],
    hours: Annotated[float, typer.Option(min=0, help="Of speech, all together; texts are spoken again in other voices until it is reached.")],
    voices: Annotated[str, typer.Option(help="Synthesisers, with commas.")] = "espeak-ng,flite,festival",
    audio_format: Annotated[str, typer.Option("--format", help="flac or opus (a tenth of the size, twice the time).")] = "flac",
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other voices.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Speak texts with free synthesisers in thousands of voices: pitch, speed, accent and vocal tract are drawn anew for each.

    \b
    harken-models data synthesize sentences.txt --out synthetic --hours 10
    """
    with needs_extra("speaking", "train"):
        from models.data import synthesize as making  # noqa: PLC0415 - a server has no soxr
        from models.data.voices import available  # noqa: PLC0415

    if audio_format not in making.FORMATS:
        raise ConfigurationError(f"--format is {audio_format!r}, must be one of {', '.join(making.FORMATS)}")
    order = making.Order(making.read_texts(texts), seed, audio_format)
    synthesisers = available([name.strip() for name in voices.split(",")])
    manifest, failed_in_a_row, failed = out / making.MANIFEST, 0, 0
    seconds = making.spoken_seconds(manifest)
    with _progress() as progress, closing(making.synthesize(order, out, synthesisers)) as spoken:
        bar = progress.add_task("speaking", total=hours * 3600)
        while seconds < hours * 3600:
            line = next(spoken)
            seconds += line.seconds
            failed_in_a_row = 0 if line.seconds else failed_in_a_row + 1
            failed += not line.seconds
            if failed_in_a_row > MAX_FAILURES:
                raise ConfigurationError(f"{failed_in_a_row} texts in a row gave nothing usable; try one by hand with {voices}")
            progress.update(bar, completed=seconds)
    facts = {"manifest": str(manifest), "hours": round(seconds / 3600, 3), "clips": dict(making.voices_in(manifest)), "failed_now": failed}
    print(json.dumps(facts) if as_json else f"{manifest}: {seconds / 3600:.2f} h, {facts['clips']}; {failed} texts gave nothing usable")


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f} %"), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))
