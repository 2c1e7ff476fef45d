"""harken-models: transcribe, verify, make and judge model bundles. Reads flags; everything else is elsewhere."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from models.bundle import default_bundle_dir, load_bundle
from models.data import commands as data_commands
from models.evaluate.commands import evaluate, gate
from models.evaluate.confidence_commands import calibrate_confidence
from models.evaluate.decoder_commands import tune_decoder
from models.evaluate.reference_commands import reference
from models.exporting import average, export, pull
from models.extras import needs_extra
from models.lm.commands import app as language_models
from models.pronounce.commands import app as pronunciations
from models.recognizer import Recognizer
from models.records import Recognition
from models.reference import ALL
from models.train.commands import convert, train
from models.transcribe import Stretch, read_stretches
from models.transcribe import transcribe as transcribe_stretches
from protos.errors import ConfigurationError, SpeechError
from protos.messages import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ

app = typer.Typer(
    help="Harken's models: what they hear, what they are, and how they are made.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(pronunciations, name="pronunciations")
app.add_typer(data_commands.app, name="data")
app.add_typer(language_models, name="lm")
app.command()(evaluate)
app.command()(export)
app.command()(pull)
app.command()(average)
app.command()(gate)
app.command()(calibrate_confidence)
app.command()(tune_decoder)
app.command()(reference)
app.command()(train)
app.command()(convert)

BundleOption = Annotated[Path | None, typer.Option("--bundle", help="Model bundle; default: the one shipped.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


@app.command()
def transcribe(
    files: Annotated[list[Path] | None, typer.Argument(help="Mono 16 kHz recordings, each taken whole (at most 30 s).")] = None,
    segments: Annotated[
        Path | None, typer.Option(help="JSONL with audio, start_sample, sample_count: these stretches instead of whole files.")
    ] = None,
    bundle: BundleOption = None,
    as_json: JsonOption = False,
) -> None:
    """What the model hears, without VAD, server or search.

    \b
    harken-models transcribe tests/recordings/*.flac
    harken-models transcribe --segments stretches.jsonl --json
    """
    if bool(files) == (segments is not None):
        raise ConfigurationError("give recordings, or stretches with --segments")
    stretches = read_stretches(segments) if segments is not None else [Stretch(path) for path in files or []]
    recognizer = Recognizer(load_bundle(bundle or default_bundle_dir()))
    for stretch, recognition in transcribe_stretches(recognizer, stretches):
        print(json.dumps(as_row(stretch, recognition)) if as_json else as_line(stretch, recognition), flush=True)


@app.command()
def verify(bundle: Annotated[Path | None, typer.Argument(help="Bundle directory; default: the one shipped.")] = None) -> None:
    """Check every file of a bundle against its manifest, and that it recognises.

    \b
    harken-models verify my-model/
    """
    loaded = load_bundle(bundle or default_bundle_dir())
    noise = hashlib.shake_256(b"noise").digest(BYTES_PER_SAMPLE * SAMPLE_RATE_HZ)
    heard = Recognizer(loaded).recognize(noise, 0)
    print(f"{loaded.path}: {len(loaded.manifest.files)} files are as the manifest says; one second of noise gives {heard.final_reason.name}")


@app.command()
def info(
    bundle: Annotated[Path | None, typer.Argument(help="Bundle directory; default: the one shipped.")] = None, as_json: JsonOption = False
) -> None:
    """What a bundle is.

    \b
    harken-models info
    """
    loaded = load_bundle(bundle or default_bundle_dir())
    manifest = loaded.manifest
    facts = {
        "model_id": manifest.model_id,
        "version": manifest.version,
        "language": manifest.language,
        "quantization": manifest.quantization,
        "model_bytes": len(loaded.model),
        "frames_per_second": round(SAMPLE_RATE_HZ / manifest.clock.stride_samples, 2),
        "receptive_field_samples": manifest.clock.receptive_field_samples,
        "max_seconds": manifest.max_samples / SAMPLE_RATE_HZ,
        "heads": [head.name for head in loaded.heads],
        "confidence": "never fitted" if loaded.confidence is None else f"fitted on {loaded.confidence.recordings} recordings",
        "source": manifest.lineage.source if manifest.lineage else "not said",
        "reference": "never measured" if loaded.reference is None else f"{loaded.reference.recordings[ALL]} recordings",
        "gate": "never judged" if manifest.gate is None else "passed" if manifest.gate.passed else "failed",
        "sha256": loaded.sha256,
    }
    print(json.dumps(facts) if as_json else "\n".join(f"{key:24s}{value}" for key, value in facts.items()))


@app.command()
def refresh(bundle: Annotated[Path, typer.Argument(help="Bundle directory.")]) -> None:
    """Write new sums into the manifest after the card or a licence was edited.

    \b
    harken-models refresh models/artifacts/harken-en-adult-1
    """
    with needs_extra("refreshing", "dev"):
        from models.export.to_bundle import refresh_manifest  # noqa: PLC0415 - a server has neither onnx nor safetensors
    print(f"{bundle}: sha256 {refresh_manifest(bundle).sha256}")


def as_row(stretch: Stretch, recognition: Recognition) -> dict[str, object]:
    best = recognition.alternatives[0] if recognition.alternatives else None
    words = [
        {
            "word": word.word,
            "start_seconds": word.start_offset / SAMPLE_RATE_HZ,
            "end_seconds": word.end_offset / SAMPLE_RATE_HZ,
            "confidence": word.confidence,
        }
        for word in (best.words if best else ())
    ]
    return {
        "audio": str(stretch.audio),
        "start_sample": stretch.start_sample,
        "transcript": best.transcript if best else "",
        "confidence": best.confidence if best else 0.0,
        "final_reason": recognition.final_reason.name,
        "words": words,
    }


def as_line(stretch: Stretch, recognition: Recognition) -> str:
    if not recognition.alternatives:
        return f"{stretch.audio}: ({recognition.final_reason.name.lower().replace('_', ' ')})"
    best = recognition.alternatives[0]
    return f"{stretch.audio}: {best.transcript}  [{best.confidence:.2f}]"


def main() -> None:
    """Exit 2 and one sentence for what a person must change."""
    try:
        app()
    except ConfigurationError as error:
        print(f"harken-models: {error}", file=sys.stderr)
        sys.exit(2)
    except SpeechError as error:
        print(f"harken-models: {error.message}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
