"""Which words the recogniser can hear: a bundle's lexicon and what catalogues call things, as a set; says nothing of how they are said."""

from __future__ import annotations

import gzip
import logging
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

from models.bundle import LEXICON
from models.text import normalise_text

log = logging.getLogger(__name__)


class Lexicon:
    """Read when it is first asked for: most servers never are."""

    def __init__(self, bundle_dir: Path, titles: Callable[[], Iterable[str]] = tuple) -> None:
        """titles: of what catalogues call things, where their words can be heard."""
        self._bundle_dir, self._titles = bundle_dir, titles
        self._words: frozenset[str] | None = None

    def words(self) -> frozenset[str]:
        """Empty where the bundle has no lexicon: then nothing can be said of what is outside it. Takes a tenth of a second, once."""
        if self._words is None:
            own = lexicon_words(self._bundle_dir)
            self._words = own | frozenset(word for title in self._titles() for word in normalise_text(title).split()) if own else own
        return self._words

    def changed(self) -> None:
        """Catalogues call things otherwise now."""
        self._words = None


def lexicon_words(bundle_dir: Path) -> frozenset[str]:
    """The workers have checked the file's sum."""
    try:
        lines = gzip.decompress((bundle_dir / LEXICON).read_bytes()).decode("ascii").splitlines()
    except FileNotFoundError:
        return frozenset()
    except (OSError, EOFError, zlib.error, ValueError) as error:
        log.error("%s cannot be read, so words outside it are not counted: %s", bundle_dir / LEXICON, error)
        return frozenset()
    return frozenset(line.partition(" ")[0] for line in lines)
