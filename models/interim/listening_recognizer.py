"""A recogniser that also hears speech that goes on."""

from __future__ import annotations

import logging

from models.bundle import Bundle
from models.ctc import Logits, log_softmax
from models.decode.hypotheses import words_so_far
from models.decode.readers import Reader
from models.interim.listener import Listener, hop_samples
from models.interim.split_model import SplitModel
from models.recognizer import Recognizer
from protos.errors import BundleError
from protos.messages import Word

log = logging.getLogger(__name__)


class ListeningRecognizer(Recognizer):
    """Final results are its parent's, to the last bit: they know nothing of what was heard before."""

    def __init__(self, bundle: Bundle, intra_op_threads: int = 1, reader: Reader | None = None) -> None:
        """Raises: BundleError: as its parent, or the model cannot hear speech that goes on."""
        super().__init__(bundle, intra_op_threads, reader)
        self._split = SplitModel(bundle)
        self.hop_samples = hop_samples(bundle.manifest.clock)
        """How much new audio is worth another partial."""

    def listener(self, start_sample: int) -> Listener:
        """For one segment, whose first sample this is on the capture clock."""
        manifest = self.bundle.manifest
        return Listener(self._split, manifest.clock, self._words, self._sounding.sounds, start_sample, manifest.max_samples)

    def _words(self, logits: Logits, start_sample: int, end_sample: int) -> tuple[Word, ...]:
        log_probs = log_softmax(logits[:, self.head.first : self.head.first + self.head.size])
        # As of a whole segment: blank throughout is no speech, where a beam would still write a word.
        is_speech = (log_probs.argmax(axis=-1) != self.head.blank - self.head.first).any()
        if not is_speech or not (found := self.reader.glance(logits)):
            return ()
        return words_so_far(found[0], log_probs, self.head, self.bundle.manifest.clock, self.bundle.lag, start_sample, end_sample)


def serving_recognizer(bundle: Bundle, reader: Reader | None = None) -> Recognizer:
    """One that listens where the model can (not with group norm over the whole clip). reader: None for the best decoder that the bundle can feed.

    Raises: BundleError: not even a whole segment can be heard.
    """
    try:
        return ListeningRecognizer(bundle, reader=reader)
    except BundleError as error:
        recognizer = Recognizer(bundle, reader=reader)
        log.warning("no interim results: %s", error)
        return recognizer
