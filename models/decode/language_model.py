"""An ARPA n-gram read by KenLM (in flashlight-text's wheel) over the words of a lexicon. Knows no acoustics."""

from __future__ import annotations

import math
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from flashlight.lib.text.decoder.kenlm import KenLM
from flashlight.lib.text.dictionary import Dictionary

from protos.errors import BundleError

UNKNOWN = "<unk>"
# KenLM's logarithms are to base 10.
NATURAL = math.log(10)


@contextmanager
def _no_progress_bar() -> Iterator[None]:
    """KenLM draws one on standard error, past Python; what it has to say comes as an exception too."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


class LanguageModel:
    """Words outside the lexicon are one word, `<unk>`."""

    def __init__(self, arpa: Path, words: Iterable[str]) -> None:
        """arpa: plain or gzipped. Raises: BundleError: KenLM refuses it."""
        self.dictionary = Dictionary()
        for word in words:
            self.dictionary.add_entry(word)
        self.dictionary.add_entry(UNKNOWN)
        self.unknown: int = self.dictionary.get_index(UNKNOWN)
        self.dictionary.set_default_index(self.unknown)
        try:
            with _no_progress_bar():
                self.kenlm = KenLM(str(arpa), self.dictionary)
        except RuntimeError as error:
            raise BundleError(f"{arpa}: KenLM refuses it ({error})") from error
        self._start = self.kenlm.start(False)

    @classmethod
    def of(cls, packed: bytes, words: Iterable[str]) -> LanguageModel:
        """From bytes that were verified: KenLM reads only files. Raises: BundleError."""
        with tempfile.NamedTemporaryFile(suffix=".arpa.gz") as file:
            file.write(packed)
            file.flush()
            return cls(Path(file.name), words)

    def log_prob(self, words: Sequence[str]) -> float:
        """Natural logarithm, with the end of sentence."""
        state, total = self._start, 0.0
        for word in words:
            state, log10 = self.kenlm.score(state, self.dictionary.get_index(word))
            total += log10
        return float(total + self.kenlm.finish(state)[1]) * NATURAL

    def log_prob_around(self, before: Sequence[str], phrase: Sequence[str], after: Sequence[str], phrase_log_prob: float) -> float:
        """As `log_prob` of all three, but that the phrase counts as one word of that (natural) log probability."""
        state, total = self._start, 0.0
        for words, counts in ((before, True), (phrase, False), (after, True)):
            for word in words:
                state, log10 = self.kenlm.score(state, self.dictionary.get_index(word))
                total += log10 * counts
        return float(total + self.kenlm.finish(state)[1]) * NATURAL + phrase_log_prob

    def unigram(self, word: str) -> float:
        """As the first word of a sentence, to base 10: what a trie is smeared with."""
        return float(self.kenlm.score(self._start, self.dictionary.get_index(word))[1])
