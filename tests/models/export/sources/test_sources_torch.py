"""The hub is its own cache here, as the hub library leaves it; a small torchaudio pipeline against torchaudio's own forward pass."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
import torchaudio
from huggingface_hub import constants
from safetensors.torch import load_file

from models.bundle import CARD, HEADS
from models.export.checkpoint import read_checkpoint
from models.export.sources.folder import unpickled
from models.export.sources.pipeline import fetch_pipeline
from models.export.sources.source import opened
from models.export.to_bundle import Identity, export_bundle
from models.features import normalise
from models.recognizer import Recognizer
from protos.errors import BundleError, ConfigurationError
from tests.models.export.sources.pipelines import LABELS, parameters
from tests.models.tiny import STOCK_SHAPE, write_hub_cache

pytestmark = pytest.mark.train


@pytest.mark.parametrize("pickled", [False, True])
def test_a_hub_name_is_read_from_the_hubs_cache(pickled: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    snapshot = write_hub_cache(tmp_path)
    if pickled:
        torch.save(load_file(snapshot / "model.safetensors"), snapshot / "pytorch_model.bin")
        (snapshot / "model.safetensors").unlink()
    with opened("someone/tiny") as folder:
        assert read_checkpoint(folder).shape == STOCK_SHAPE
        assert (folder / HEADS).is_file()
    with (
        pytest.raises(ConfigurationError, match="someone/other: is no folder here, and the Hugging Face hub does not give it"),
        opened("someone/other"),
    ):
        pass


def test_a_pickle_that_does_more_than_hold_weights_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pytorch_model.bin"
    path.write_bytes(pickle.dumps(Path))
    with pytest.raises(BundleError, match="torch cannot read it as weights"):
        unpickled(path)


@pytest.mark.parametrize("mode", ["group_norm", "layer_norm"])
def test_the_exported_graph_computes_what_torchaudio_does(mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pickled file lies in torch's cache, as a download leaves it."""
    torch.manual_seed(1)
    model = torchaudio.models.wav2vec2_model(**parameters(mode)).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    cache = tmp_path / "torch" / "hub" / "checkpoints"
    cache.mkdir(parents=True)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    state = model.state_dict()
    # As the real files are: outputs 1 to 3 are fairseq's <s>, </s> and <unk>, which the pipeline takes away.
    for name in ("aux.weight", "aux.bias"):
        state[name] = torch.cat([state[name][:1], torch.zeros_like(state[name][:3]), state[name][1:]])
    torch.save(state, cache / "tiny.pth")
    facts = {"_sample_rate": 16_000, "_normalize_waveform": True, "_model_type": "Wav2Vec2", "_labels": LABELS}
    bundle = torchaudio.pipelines.Wav2Vec2ASRBundle("tiny.pth", parameters(mode), **facts)
    monkeypatch.setattr(torchaudio.pipelines, "TINY", bundle, raising=False)
    work = tmp_path / "work"
    work.mkdir()
    folder = fetch_pipeline("TINY", work)
    (tmp_path / "LICENSE").write_text("MIT")
    made = export_bundle(folder, tmp_path / "bundle", Identity("tiny"), folder / CARD, [tmp_path / "LICENSE"])
    assert made.heads[0].tokens[:4] == ("<blank>", "|", "e", "t")
    waveform = normalise(np.random.default_rng(1).standard_normal(8000).astype(np.float32))
    with torch.no_grad():
        theirs = model(torch.from_numpy(waveform)[None])[0][0].numpy()
    assert np.abs(Recognizer(made).logits(waveform) - theirs).max() < 1e-4


@pytest.mark.parametrize("name", ["WAV9", "torchaudio:WAV9"])
def test_an_unknown_pipeline_is_named_with_those_there_are(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"torchaudio has no pipeline WAV9; it has .*WAV2VEC2_ASR_BASE_960H"), opened(name):
        pass
