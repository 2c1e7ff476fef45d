"""harken-bench accuracy: how often what is heard is wrong, in the shape that is stored and compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models.bundle import default_bundle_dir
from models.decode.readers import DECODERS
from models.evaluate.commands import evaluation
from protos.errors import ConfigurationError

SLICE_FIGURES = ("wer", "low", "high", "utterances")


def measure_accuracy(manifest: Path, shared: Path, bundle: Path | None, decoder: str) -> dict[str, Any]:
    """manifest: as given, or under `shared`. Rates are fractions. Raises: ConfigurationError: no such manifest or decoder."""
    if decoder not in DECODERS:
        raise ConfigurationError(f"decoder is {decoder!r}, there is {', '.join(DECODERS)}")
    facts = evaluation(found_manifest(manifest, shared), bundle or default_bundle_dir(), None, decoder=decoder)
    slices = {name: {key: figures[key] for key in SLICE_FIGURES} for name, figures in facts["slices"].items()}
    kept = ("wer", "cer", "utterances", "skipped", "oracle", "token_error_rates")
    return {"decoder": decoder, **{key: facts[key] for key in kept}, "slices": slices}


def found_manifest(manifest: Path, shared: Path) -> Path:
    """Here, or under `shared`. Raises: ConfigurationError: neither."""
    found = next((path for path in (manifest, shared / manifest) if path.is_file()), None)
    if found is None:
        raise ConfigurationError(f"{manifest}: is neither here nor under {shared}")
    return found
