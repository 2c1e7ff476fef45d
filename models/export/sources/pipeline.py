"""A torchaudio pipeline (WAV2VEC2_ASR_BASE_960H and its like) -> a folder that the exporter reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models.export.checkpoint import STOCK_MODEL_TYPE
from models.export.sources.folder import write_folder
from models.extras import needs_extra
from protos.errors import BundleError, ConfigurationError

SCHEME = "torchaudio:"
# torchaudio's beginning of a tensor's name -> transformers'.
PREFIXES = (("encoder.feature_projection.", "feature_projection."), ("encoder.transformer.", "encoder."), ("aux.", "lm_head."))
NORMS = {"group_norm": "group", "layer_norm": "layer"}
BLANK = "<blank>"


def is_pipeline(name: str) -> bool:
    """By its writing alone: torchaudio's are in capitals and have no slash, or say whose they are."""
    return name.startswith(SCHEME) or (name.isupper() and "/" not in name and name.replace("_", "").isalnum())


def fetch_pipeline(name: str, work: Path) -> Path:
    """Into `work`, an empty folder; torch keeps what it fetched. The pickled file is read as weights only.

    Raises: ConfigurationError: torchaudio has none of that name, or it cannot be fetched. BundleError: it is nothing that this exporter understands.
    """
    with needs_extra(f"fetching {name}", "train"):
        import torchaudio  # noqa: PLC0415 - the exporter has none
    pipelines, kind = torchaudio.pipelines, torchaudio.pipelines.Wav2Vec2ASRBundle
    bundle: Any = getattr(pipelines, name, None)
    if not isinstance(bundle, kind):
        names = sorted(one for one in dir(pipelines) if isinstance(getattr(pipelines, one), kind))
        raise ConfigurationError(f"torchaudio has no pipeline {name}; it has {', '.join(names)}")
    try:
        tensors = bundle._get_state_dict({"weights_only": True})
    except Exception as error:  # a network's, a disk's and an unpickler's errors share no base
        raise ConfigurationError(f"{name}: cannot be fetched ({next(iter(str(error).splitlines()), type(error).__name__)})") from error
    weights = {renamed(key): tensor.float().contiguous().numpy() for key, tensor in tensors.items()}
    card = f"# {name}\n\n{bundle.__doc__ or ''}\nFetched from torchaudio's pipelines.\n"
    return write_folder(work, config_of(name, bundle), weights, (BLANK, *bundle._labels), card)


def renamed(name: str) -> str:
    """
    >>> renamed("encoder.transformer.layers.0.final_layer_norm.bias")
    'encoder.layers.0.final_layer_norm.bias'
    """
    return next((new + name.removeprefix(old) for old, new in PREFIXES if name.startswith(old)), name)


def config_of(name: str, bundle: Any) -> dict[str, object]:
    """As transformers' Wav2Vec2Config. Raises: BundleError: what it does is not what our features and graph do."""
    values, norm = bundle._params, NORMS[bundle._params["extractor_mode"]]
    # A front end with group norm divides each channel by its own deviation, so whether the waveform was normalised before makes no difference.
    if bundle._model_type != "Wav2Vec2":
        raise BundleError(f"{name}: is a {bundle._model_type}, this exporter understands a Wav2Vec2")
    if norm == "layer" and not bundle._normalize_waveform:
        raise BundleError(f"{name}: hears waveforms as they are; with layer norm this exporter understands only those that are normalised first")
    widths, kernels, strides = zip(*values["extractor_conv_layer_config"], strict=True)
    return {
        "model_type": STOCK_MODEL_TYPE,
        "conv_dim": widths,
        "conv_kernel": kernels,
        "conv_stride": strides,
        "feat_extract_norm": norm,
        "conv_bias": values["extractor_conv_bias"],
        "do_stable_layer_norm": values["encoder_layer_norm_first"],
        "hidden_size": values["encoder_embed_dim"],
        "intermediate_size": values["encoder_ff_interm_features"],
        "num_hidden_layers": values["encoder_num_layers"],
        "num_attention_heads": values["encoder_num_heads"],
        "num_conv_pos_embeddings": values["encoder_pos_conv_kernel"],
        "num_conv_pos_embedding_groups": values["encoder_pos_conv_groups"],
        "layer_norm_eps": 1e-5,
        "vocab_size": values["aux_num_out"],
    }
