"""Checkpoint folder -> verified bundle directory. Writes the manifest last: its presence means complete."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import onnx

from models.bundle import CARD, CONFIDENCE, HEADS, LANGUAGE_MODEL, LEXICON, LICENCES, MANIFEST, MODEL, RECIPE, REFERENCE, WEIGHTS, Bundle, load_bundle
from models.confidence import Confidence, write_confidence
from models.decode.lexicon import make_lexicon, write_lexicon
from models.decode.weights import Weights, write_weights
from models.export.balance import balanced, channel_peaks
from models.export.builder import Builder
from models.export.calibrate import calibrate
from models.export.checkpoint import BUNDLED_WEIGHTS, CONFIG, Checkpoint, read_checkpoint, write_checkpoint
from models.export.graph import build_graph
from models.export.int8 import SCHEME as STATIC
from models.export.int8 import Int8Builder
from models.features import Waveform
from models.lm.arpa import read_arpa
from models.manifest import FORMAT, parse_heads, parse_manifest
from models.pronounce.pronouncer import english
from models.recognizer import Recognizer
from models.records import Gate, LanguageModel, Lineage
from models.reference import Reference, write_reference
from protos.errors import BundleError, ConfigurationError
from protos.messages import SAMPLE_RATE_HZ

MAX_SECONDS = 30
FLOAT = "float32"
ROLES = {
    MODEL: "model",
    HEADS: "heads",
    CARD: "card",
    LANGUAGE_MODEL: "language_model",
    LEXICON: "lexicon",
    WEIGHTS: "decoder",
    CONFIDENCE: "confidence",
    REFERENCE: "reference",
    RECIPE: "recipe",
    CONFIG: "config",
    BUNDLED_WEIGHTS: "checkpoint",
}


TOOLS = ("numpy", "onnx", "onnxruntime")


@dataclass(frozen=True, slots=True)
class Identity:
    """What a bundle calls itself."""

    model_id: str
    version: str = "1"
    language: str = "en"
    """BCP-47."""


def export_bundle(
    source: Path,
    out: Path,
    identity: Identity,
    card: Path,
    licences: list[Path],
    *,
    speech: Sequence[Waveform] = (),
    recipe: Path | None = None,
    named: str = "",
    command: str | None = None,
) -> Bundle:
    """source: config.json, model.safetensors, heads.json. The new bundle is verified and loaded into onnxruntime before it takes its place.

    recipe: what the weights were trained by, kept beside them.
    named, command: of the lineage: what the source is called (default: its folder's name), and what a person typed to make the bundle.
    speech: normalised waveforms to calibrate on, of the kind the model will hear: static INT8; none: float32.
    Raises: BundleError: the source is not understood, two licences have one name, or `out` exists and is no bundle.
    """
    names = [licence.name for licence in licences]
    if len(set(names)) < len(names):
        raise BundleError(f"{out / LICENCES}: two licences have one name ({', '.join(names)}); rename one, so that both are kept")
    if out.exists() and not (out / MANIFEST).is_file():
        raise BundleError(f"{out}: exists and is not a bundle; give a new directory")
    checkpoint = read_checkpoint(source)
    parse_heads(source / HEADS, _bytes(source / HEADS))
    graph, scheme = _graph(checkpoint, speech)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".bundle-", dir=out.parent) as temporary:
        made = Path(temporary) / "bundle"
        (made / LICENCES).mkdir(parents=True)
        (made / MODEL).write_bytes(graph.SerializeToString())
        (made / HEADS).write_bytes(_bytes(source / HEADS))
        (made / CARD).write_bytes(_bytes(card))
        for licence in licences:
            (made / LICENCES / licence.name).write_bytes(_bytes(licence))
        if recipe is not None:
            (made / RECIPE).write_bytes(_bytes(recipe))
        write_checkpoint(checkpoint, made)
        tools = {package: version(package) for package in TOOLS}
        lineage = Lineage(named or source.name, weights_sha256(checkpoint), len(speech), tools, speech_sha256(speech), command)
        said = {key: value for key, value in asdict(lineage).items() if value is not None}
        _write_manifest(made, {**_facts(checkpoint, identity, scheme), "lineage": said}, _files(made))
        Recognizer(load_bundle(made))
        if out.exists():
            out.rename(Path(temporary) / "replaced")
        made.rename(out)
    return load_bundle(out)


def weights_sha256(checkpoint: Checkpoint) -> str:
    """Of every tensor as the file had it: the same weights, however they were packed."""
    digest = hashlib.sha256()
    for name in sorted(checkpoint.tensors):
        array = checkpoint.tensors[name]
        digest.update(f"{name} {array.dtype} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def speech_sha256(speech: Sequence[Waveform]) -> str | None:
    """Of every recording's length and samples, in order; None: there are none."""
    digest = hashlib.sha256()
    for waveform in speech:
        digest.update(len(waveform).to_bytes(8, "little") + waveform.astype("<f4").tobytes())
    return digest.hexdigest() if speech else None


def _graph(checkpoint: Checkpoint, speech: Sequence[Waveform]) -> tuple[onnx.ModelProto, str]:
    """The graph, and the name of how it is quantised."""
    max_samples, builder = MAX_SECONDS * SAMPLE_RATE_HZ, Builder()
    floating = build_graph(checkpoint, max_samples, builder)
    if not speech:
        return floating, FLOAT
    even, builder = balanced(checkpoint, channel_peaks(floating, builder.activations, checkpoint.shape, speech)), Builder()
    ranges = calibrate(build_graph(even, max_samples, builder), builder.activations, speech)
    return build_graph(even, max_samples, Int8Builder(ranges)), STATIC


def refresh_manifest(bundle: Path) -> Bundle:
    """After the card or a licence was edited: new sums for those alone, since new sums for the rest would bless whatever happened to it.

    Raises: BundleError.
    """
    path = bundle / MANIFEST
    raw = _bytes(path)
    parse_manifest(path, raw)
    facts = json.loads(raw)
    kept = {name: entry for name, entry in facts["files"].items() if not _is_editable(name)}
    edited = {name: entry for name, entry in _files(bundle).items() if _is_editable(name)}
    _write_manifest(bundle, facts, dict(sorted((kept | edited).items())))
    return load_bundle(bundle)


def record_gate(bundle: Path, gate: Gate) -> None:
    """Into the manifest, whose sum names the bundle: a judged bundle has a name of its own. Raises: BundleError."""
    facts = json.loads(_bytes(bundle / MANIFEST))
    _write_manifest(bundle, {**facts, "gate": asdict(gate)}, facts["files"])


def attach_language_model(bundle: Path, arpa: Path, version: str | None = None) -> Bundle:
    """The bundle with the language model, and how its words are said, in place of those it may have.

    What was fitted to another one goes: weights, confidence, verdict. version: of the bundle from now on; None: as it was.
    Raises: BundleError; ConfigurationError: the file is no gzipped ARPA.
    """
    if arpa.suffix != ".gz":
        raise ConfigurationError(f"{arpa}: a bundle keeps its language model gzipped, as `harken-models lm build` writes it")
    model = read_arpa(arpa)
    facts: dict[str, object] = {"language_model": asdict(LanguageModel(LANGUAGE_MODEL, model.order, len(model.words)))}
    if version is not None:
        facts["version"] = version
    lexicon = write_lexicon(make_lexicon(model.words, english()))
    return _record(bundle, {LANGUAGE_MODEL: _bytes(arpa), LEXICON: lexicon}, stale={WEIGHTS, CONFIDENCE}, facts=facts)


def record_weights(bundle: Path, weights: Weights, recordings: int) -> Bundle:
    """The decoder's, in place of what the bundle may have; its confidence, fitted to other readings, goes. Raises: BundleError."""
    return _record(bundle, {WEIGHTS: write_weights(weights, recordings)}, stale={CONFIDENCE})


def record_reference(bundle: Path, reference: Reference) -> Bundle:
    """In place of what the bundle may have. Raises: BundleError."""
    return _record(bundle, {REFERENCE: write_reference(reference)})


def record_confidence(bundle: Path, confidence: Confidence) -> Bundle:
    """In place of what the bundle may have. Raises: BundleError."""
    return _record(bundle, {CONFIDENCE: write_confidence(confidence)})


def _record(bundle: Path, contents: Mapping[str, bytes], *, stale: Collection[str] = (), facts: Mapping[str, object] | None = None) -> Bundle:
    """New contents and facts; the verdict goes, since it was about a bundle without them."""
    load_bundle(bundle)
    manifest = {key: value for key, value in json.loads(_bytes(bundle / MANIFEST)).items() if key != "gate"}
    for name, content in contents.items():
        _replace(bundle / name, content)
    for name in stale:
        (bundle / name).unlink(missing_ok=True)
    kept = {name: entry for name, entry in manifest["files"].items() if name not in stale}
    entries = kept | {name: _entry(bundle / name, ROLES[name]) for name in contents}
    _write_manifest(bundle, {**manifest, **(facts or {})}, dict(sorted(entries.items())))
    return load_bundle(bundle)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path}: {error.strerror}") from error


