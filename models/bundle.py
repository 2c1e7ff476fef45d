"""A model bundle: a directory whose manifest names every file with size and sha256. Verified whole before onnxruntime sees a byte.

The bytes that were hashed are the bytes that are used: each file is opened once, relative to the directory's own descriptor and without following
links, read into memory and hashed there. onnxruntime gets those bytes. It would otherwise load a flipped weight without a word (measured), and would
follow external data of a model given as bytes into the working directory (measured), so a graph with external data is refused.
Hard links are allowed: package installers make them, and what another name of the file does later cannot change bytes that were already read.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from models.confidence import Confidence, parse_confidence
from models.decode.weights import Weights, parse_weights
from models.manifest import ID, parse_heads, parse_manifest
from models.onnx_wire import NotOnnx, has_external_data
from models.records import BundleFile, CtcHead, Manifest
from models.reference import Reference, parse_reference
from models.word_times import SpikeLag
from protos.errors import BundleError

MANIFEST = "manifest.json"
MODEL = "model.onnx"
HEADS = "heads.json"
CARD = "model_card.md"
LANGUAGE_MODEL = "lm.arpa.gz"
LEXICON = "lexicon.txt.gz"
WEIGHTS = "decoder.json"
CONFIDENCE = "confidence.json"
REFERENCE = "reference.json"
RECIPE = "recipe.toml"
LICENCES = "LICENSES/"
# The float weights serve retraining only; an installed package may leave them out.
OPTIONAL_ROLES = frozenset({"checkpoint"})
MAX_MANIFEST_BYTES = 2**20
ARTIFACTS = Path(__file__).parent / "artifacts"


@dataclass(frozen=True, slots=True)
class Bundle:
    path: Path
    manifest: Manifest
    sha256: str
    """Of manifest.json: names the bundle exactly."""
    model: bytes
    heads: tuple[CtcHead, ...]
    language_model: bytes = b""
    """Gzipped ARPA; empty: it has none."""
    confidence: Confidence | None = None
    """None: never fitted."""
    lexicon: bytes = b""
    """How the language model's words are said (`models.decode.lexicon`); empty: it has none."""
    weights: Weights | None = None
    """Of its decoder; None: never tuned."""
    reference: Reference | None = None
    """What segments are like where it is good; None: never measured."""

    @property
    def lag(self) -> SpikeLag:
        """How late its spikes are, where somebody measured it."""
        return SpikeLag() if self.confidence is None else self.confidence.lag

    def head(self, name: str) -> CtcHead:
        """Raises: BundleError: it has none of that name."""
        for head in self.heads:
            if head.name == name:
                return head
        raise BundleError(f"{self.path / HEADS}: has no head {name!r}, only {', '.join(head.name for head in self.heads)}")


def default_bundle_dir(artifacts: Path = ARTIFACTS) -> Path:
    """The bundle this distribution ships. Raises: BundleError: artifacts/DEFAULT names none."""
    try:
        name = (artifacts / "DEFAULT").read_text(errors="replace").strip()
    except OSError as error:
        raise BundleError(f"{artifacts / 'DEFAULT'}: {error.strerror}; give a bundle with --bundle") from error
    if not ID.fullmatch(name):
        raise BundleError(f"{artifacts / 'DEFAULT'}: names {name!r}, must be one directory beside it")
    return artifacts / name


def load_bundle(path: Path | str) -> Bundle:
    """Verify every file and return what serving needs.

    Raises: BundleError: names the file that is missing, of another size or sum, a link, outside, unlisted, or not what its role says.
    """
    root = Path(path)
    try:
        directory = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise BundleError(f"{root}: {error.strerror}") from error
    try:
        raw = _read(root, directory, MANIFEST)
        manifest = parse_manifest(root / MANIFEST, raw)
        _check_complete(root, manifest)
        contents = {name: _verified(root, directory, name, entry) for name, entry in manifest.files.items()}
    finally:
        os.close(directory)
    _check_nothing_else(root, manifest)
    _check_graph(root / MODEL, contents[MODEL])
    heads = parse_heads(root / HEADS, contents[HEADS])
    language_model = contents[manifest.language_model.file] if manifest.language_model else b""
    confidence = parse_confidence(root / CONFIDENCE, contents[CONFIDENCE]) if CONFIDENCE in contents else None
    weights = parse_weights(root / WEIGHTS, contents[WEIGHTS]) if WEIGHTS in contents else None
    reference = parse_reference(root / REFERENCE, contents[REFERENCE]) if REFERENCE in contents else None
    return Bundle(
        *(root, manifest, hashlib.sha256(raw).hexdigest(), contents[MODEL], heads),
        *(language_model, confidence, contents.get(LEXICON, b""), weights, reference),
    )


def _verified(root: Path, directory: int, name: str, entry: BundleFile) -> bytes:
    """The file's bytes; none if it is absent and may be."""
    if entry.role in OPTIONAL_ROLES and not os.path.lexists(root / name):
        return b""
    data = _read(root, directory, name, entry.size)
    digest = hashlib.sha256(data).hexdigest()
    if digest != entry.sha256:
        raise BundleError(f"{root / name}: sha256 is {digest}, the manifest says {entry.sha256}")
    return data


def _read(root: Path, directory: int, name: str, size: int | None = None) -> bytes:
    """One file, read once. size: what it must have; None for the manifest, which has a limit instead."""
    try:
        descriptor = _open_beneath(directory, PurePosixPath(name))
    except OSError as error:
        link = " (or a symbolic link on the way; a bundle may not contain any)" if error.errno in (errno.ELOOP, errno.ENOTDIR) else ""
        raise BundleError(f"{root / name}: {error.strerror}{link}") from error
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise BundleError(f"{root / name}: is not a regular file")
        if size is None and facts.st_size > MAX_MANIFEST_BYTES:
            raise BundleError(f"{root / name}: has {facts.st_size} bytes, at most {MAX_MANIFEST_BYTES} are allowed")
        if size is not None and facts.st_size != size:
            raise BundleError(f"{root / name}: has {facts.st_size} bytes, the manifest says {size}")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(facts.st_size)
    finally:
        os.close(descriptor)


def _open_beneath(directory: int, path: PurePosixPath) -> int:
    """Each component relative to its parent, none a link. Without O_NONBLOCK a named pipe would hold the start up for ever."""
    descriptor = os.dup(directory)
    try:
        for part in path.parts:
            child = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = child
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _check_complete(root: Path, manifest: Manifest) -> None:
    for name in (MODEL, HEADS, CARD):
        entry = manifest.files.get(name)
        if entry is None or entry.role in OPTIONAL_ROLES:
            raise BundleError(f"{root / name}: is not listed in the manifest, and a bundle needs it")
    licences = [entry for name, entry in manifest.files.items() if name.startswith(LICENCES) and entry.role not in OPTIONAL_ROLES]
    if not any(entry.size for entry in licences):
        raise BundleError(f"{root / LICENCES}: no licence is listed; a bundle names what its weights were grown from")


def _check_nothing_else(root: Path, manifest: Manifest) -> None:
    listed = {MANIFEST, *manifest.files}
    for found in sorted(root.rglob("*")):
        if found.relative_to(root).as_posix() not in listed and (found.is_symlink() or not found.is_dir()):
            raise BundleError(f"{found}: is not listed in the manifest")


def _check_graph(path: Path, model: bytes) -> None:
    try:
        external = has_external_data(model)
    except NotOnnx as error:
        raise BundleError(f"{path}: is not an ONNX model ({error})") from error
    if external:
        raise BundleError(f"{path}: keeps tensors in other files (external data); a bundle's graph must hold all its weights")
