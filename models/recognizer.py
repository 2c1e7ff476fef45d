"""One segment -> what was said. Owns one single-threaded onnxruntime session; knows no queue, no process, no network."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from models.bundle import MODEL, Bundle
from models.cpu import has_exact_int8
from models.ctc import Logits, log_softmax
from models.decode.candidate import Candidate
from models.decode.hypotheses import hypotheses
from models.decode.nbest import Hint
from models.decode.readers import Reader, reader_of
from models.features import Waveform, batch, normalise, pcm_to_waveform
from models.records import CtcHead, Recognition
from models.sounds import SoundHead
from models.spotting import Scores
from protos.errors import BundleError, InternalError, NotFinite, TooLong
from protos.messages import SAMPLE_RATE_HZ, FinalReason, PhraseHint

WIDE_PRODUCTS = "session.x64quantprecision"
# What a server offers at most (cloud_server.config); confidence is fitted on as many.
MAX_ALTERNATIVES = 10
DEFAULT_BOOST = 1.0
INPUTS = [("waveform", "tensor(float)", 2), ("lengths", "tensor(int64)", 1)]


def open_session(bundle: Bundle, graph: bytes, intra_op_threads: int = 1) -> tuple[ort.InferenceSession, str]:
    """graph: the bundle's, or a stretch of it. Also returns how products are computed on this processor, for whoever watches.

    Raises: BundleError: onnxruntime refuses it.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = intra_op_threads
    options.inter_op_num_threads = 1
    # Two workers on two cores must not burn each other's time waiting.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    # Left to guess, onnxruntime takes bytes 4 to 8 = "ORTM" for its own format, which the search for external data does not read.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    arithmetic = bundle.manifest.quantization
    if arithmetic.startswith("int8") and not has_exact_int8():
        # onnxruntime then moves weights to u8: the same sums to the last bit (tested), at 0.6 times the speed.
        options.add_session_config_entry(WIDE_PRODUCTS, "1")
        arithmetic += "-without-vnni"
    try:
        return ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"]), arithmetic
    except Exception as error:  # onnxruntime raises a class of its own for each status code, and they share no other base
        raise BundleError(f"{bundle.path / MODEL}: onnxruntime refuses it ({error})") from error


