"""Group norm folded into the first product: the definition's numbers, whatever the clip is padded with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnxruntime as ort
import pytest

from models.export.checkpoint import read_checkpoint
from models.export.graph import build_graph
from models.features import batch
from tests.models.export.reference import reference_logits
from tests.models.tiny import SHAPE, random_tensors, write_source

GROUPED = replace(SHAPE, conv_norm="group", conv_bias=True, stable_layer_norm=False, layers=1)
TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> ort.InferenceSession:
    graph = build_graph(read_checkpoint(write_source(tmp_path_factory.mktemp("grouped"), GROUPED)), 100_000)
    return ort.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])


def test_the_statistics_are_those_of_each_clip_and_not_of_its_padding(session: ort.InferenceSession) -> None:
    random = np.random.default_rng(1)
    clips = [(gain * random.standard_normal(samples)).astype(np.float32) for gain, samples in ((1, 3000), (1, 500), (30, 800), (0.1, 60))]
    clip = batch(clips)
    for row, (waveform, logits) in enumerate(zip(clips, session.run(None, clip)[0], strict=True)):
        wanted = reference_logits(waveform, random_tensors(GROUPED), GROUPED)
        np.testing.assert_allclose(logits[: len(wanted)], wanted, atol=TOLERANCE, err_msg=f"row {row}")
    clip["waveform"][1:, 1000:] = 7.0
    np.testing.assert_array_equal(session.run(None, clip)[0][0], session.run(None, batch(clips))[0][0])


def test_a_long_clip_loses_no_precision(session: ort.InferenceSession) -> None:
    waveform = np.random.default_rng(2).standard_normal(6000).astype(np.float32)
    long = np.tile(waveform, 16)
    (logits,) = session.run(None, batch([long]))
    np.testing.assert_allclose(logits[0], reference_logits(long, random_tensors(GROUPED), GROUPED), atol=TOLERANCE)


def test_silence_has_finite_logits(session: ort.InferenceSession) -> None:
    assert np.isfinite(session.run(None, batch([np.zeros(2000, np.float32)]))[0]).all()
