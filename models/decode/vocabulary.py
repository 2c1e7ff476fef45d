"""The words that may be heard, as bytes that travel: a bundle's own, or with a catalogue's titles in them. Builds no decoder.

Made once, beside the workers, and read by each of them (`readers.reader_of`), whose reader is then replaced between two segments: no restart.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from models.bundle import LANGUAGE_MODEL, LEXICON, Bundle
from models.decode.lexicon import make_lexicon, read_lexicon, write_lexicon
from models.lm.arpa import from_arpa, to_arpa
from models.lm.catalogue import with_titles
from models.pronounce.pronouncer import Pronouncer
from models.text import normalise_text
from protos.errors import BundleError

TITLES = "titles.txt.gz"
# Read once by each worker and thrown away; the smallest file is for what is shipped.
GZIP_LEVEL = 1


@dataclass(frozen=True, slots=True)
class Vocabulary:
    lexicon: bytes
    """Gzipped (`models.decode.lexicon`)."""
    language_model: bytes
    """Gzipped ARPA over the same words."""
    titles: bytes = b""
    """What a catalogue calls things, gzipped, one normalised title a line; empty: no catalogue's."""

    @classmethod
    def of(cls, bundle: Bundle) -> Vocabulary:
        """Empty where the bundle has none."""
        return cls(bundle.lexicon, bundle.language_model)

    def write(self, folder: Path) -> None:
        """A new folder, whole or not at all."""
        beside = folder.with_name(f"{folder.name}.part")
        beside.mkdir()
        (beside / LEXICON).write_bytes(self.lexicon)
        (beside / LANGUAGE_MODEL).write_bytes(self.language_model)
        (beside / TITLES).write_bytes(self.titles)
        beside.rename(folder)

    @classmethod
    def read(cls, folder: Path) -> Vocabulary:
        """Raises: BundleError: it is not there."""
        try:
            return cls(*((folder / name).read_bytes() for name in (LEXICON, LANGUAGE_MODEL, TITLES)))
        except OSError as error:
            raise BundleError(f"{folder}: has no vocabulary ({error.strerror})") from error

    def phrases(self) -> list[str]:
        """Its titles."""
        return gzip.decompress(self.titles).decode().splitlines() if self.titles else []

    def __bool__(self) -> bool:
        return bool(self.lexicon and self.language_model)


def vocabulary_with(bundle: Bundle, titles: Iterable[str], pronouncer: Pronouncer) -> Vocabulary:
    """The bundle's words and n-grams with the titles' in them: some seconds of one core, and some hundred MB while it lasts.

    Raises: ConfigurationError: no title has a word that can be said. BundleError: the bundle has no language model, or one that cannot be read.
    """
    own = Vocabulary.of(bundle)
    if not own:
        raise BundleError(f"{bundle.path}: has no {LANGUAGE_MODEL} with its {LEXICON}; `harken-models lm attach` gives it both")
    lexicon = read_lexicon(bundle.path / LEXICON, own.lexicon)
    try:
        base = from_arpa(gzip.decompress(own.language_model).decode())
    except (EOFError, OSError, ValueError) as error:
        raise BundleError(f"{bundle.path / LANGUAGE_MODEL}: is not an ARPA file ({error})") from error
    phrases = [phrase for title in titles if (phrase := normalise_text(title))]
    model = with_titles(base, phrases, pronouncer)
    lexicon |= make_lexicon((word for word in model.words if word not in lexicon), pronouncer)
    packed = gzip.compress("\n".join(dict.fromkeys(phrases)).encode(), GZIP_LEVEL, mtime=0)
    return Vocabulary(write_lexicon(lexicon), gzip.compress(to_arpa(model).encode(), GZIP_LEVEL, mtime=0), packed)
