"""A checkpoint by any name -> a folder that the exporter reads, for as long as it is needed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.bundle import HEADS
from models.export.checkpoint import CONFIG, WEIGHTS
from models.export.sources.folder import PAGE, PICKLED, PREPROCESSOR, PROCESSOR, TOKENIZER, VOCABULARY, prepared
from models.export.sources.pipeline import SCHEME, fetch_pipeline, is_pipeline
from models.extras import needs_extra
from protos.errors import ConfigurationError

WANTED = (CONFIG, HEADS, WEIGHTS, VOCABULARY, TOKENIZER, PREPROCESSOR, PROCESSOR, PAGE, "LICENSE*", "LICENCE*")


@contextmanager
def opened(name: str) -> Iterator[Path]:
    """name: a folder; torchaudio's NAME_IN_CAPITALS or torchaudio:NAME; or OWNER/NAME on the Hugging Face hub, from its cache where it is there.

    Raises: ConfigurationError: it is none of them, or cannot be fetched. BundleError: what is there is not understood.
    """
    with tempfile.TemporaryDirectory(prefix="harken-source-") as work:
        if Path(name).is_dir():
            yield prepared(Path(name), Path(work))
        elif is_pipeline(name):
            yield fetch_pipeline(name.removeprefix(SCHEME), Path(work))
        elif name.count("/") == 1 and not name.startswith(("/", ".")):
            yield prepared(fetch_hub(name), Path(work))
        else:
            raise ConfigurationError(f"{name}: is no folder, no OWNER/NAME of the Hugging Face hub and no torchaudio pipeline")


def fetch_hub(name: str) -> Path:
    """A snapshot in the hub's own cache; pickled weights only where there are no others. Raises: ConfigurationError: it cannot be had."""
    with needs_extra(f"fetching {name}", "train"):
        from huggingface_hub import snapshot_download  # noqa: PLC0415 - the exporter has none
    try:
        folder = Path(snapshot_download(name, allow_patterns=list(WANTED)))
        if not (folder / WEIGHTS).is_file():
            folder = Path(snapshot_download(name, allow_patterns=[*WANTED, PICKLED]))
    except Exception as error:  # the hub's, a network's and a disk's errors share no base
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise ConfigurationError(f"{name}: is no folder here, and the Hugging Face hub does not give it ({reason})") from error
    if not any((folder / file).is_file() for file in (WEIGHTS, PICKLED)):
        raise ConfigurationError(f"{name}: has neither {WEIGHTS} nor {PICKLED}")
    return folder
