"""Which decoder reads for a bundle: the beam where it brings a language model and a lexicon, else the best symbol of every frame."""

from __future__ import annotations

from typing import Protocol

from models.bundle import LEXICON, Bundle
from models.ctc import Logits, log_softmax
from models.decode.candidate import Candidate
from models.decode.decoder import NAME as BEAM
from models.decode.decoder import Decoder
from models.decode.greedy import NAME as GREEDY
from models.decode.greedy import greedy
from models.decode.lexicon import read_lexicon
from models.decode.nbest import Hint
from models.decode.vocabulary import Vocabulary
from models.decode.weights import UNTUNED
from models.records import CtcHead
from protos.errors import ConfigurationError

DECODERS = (GREEDY, BEAM)


class Reader(Protocol):
    @property
    def name(self) -> str:
        """One of DECODERS."""
        ...

    @property
    def head(self) -> CtcHead:
        """Whose symbols candidates keep."""
        ...

    @property
    def takes_hints(self) -> bool: ...

    def decode(self, logits: Logits, hints: tuple[Hint, ...] = ()) -> list[Candidate]:
        """(T, all outputs) -> readings, best first; those that say a hinted phrase are moved up, where there is more than one."""
        ...

    def glance(self, logits: Logits) -> list[Candidate]:
        """The same of speech that goes on: cheaper, and not as good."""
        ...


class GreedyReader:
    """The best path of a head of letters."""

    name = GREEDY
    takes_hints = False

    def __init__(self, head: CtcHead) -> None:
        self.head = head

    def decode(self, logits: Logits, hints: tuple[Hint, ...] = ()) -> list[Candidate]:  # noqa: ARG002 - there is one reading
        return greedy(log_softmax(logits[:, self.head.first : self.head.first + self.head.size]), self.head)

    def glance(self, logits: Logits) -> list[Candidate]:
        return self.decode(logits)


def reader_of(bundle: Bundle, name: str | None = None, vocabulary: Vocabulary | None = None) -> Reader:
    """name: one of DECODERS; None: the best that the bundle can feed. vocabulary: None for the bundle's own.

    Raises: ConfigurationError: there is none of that name, or the bundle cannot feed it. BundleError: a file of the bundle is broken.
    """
    if name not in (None, *DECODERS):
        raise ConfigurationError(f"decoder is {name!r}, there is {', '.join(DECODERS)}")
    vocabulary = vocabulary or Vocabulary.of(bundle)
    if name == BEAM and not vocabulary:
        raise ConfigurationError(f"{bundle.path}: has no language model with its lexicon; `harken-models lm attach` gives it one")
    if name == GREEDY or not vocabulary:
        return GreedyReader(bundle.head("characters"))
    lexicon = read_lexicon(bundle.path / LEXICON, vocabulary.lexicon)
    return Decoder.load(bundle.heads, lexicon, vocabulary.language_model, bundle.weights or UNTUNED, vocabulary.phrases())
