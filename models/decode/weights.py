"""What each source of knowledge counts when readings are ranked: a bundle's decoder.json. Pure; reads no file."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from protos.errors import BundleError

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Weights:
    """Of natural logarithms; the first head's counts 1. The defaults are the shipped bundle's."""

    letters: float = 0.5
    """Of the second head's log probability of the whole text."""
    language: float = 1.5
    """A model that is less sure of what it hears needs less (the seed: 0.64), so they are fitted for each bundle."""
    word: float = 0.0
    """Added for each word."""
    temperature: float = 1.0
    """Logits are divided by it first. A network trained long is surer than it is right; the beam then drops what language would have saved."""

    @property
    def vector(self) -> npt.NDArray[np.float64]:
        """(4,): of the first head, the second head, the language model and the number of words."""
        return np.array([1.0, self.letters, self.language, self.word])


UNTUNED = Weights()


def write_weights(weights: Weights, recordings: int) -> bytes:
    """recordings: how many they were fitted on."""
    return (json.dumps({"format": FORMAT, "weights": asdict(weights), "recordings": recordings}, indent=1) + "\n").encode()


def parse_weights(path: Path, raw: bytes) -> Weights:
    """path: for messages only. Raises: BundleError: it is not such a file."""
    try:
        data = json.loads(raw)
        if data["format"] != FORMAT:
            raise ValueError(f"format is {data['format']!r}, this program reads {FORMAT}")
        weights = Weights(**{name: float(value) for name, value in data["weights"].items()})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BundleError(f"{path}: is not a decoder's weights ({error}); fit them with `harken-models tune-decoder`") from error
    if not all(math.isfinite(value) for value in asdict(weights).values()):
        raise BundleError(f"{path}: has a weight that is not finite")
    if weights.temperature <= 0:
        raise BundleError(f"{path}: temperature is {weights.temperature}, must be above 0")
    return weights
