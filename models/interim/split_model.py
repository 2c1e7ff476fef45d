"""A bundle's graph in two pieces, front end and encoder: together they compute what the whole does, to the last bit.

Cut where features take the encoder's width, just before what looks along the whole clip: a frame of features depends on its receptive field alone,
so features of speech that goes on can be kept. The shipped graph is not touched; the pieces are cut out of its bytes when they are opened.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from models.bundle import MODEL, Bundle
from models.ctc import Logits
from models.features import Waveform
from models.onnx_cut import FLOAT, INT64, Value, cut, value_made_with
from models.onnx_wire import NotOnnx
from models.recognizer import open_session
from protos.errors import BundleError, InternalError

Features = npt.NDArray[np.float32]
# The last weight of the front end, by the exporter's name, in float32 and in INT8.
LAST_WEIGHT = "feature_projection.projection.bias"


class SplitModel:
    """Not thread-safe by design: one for each worker process. T frames, H features, V outputs."""

    def __init__(self, bundle: Bundle) -> None:
        """Raises: BundleError: features do not depend on the waveform alone (group norm), or it is not an exported graph."""
        clock = bundle.manifest.clock
        self._stride, self._field = clock.stride_samples, clock.receptive_field_samples
        try:
            boundary = value_made_with(bundle.model, LAST_WEIGHT)
            features = Value(boundary, FLOAT, ("batch", "frames", "hidden"))
            front_end = cut(bundle.model, [Value("waveform", FLOAT, ("batch", "samples"))], features)
            lengths = Value("lengths", INT64, ("batch",))
            encoder = cut(bundle.model, [features, lengths], Value("logits", FLOAT, ("batch", "frames", "outputs")))
        except NotOnnx as error:
            raise BundleError(f"{bundle.path / MODEL}: cannot hear speech that goes on ({error})") from error
        self._boundary = boundary
        self._front_end, _ = open_session(bundle, front_end)
        self._encoder, _ = open_session(bundle, encoder)
        self.width = self.features(np.zeros(self._field, np.float32)).shape[1]
        """H."""

    def features(self, waveform: Waveform) -> Features:
        """(S,) normalised float32, S at least the receptive field -> (T, H): what a longer waveform gives for the frames of these samples."""
        return self._run(self._front_end, {"waveform": waveform[None]})

    def logits(self, features: Features) -> Logits:
        """(T, H), T at least 1 -> (T, V), as if these frames were the whole clip."""
        samples = (len(features) - 1) * self._stride + self._field
        return self._run(self._encoder, {self._boundary: features[None], "lengths": np.array([samples])})

    @staticmethod
    def _run(session: ort.InferenceSession, inputs: dict[str, npt.NDArray[np.float32] | npt.NDArray[np.int64]]) -> npt.NDArray[np.float32]:
        try:
            (rows,) = session.run(None, inputs)
        except Exception as error:  # onnxruntime's classes share no other base
            raise InternalError("the model cannot hear this part of a segment") from error
        first: npt.NDArray[np.float32] = rows[0]
        return first
