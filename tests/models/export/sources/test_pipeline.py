"""torchaudio's pipelines: names and configurations. What needs torch is in test_sources_torch."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from models.export.sources.pipeline import config_of, fetch_pipeline, is_pipeline, renamed
from protos.errors import BundleError, ConfigurationError
from tests.models.export.sources.pipelines import parameters


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("WAV2VEC2_ASR_BASE_960H", True),
        ("torchaudio:WAV2VEC2_ASR_BASE_960H", True),
        ("facebook/wav2vec2-base-960h", False),
        ("FACEBOOK/BASE", False),
        ("wav2vec2", False),
        ("A-B", False),
    ],
)
def test_pipelines_are_told_by_how_they_are_written(name: str, is_one: bool) -> None:
    assert is_pipeline(name) is is_one


def test_names() -> None:
    assert renamed("encoder.feature_projection.projection.weight") == "feature_projection.projection.weight"
    assert renamed("aux.bias") == "lm_head.bias"
    assert renamed("feature_extractor.conv_layers.0.conv.weight") == "feature_extractor.conv_layers.0.conv.weight"


class Described:
    def __init__(self, mode: str, model_type: str = "Wav2Vec2", *, normalises: bool = True) -> None:
        self._params, self._model_type, self._normalize_waveform = parameters(mode), model_type, normalises


def test_what_hears_otherwise_is_refused() -> None:
    with pytest.raises(BundleError, match="is a WavLM"):
        config_of("X", Described("layer_norm", "WavLM"))
    with pytest.raises(BundleError, match="hears waveforms as they are"):
        config_of("X", Described("layer_norm", normalises=False))
    assert config_of("X", Described("group_norm", normalises=False))["feat_extract_norm"] == "group"


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="torch is installed")
def test_without_torch_it_is_said_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"pip install 'harken\[train\]'"):
        fetch_pipeline("WAV2VEC2_ASR_BASE_960H", tmp_path)
