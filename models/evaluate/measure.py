"""Takes the measurements that the gate decides on: two bundles over one manifest, their speed side by side, and batches of neighbours."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from models.bundle import CARD, LICENCES, load_bundle
from models.evaluate.gate import SHIPPED, Limits, Measured, judge
from models.evaluate.scoring import Utterance, labelled_rows, score
from models.export.checkpoint import read_checkpoint
from models.export.to_bundle import Identity, export_bundle, record_gate
from models.features import Waveform
from models.recognizer import Recognizer
from models.records import Gate
from models.transcribe import read_waveform
from protos.messages import SAMPLE_RATE_HZ

SPEED_ROUNDS = 9
SPEED_SECONDS = 3
NEIGHBOURS = 24
BATCH = 4
LONG_SECONDS = 6
Watch = Callable[[str, Iterable[Utterance], int], Iterable[Utterance]]
"""(what is heard, utterances, how many) -> the same utterances: where progress is shown."""


def gate_bundle(new: Path, old: Path, manifest: Path, limit: int | None, watch: Watch, limits: Limits = SHIPPED) -> Gate:
    """Judge `new` against `old` on `manifest`, and write the verdict into `new`'s manifest.

    Raises: BundleError: a bundle is not whole, or `new` lacks its float weights. ConfigurationError: the manifest.
    """
    bundle, rows = load_bundle(new), labelled_rows(manifest, limit)[0]
    mine, theirs = Recognizer(bundle), Recognizer(load_bundle(old))
    clips = [read_waveform(manifest.parent / row["audio"]) for row in rows[:: -(-len(rows) // NEIGHBOURS)]]
    heard = {
        name: list(watch(name, score(recognizer, manifest, rows), len(rows)))
        for name, recognizer in (("new", mine), ("old", theirs), ("new in float32", in_float(mine)))
    }
    verdict = judge(
        Measured(
            new=heard["new"],
            old=heard["old"],
            floating=heard["new in float32"],
            speed_ratio=speed_ratio(mine, theirs),
            invariant=is_invariant(mine, clips),
            parameters=sum(weight.size for weight in read_checkpoint(new).weights.values()),
            package_bytes=sum(entry.size for entry in bundle.manifest.files.values() if entry.role != "checkpoint"),
            bundle_bytes=sum(entry.size for entry in bundle.manifest.files.values()),
        ),
        theirs.bundle.sha256,
        limits,
    )
    record_gate(new, verdict)
    return verdict


def is_invariant(recognizer: Recognizer, clips: Sequence[Waveform]) -> bool:
    """Every clip's logits, alone and in batches with others: silent, loud, as short as the model takes, long."""
    if not recognizer.takes_batches:
        return False
    manifest, speech = recognizer.bundle.manifest, np.concatenate(clips)
    shortest, long = np.resize(speech, manifest.clock.receptive_field_samples), speech[: min(manifest.max_samples, LONG_SECONDS * SAMPLE_RATE_HZ)]
    heard = [clip for clip in clips if len(clip) >= len(shortest)]
    pool = [*heard, np.zeros(SAMPLE_RATE_HZ, np.float32), 100 * speech[:SAMPLE_RATE_HZ], shortest, long]
    alone = [recognizer.logits(clip) for clip in pool]
    order = np.random.default_rng(1).permutation(len(pool))
    for members in np.array_split(order, -(-len(pool) // BATCH)):
        together = recognizer.batch_logits([pool[member] for member in members])
        if not all(np.array_equal(logits, alone[member]) for logits, member in zip(together, members, strict=True)):
            return False
    return True


def speed_ratio(new: Recognizer, old: Recognizer) -> float:
    """Median over rounds in which both hear the same noise, one after the other."""
    noise = np.random.default_rng(1).standard_normal(SPEED_SECONDS * SAMPLE_RATE_HZ).astype(np.float32)
    ratios = []
    for _ in range(SPEED_ROUNDS + 1):
        seconds = [_seconds(recognizer, noise) for recognizer in (new, old)]
        ratios.append(seconds[1] / seconds[0])
    return float(np.median(ratios[1:]))


def _seconds(recognizer: Recognizer, clip: Waveform, times: int = 8) -> float:
    begin_s = time.perf_counter()
    for _ in range(times):
        recognizer.logits(clip)
    return time.perf_counter() - begin_s


def in_float(recognizer: Recognizer) -> Recognizer:
    """The same weights, not quantised, read by the same decoder."""
    bundle = recognizer.bundle
    with tempfile.TemporaryDirectory() as folder:
        identity = Identity(bundle.manifest.model_id, bundle.manifest.version, bundle.manifest.language)
        licences = sorted((bundle.path / LICENCES).iterdir())
        floating = export_bundle(bundle.path, Path(folder) / "float", identity, bundle.path / CARD, licences)
    return Recognizer(floating, reader=recognizer.reader)
