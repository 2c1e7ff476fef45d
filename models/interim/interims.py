"""What a worker keeps for interim results: the bundle's two pieces, and how their output is read."""

from __future__ import annotations

from models.bundle import Bundle
from models.ctc import Logits, greedy_hypothesis
from models.interim.listener import Listener, hop_samples
from models.interim.split_model import SplitModel
from protos.messages import Word


class Interims:
    """Not thread-safe by design: one for each worker process."""

    def __init__(self, bundle: Bundle) -> None:
        """Raises: BundleError: its model cannot hear speech that goes on."""
        self._manifest, self._head = bundle.manifest, bundle.head("characters")
        self._model = SplitModel(bundle)
        self.hop_samples = hop_samples(bundle.manifest.clock)

    def listener(self, start_sample: int) -> Listener:
        """For one segment, whose first sample this is on the capture clock."""
        return Listener(self._model, self._manifest.clock, self._words, start_sample, self._manifest.max_samples)

    def _words(self, logits: Logits, start_sample: int, end_sample: int) -> tuple[Word, ...]:
        best = greedy_hypothesis(logits, self._head, self._manifest.clock, start_sample, end_sample)
        return () if best is None else best.words
