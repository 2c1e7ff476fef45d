"""The engines that need no more than a developer has; the others need .venv-peers and are run by `harken-bench throughput` itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from benchmarks.contest import clip
from benchmarks.engines import gemm, harken, ort_fp32, stock_int8
from benchmarks.engines.job import STREAMS, Job
from benchmarks.prepare import count
from models.bundle import default_bundle_dir
from models.features import pcm_to_waveform, waveform_to_pcm
from models.transcribe import read_pcm

WEIGHT = np.random.default_rng(0).standard_normal((1, 1, 8)).astype(np.float32)


@pytest.fixture
def job(tmp_path: Path, root: Path) -> Job:
    """The model shipped; for the peers a graph that makes eight outputs of every sample."""
    graph = helper.make_graph(
        [
            helper.make_node("Unsqueeze", ["waveform", "two"], ["columns"]),
            helper.make_node("MatMul", ["columns", "weight"], ["logits"]),
        ],
        "peer",
        [helper.make_tensor_value_info("waveform", TensorProto.FLOAT, [1, "samples"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, "samples", 8])],
        [numpy_helper.from_array(WEIGHT[0], "weight"), numpy_helper.from_array(np.array([2]), "two")],
    )
    path = tmp_path / "export.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), path)
    recording = clip(read_pcm(root / "tests" / "recordings" / "pumpkin-pie.flac"), 3.0)
    return Job(default_bundle_dir(), default_bundle_dir(), path, (recording,))


def test_ours_is_what_is_served(job: Job) -> None:
    sessions = harken.sessions(job)
    assert len(sessions) == STREAMS
    first, second = (hear(job.clips[0]) for hear in sessions)
    np.testing.assert_array_equal(first, second)
    assert first.ndim == 2


@pytest.mark.parametrize(("engine", "tolerance"), [(ort_fp32, 1e-6), (stock_int8, 0.3)])
def test_onnxruntime_peers_compute_what_was_exported(job: Job, engine: object, tolerance: float) -> None:
    for hear in engine.sessions(job):  # type: ignore[attr-defined]
        logits = hear(job.clips[0])
        assert logits.shape == (len(job.clips[0]), 8)
        np.testing.assert_allclose(logits, job.clips[0][:, None] * WEIGHT[0], atol=tolerance)


def test_the_roof_multiplies_u8_by_s8(job: Job) -> None:
    hear = gemm.sessions(job)[0]
    sums = hear(job.clips[0])
    assert (sums.shape, sums.dtype) == ((gemm.ROWS, gemm.COLUMNS), np.int32)
    assert sums.min() < 0 < sums.max()


def test_multiply_adds_of_the_model_shipped_are_counted_at_the_clips_length(job: Job, tmp_path: Path) -> None:
    np.save(tmp_path / "clips.npy", np.stack(job.clips))
    found = count(job.checkpoint, tmp_path / "clips.npy")
    assert found["of_the_roof"] == gemm.MULTIPLY_ADDS
    assert found["of_a_clip"] / 3 == pytest.approx(0.63e9, rel=0.1)


@pytest.mark.parametrize("seconds", [1.0, 3.0, 9.0])
def test_a_clip_is_cut_or_repeated(seconds: float) -> None:
    pcm = waveform_to_pcm(np.sin(np.arange(32_000) / 7) / 2)
    made, source = clip(pcm, seconds), pcm_to_waveform(pcm)
    assert len(made) == seconds * 16_000
    assert made.std() == pytest.approx(1.0, abs=1e-3)
    assert np.corrcoef(made[:16_000], source[:16_000])[0, 1] == pytest.approx(1.0)
