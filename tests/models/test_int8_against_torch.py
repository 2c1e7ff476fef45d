"""Eight bits cost the shipped model at most half a point of character errors against its own float weights in torch, on the same 200 recordings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.bundle import default_bundle_dir, load_bundle
from models.ctc import log_softmax
from models.decode.greedy import greedy
from models.evaluate.counts import NONE, count
from models.evaluate.scoring import labelled_rows
from models.features import Waveform, normalise, pcm_to_waveform
from models.recognizer import Recognizer
from models.text import normalise_text
from models.transcribe import read_pcm

pytestmark = [pytest.mark.train, pytest.mark.shared, pytest.mark.timeout(600)]

RECORDINGS = 200
# Of all characters, as a fraction. Over 300 random draws of 200 test recordings the difference was -0.0020 on average, at most 0.0025.
MAX_LOSS = 0.005


@pytest.fixture(scope="module")
def in_torch() -> Callable[[Waveform], np.ndarray]:
    """Normalised waveform -> logits, by the bundle's own float weights and the class they were trained with."""
    torch = pytest.importorskip("torch", reason="torch is not installed: make test-train")
    pytest.importorskip("transformers", reason="transformers is not installed: make test-train")
    from models.train.wav2vec2 import HarkenWav2Vec2ForCTC  # noqa: PLC0415 - torch may not be there

    torch.set_num_threads(1)
    student = HarkenWav2Vec2ForCTC.from_pretrained(default_bundle_dir()).eval()

    def logits(waveform: Waveform) -> np.ndarray:
        with torch.no_grad():
            return np.asarray(student.hear(torch.from_numpy(waveform)[None], torch.tensor([len(waveform)])).logits[0].numpy())

    return logits


def test_int8_loses_at_most_half_a_point_of_character_errors(shared_dir: Path, in_torch: Callable[[Waveform], np.ndarray]) -> None:
    manifest = shared_dir / "speech" / "test.jsonl"
    rows, _ = labelled_rows(manifest, RECORDINGS)
    recordings = [manifest.parent / row["audio"] for row in rows]
    bundle = load_bundle(default_bundle_dir())

    def heard_in_torch(recording: Path) -> str:
        waveform = normalise(pcm_to_waveform(read_pcm(recording)))
        head = bundle.head("characters")
        return " ".join(
            word for reading in greedy(log_softmax(in_torch(waveform)[:, head.first : head.first + head.size]), head) for word in reading.words
        )

    recognizer = Recognizer(bundle)

    def heard_in_int8(recording: Path) -> str:
        found = recognizer.recognize(read_pcm(recording), 0).alternatives
        return found[0].transcript if found else ""

    wanted = [normalise_text(row["text"]) for row in rows]
    floating, eight_bit = (sum(map(count, wanted, map(hear, recordings)), NONE) for hear in (heard_in_torch, heard_in_int8))
    assert len(rows) == RECORDINGS
    loss = (eight_bit.errors - floating.errors) / floating.length
    assert loss <= MAX_LOSS, f"INT8 {eight_bit}, torch {floating}"