class Recognizer:
    """Not thread-safe by design: one for each worker process."""

    def __init__(self, bundle: Bundle, intra_op_threads: int = 1, reader: Reader | None = None) -> None:
        """reader: None for the best decoder that the bundle can feed.

        A graph takes waveform (B, S) and lengths (B,), or one whole clip without them, and gives logits (B, T, V), V covering every head.

        Raises: BundleError: onnxruntime refuses it, or it is not such a graph.
        """
        self.bundle = bundle
        self._sounding = SoundHead(bundle.heads)
        self.reader = reader or reader_of(bundle)
        """Another one may take its place between two segments: another catalogue's words."""
        # Fitted on the readings of another decoder it would be a guess that looks like knowledge.
        self._confidence = bundle.confidence if bundle.confidence and bundle.confidence.decoder == self.decoder else None
        self._session, self.arithmetic = open_session(bundle, bundle.model, intra_op_threads)
        """Of arithmetic: how products are computed on this processor, for whoever watches."""
        path = bundle.path / MODEL
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        kinds = [(x.name, x.type, len(x.shape)) for x in inputs]
        if kinds not in (INPUTS[:1], INPUTS) or [(x.type, len(x.shape)) for x in outputs] != [("tensor(float)", 3)]:
            raise BundleError(f"{path}: must take float waveform (B, S) and int64 lengths (B,) and give one float output (B, T, V)")
        width, needed = outputs[0].shape[2], max(head.first + head.size for head in bundle.heads)
        if not isinstance(width, int) or width < needed:
            raise BundleError(f"{path}: gives {width} outputs a frame, its heads need {needed}")
        self._inputs = [x.name for x in inputs]

    def recognize(self, pcm: bytes, start_sample: int, hints: tuple[PhraseHint, ...] = ()) -> Recognition:
        """pcm: signed 16-bit little-endian at 16 kHz; start_sample: of its first sample on the capture clock; hints: phrases that may well be said.

        Too short for one frame is TOO_SHORT; no words, or one value throughout (silence, a dead microphone), is NO_SPEECH. Neither is an error.
        Raises: InvalidAudio: not whole samples. TooLong. NotFinite: the model's output. InternalError: it is not one row a frame.
        """
        return self.listen(pcm, start_sample, hints)[0]

    @property
    def takes_hints(self) -> bool:
        """False where the decoder has one reading only."""
        return self.reader.takes_hints

    def listen(self, pcm: bytes, start_sample: int, hints: tuple[PhraseHint, ...] = ()) -> tuple[Recognition, Logits | None]:
        """`recognize`, and the logits it was read from: (T, V); None where the model was not asked."""
        begin_s = time.perf_counter()
        waveform = pcm_to_waveform(pcm)
        samples, manifest = len(waveform), self.bundle.manifest
        if samples > manifest.max_samples:
            raise TooLong(f"the segment has {samples / SAMPLE_RATE_HZ:.2f} s, the model takes at most {manifest.max_samples / SAMPLE_RATE_HZ:g} s")
        if samples < manifest.clock.receptive_field_samples:
            return Recognition(FinalReason.TOO_SHORT, (), ()), None
        if np.ptp(waveform) == 0:
            return Recognition(FinalReason.NO_SPEECH, (), (("features", time.perf_counter() - begin_s),)), None
        waveform = normalise(waveform)
        ready_s = time.perf_counter()
        logits = self.logits(waveform)
        heard_s = time.perf_counter()
        sounds = self._sounding.sounds(logits)
        # Blank throughout is no speech. A beam would still write the likeliest short word.
        if not sounds.best_path.strip():
            stages = (("features", ready_s - begin_s), ("infer", heard_s - ready_s), ("decode", time.perf_counter() - heard_s))
            return Recognition(FinalReason.NO_SPEECH, (), stages), logits
        readings, log_probs = self.read(logits, hints=tuple(Hint.of(hint.phrase, hint.boost or DEFAULT_BOOST) for hint in hints))
        found = hypotheses(readings, log_probs, self.head, manifest.clock, self._confidence, start_sample, start_sample + samples)
        stages = (("features", ready_s - begin_s), ("infer", heard_s - ready_s), ("decode", time.perf_counter() - heard_s))
        if not found:
            return Recognition(FinalReason.NO_SPEECH, (), stages), logits
        return Recognition(FinalReason.RECOGNIZED, found, stages, sounds), logits

    def fit(self, log_probs: npt.NDArray[np.float16], phrases: Sequence[str]) -> Scores:
        """How well audio, as `Recognition.sounds` has it, fits strings of its head (`models.sounds`)."""
        return self._sounding.fit(log_probs, phrases)

    def read(self, logits: Logits, count: int = MAX_ALTERNATIVES, hints: tuple[Hint, ...] = ()) -> tuple[list[Candidate], Logits]:
        """(T, all outputs) -> what may have been said, best first, and the log-probabilities it was read from: (T, V) of `head` alone."""
        log_probs = log_softmax(logits[:, self.head.first : self.head.first + self.head.size])
        return self.reader.decode(logits, hints)[:count], log_probs

    @property
    def head(self) -> CtcHead:
        """What readings are spelled in."""
        return self.reader.head

    @property
    def decoder(self) -> str:
        """The reader's name."""
        return self.reader.name

    @property
    def takes_batches(self) -> bool:
        """False for a graph that takes one whole clip."""
        return len(self._inputs) == len(INPUTS)

    def logits(self, waveform: Waveform) -> Logits:
        """(S,) normalised float32, S at least the receptive field -> (T, V). Raises: InternalError."""
        return self.batch_logits([waveform])[0]

    def batch_logits(self, waveforms: Sequence[Waveform]) -> list[Logits]:
        """The same for several clips in one padded batch: no faster (measured), and in INT8 to the last bit what each gives alone.

        Raises: InternalError.
        """
        clips = batch(waveforms)
        try:
            (heard,) = self._session.run(None, {name: clips[name] for name in self._inputs})
        except Exception as error:  # as above: its classes share no other base
            raise InternalError(f"the model cannot hear {' and '.join(str(len(waveform)) for waveform in waveforms)} samples") from error
        counts = [self.bundle.manifest.clock.frames(len(waveform)) for waveform in waveforms]
        if heard.shape[1] != max(counts):
            raise InternalError(
                f"the model gave {heard.shape[1]} frames for {clips['waveform'].shape[1]} samples, the manifest's clock says {max(counts)}"
            )
        rows: list[Logits] = [row[:frames] for row, frames in zip(heard, counts, strict=True)]
        if not all(np.isfinite(row).all() for row in rows):
            raise NotFinite("the model's output is not finite")
        return rows