def _facts(checkpoint: Checkpoint, identity: Identity, quantization: str) -> dict[str, object]:
    clock = checkpoint.shape.clock
    return {
        "format": FORMAT,
        "model_id": identity.model_id,
        "version": identity.version,
        "language": identity.language,
        "quantization": quantization,
        "sample_rate_hz": SAMPLE_RATE_HZ,
        "stride_samples": clock.stride_samples,
        "receptive_field_samples": clock.receptive_field_samples,
        "max_samples": MAX_SECONDS * SAMPLE_RATE_HZ,
    }


def _is_editable(name: str) -> bool:
    return name == CARD or name.startswith(LICENCES)


def _write_manifest(folder: Path, facts: dict[str, object], files: dict[str, dict[str, object]]) -> None:
    """Without its manifest a bundle is none."""
    _replace(folder / MANIFEST, (json.dumps({**facts, "files": files}, indent=1) + "\n").encode())


def _replace(path: Path, content: bytes) -> None:
    """Whole or not at all, and never through another name of the same file: package installers link bundles to their cache."""
    beside = path.parent.with_name(f".{path.parent.name}-{path.name}")
    beside.write_bytes(content)
    beside.replace(path)


def _files(folder: Path) -> dict[str, dict[str, object]]:
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST)
    return {name: _entry(folder / name, ROLES.get(name, "licence")) for name in names}


def _entry(path: Path, role: str) -> dict[str, object]:
    data = path.read_bytes()
    return {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "role": role}
