"""harken-models export and pull: read flags, show progress; everything else is elsewhere."""

from __future__ import annotations

import shlex
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from models.bundle import CARD, Bundle
from models.evaluate.commands import gate
from models.extras import needs_extra
from models.features import Waveform
from models.transcribe import read_waveform
from protos.errors import ConfigurationError

# Enough for the percentiles to settle: half or twice as many moved no range by more than a few percent.
CALIBRATION_CLIPS = 128
STATED = "AS-STATED.txt"

OutOption = Annotated[Path, typer.Option(help="Directory of the new bundle; a bundle already there is replaced whole.")]
VersionOption = Annotated[str, typer.Option(help="Version of the model.")]
LanguageOption = Annotated[str, typer.Option(help="BCP-47.")]


def export(
    checkpoint: Annotated[
        str,
        typer.Argument(help="Folder with config.json, weights and heads.json or vocab.json; OWNER/NAME on the Hugging Face hub; or torchaudio:NAME."),
    ],
    out: OutOption,
    model_id: Annotated[str, typer.Option(help="Name of the model.")],
    card: Annotated[Path, typer.Option(help="Model card (Markdown): data, figures, limits.")],
    licence: Annotated[list[Path], typer.Option(help="Licence of what the weights were grown from; repeat for several.")],
    version: VersionOption = "1",
    language: LanguageOption = "en",
    calibrate: Annotated[
        Path | None,
        typer.Option(help="JSONL with audio and text: recordings like those to be heard, to spread INT8 over."),
    ] = None,
    floating: Annotated[bool, typer.Option("--float", help="Keep float32, for comparison: half as fast.")] = False,
    recipe: Annotated[Path | None, typer.Option(help="RECIPE.toml that the weights were trained by, kept in the bundle.")] = None,
) -> None:
    """Turn a Wav2Vec2-CTC checkpoint into a verified INT8 bundle. Needs onnx and safetensors (extra: train or dev); torch only for pickled weights.

    \b
    harken-models export runs/1/checkpoint --out my-model --model-id kitchen-en --card card.md --licence LICENSE --calibrate train.jsonl
    """
    if (calibrate is not None) == floating:
        raise ConfigurationError("give recordings to spread INT8 over with --calibrate, or --float")
    with needs_extra("exporting", "dev"):
        from models.export.sources.source import opened  # noqa: PLC0415 - a server has neither onnx nor safetensors
        from models.export.to_bundle import Identity, export_bundle  # noqa: PLC0415
    speech = calibration_speech(calibrate) if calibrate is not None else ()
    identity = Identity(model_id, version, language)
    with opened(checkpoint) as folder:
        made = export_bundle(folder, out, identity, card, licence, speech=speech, recipe=recipe, named=checkpoint, command=typed())
    print(as_line(made))


def average(
    checkpoints: Annotated[list[Path], typer.Argument(help="Two or more checkpoint folders or bundles that grew from the same weights.")],
    out: Annotated[Path, typer.Option(help="New checkpoint folder, for harken-models export or to train on from.")],
) -> None:
    """Average the weights of checkpoints: stages of one training together hear better than the last alone. Needs safetensors (extra: train or dev).

    \b
    harken-models average runs/1/checkpoint runs/2/checkpoint --out averaged
    """
    with needs_extra("averaging", "dev"):
        from models.export.average import average as averaged  # noqa: PLC0415 - a server has no safetensors
    averaged(checkpoints, out)
    print(f"{out}: the mean of {len(checkpoints)} checkpoints; harken-models export makes a bundle of it")


def pull(
    name: Annotated[str, typer.Argument(help="OWNER/NAME on the Hugging Face hub, torchaudio:NAME, or a folder.")],
    out: OutOption,
    calibrate: Annotated[Path, typer.Option(help="JSONL with audio and text, to spread INT8 over.")],
    manifest: Annotated[Path, typer.Option(help="JSONL of recordings that nobody trained on, for the gate.")],
    against: Annotated[Path | None, typer.Option(help="Bundle whose place it would take; default: the one shipped.")] = None,
    licence: Annotated[list[Path] | None, typer.Option(help="Licence of the weights; default: the one its page names.")] = None,
    version: VersionOption = "1",
    language: LanguageOption = "en",
    limit: Annotated[int | None, typer.Option(min=1, help="Judge on only so many recordings, evenly spread.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The verdict as one JSON object.")] = False,
) -> None:
    """Fetch somebody's Wav2Vec2-CTC, export and quantise it, and let the gate say whether it may take the old one's place; exit 1 when it may not.

    \b
    harken-models pull facebook/wav2vec2-base-960h --out base-960h --calibrate ../shared/speech/train.jsonl --manifest ../shared/speech/dev.jsonl
    """
    with needs_extra("exporting", "dev"):
        from models.export.sources.folder import stated_licence  # noqa: PLC0415 - a server has neither onnx nor safetensors
        from models.export.sources.source import opened  # noqa: PLC0415
        from models.export.to_bundle import Identity, export_bundle  # noqa: PLC0415
    console = Console(stderr=True)
    with console.status(f"fetching {name}") as status, opened(name) as folder, tempfile.TemporaryDirectory() as temporary:
        licences = list(licence or [])
        if not licences:
            licences = [Path(temporary) / STATED]
            licences[0].write_text(f"{name}: {stated_licence(folder)}, as its page says.\n")
        status.update("spreading INT8 over recordings")
        speech = calibration_speech(calibrate)
        status.update(f"writing {out}")
        identity = Identity(model_name(name), version, language)
        made = export_bundle(folder, out, identity, folder / CARD, licences, speech=speech, named=name, command=typed())
    console.print(as_line(made))
    gate(out, manifest, against, limit=limit, as_json=as_json)


def calibration_speech(manifest: Path) -> list[Waveform]:
    """CALIBRATION_CLIPS recordings, evenly spread over the manifest, as the model hears them. Raises: ConfigurationError: it has none."""
    with needs_extra("calibrating", "bench"):
        from models.evaluate.scoring import labelled_rows  # noqa: PLC0415 - rapidfuzz is not a serving dependency
    rows, _ = labelled_rows(manifest, CALIBRATION_CLIPS)
    return [read_waveform(manifest.parent / row["audio"]) for row in rows]


def model_name(source: str) -> str:
    """
    >>> model_name("facebook/wav2vec2-base-960h"), model_name("torchaudio:WAV2VEC2_ASR_BASE_960H")
    ('wav2vec2-base-960h', 'wav2vec2_asr_base_960h')
    """
    return Path(source).name.rpartition(":")[2].lower()


def typed() -> str:
    """The command line of this process."""
    return shlex.join(("harken-models", *sys.argv[1:]))


def as_line(made: Bundle) -> str:
    return f"{made.path}: {made.manifest.model_id}@{made.manifest.version}, {made.manifest.quantization}, {len(made.model) / 1e6:.1f} MB graph"
