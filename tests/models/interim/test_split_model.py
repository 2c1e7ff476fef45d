"""Front end and encoder, one after the other, are the shipped model to the last bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.bundle import Bundle
from models.export.to_bundle import Identity, export_bundle
from models.interim.split_model import SplitModel
from models.recognizer import Recognizer
from protos.errors import BundleError, InternalError
from tests.models.tiny import SHAPE, bundle_of, saying, speaking_graph, write_source


@pytest.mark.parametrize("more", [0, 1, 14_000, 67_001])
def test_the_pieces_of_the_shipped_model_give_the_logits_of_the_whole(shipped: Recognizer, shipped_pieces: SplitModel, more: int) -> None:
    samples = shipped.bundle.manifest.clock.receptive_field_samples + more
    waveform = np.random.default_rng(more).standard_normal(samples).astype(np.float32)
    np.testing.assert_array_equal(shipped_pieces.logits(shipped_pieces.features(waveform)), shipped.logits(waveform))


def test_a_float_graph_is_cut_at_the_same_place(tmp_path: Path, tiny_source: Path) -> None:
    beside = tiny_source.parent
    bundle = export_bundle(tiny_source, tmp_path / "float", Identity("tiny-1"), beside / "card.md", [beside / "MIT.txt"])
    pieces, waveform = SplitModel(bundle), np.random.default_rng(1).standard_normal(5000).astype(np.float32)
    np.testing.assert_allclose(pieces.logits(pieces.features(waveform)), Recognizer(bundle).logits(waveform), atol=1e-5)


def test_group_norm_looks_along_the_whole_clip_and_is_refused(tmp_path: Path, tiny_source: Path) -> None:
    source, beside = write_source(tmp_path / "group", replace(SHAPE, conv_norm="group")), tiny_source.parent
    bundle = export_bundle(source, tmp_path / "bundle", Identity("tiny-1"), beside / "card.md", [beside / "MIT.txt"])
    with pytest.raises(BundleError, match="cannot hear speech that goes on.*lengths is missing"):
        SplitModel(bundle)


def test_a_graph_of_another_maker_is_refused() -> None:
    with pytest.raises(BundleError, match="0 nodes read feature_projection"):
        SplitModel(bundle_of(speaking_graph(saying("hello"))))


def test_features_of_another_width_are_our_fault(tiny_bundle: Bundle) -> None:
    pieces = SplitModel(tiny_bundle)
    assert pieces.width == SHAPE.hidden_size
    with pytest.raises(InternalError, match="cannot hear this part"):
        pieces.logits(np.zeros((3, SHAPE.hidden_size + 1), np.float32))
