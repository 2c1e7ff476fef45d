"""The forms of a model that engines share: torch's export, and a wav2vec2-base of random weights. Runs in .venv-peers, in a process of its own."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.replies import own_standard_output
from benchmarks.work import multiply_adds
from models.bundle import CARD, HEADS, MODEL

CHARACTERS = ("<blank>", "|", "'", *"abcdefghijklmnopqrstuvwxyz")
OUTPUTS = 32


def write_base(folder: Path) -> dict[str, float]:
    """wav2vec2-base by transformers' defaults, with random weights: speed does not depend on their values."""
    import torch  # noqa: PLC0415 - the export of it, timed here too, must not carry torch in its memory
    from transformers import Wav2Vec2Config, Wav2Vec2ForCTC  # noqa: PLC0415

    torch.manual_seed(0)
    Wav2Vec2ForCTC(Wav2Vec2Config(vocab_size=OUTPUTS)).save_pretrained(folder)
    heads = [{"name": "characters", "first": 0, "size": len(CHARACTERS), "blank": 0, "tokens": list(CHARACTERS)}]
    (folder / HEADS).write_text(json.dumps({"heads": heads}))
    (folder / CARD).write_text("# wav2vec2-base, random weights\n\nTo measure speed; it has heard nothing.\n")
    (folder / "LICENSE").write_text("Random numbers; no licence needed.\n")
    return {}


def export_base(source: Path, bundle: Path, clips: Path) -> dict[str, float]:
    """The bundle, made as any checkpoint's is; how long that took and how much memory."""
    from models.export.to_bundle import Identity, export_bundle  # noqa: PLC0415 - as above

    begin_s = time.perf_counter()
    made = export_bundle(source, bundle, Identity("wav2vec2-base-random"), source / CARD, [source / "LICENSE"], speech=list(np.load(clips)))
    return {
        "seconds": time.perf_counter() - begin_s,
        "peak_memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
        "graph_mb": (made.path / MODEL).stat().st_size / 1e6,
    }


def export_torch(checkpoint: Path, path: Path) -> dict[str, float]:
    """checkpoint -> float32 ONNX, by torch's own exporter."""
    from benchmarks.engines.torch_model import export_model  # noqa: PLC0415 - as above

    export_model(checkpoint, path)
    return {}


def count(checkpoint: Path, clips: Path) -> dict[str, float]:
    """Multiply-adds of the model for one clip, and of one call of the roof."""
    from benchmarks.engines.gemm import MULTIPLY_ADDS  # noqa: PLC0415 - as above
    from models.export.checkpoint import read_checkpoint  # noqa: PLC0415

    samples = np.load(clips, mmap_mode="r").shape[1]
    return {"of_a_clip": multiply_adds(read_checkpoint(checkpoint).shape, samples), "of_the_roof": MULTIPLY_ADDS}


STEPS: dict[str, Callable[..., dict[str, float]]] = {
    "write-base": write_base,
    "export-base": export_base,
    "export-torch": export_torch,
    "count": count,
}


def main() -> None:
    """STEP PATH...: prints one JSON object, alone on standard output: libraries print there too."""
    replies = own_standard_output()
    print(json.dumps(STEPS[sys.argv[1]](*map(Path, sys.argv[2:]))), file=replies, flush=True)


if __name__ == "__main__":
    main()
