"""The pronunciation data as one .npz: a lexicon and a graphone model, checked whole before anything is said. Nothing in it can run code."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.pronounce.alphabet import CODES, LETTERS
from models.pronounce.graphones import FIRST_GRAPHONE
from models.pronounce.ngrams import Ngrams, PackedNgrams, unpack
from protos.errors import BundleError

FORMAT = 1
_COLUMNS = ("tokens", "children", "costs", "backoffs")
_TEXTS = ("words", "codes", "graphones")


@dataclass(frozen=True, slots=True)
class PronunciationData:
    lexicon: dict[str, str]
    """Word -> codes of its pronunciations, the usual one first, with spaces between."""
    graphones: tuple[str, ...]
    """Letter and phone codes of the model's tokens from FIRST_GRAPHONE on."""
    ngrams: PackedNgrams


def write_data(path: Path, data: PronunciationData) -> None:
    """The same data gives the same bytes."""
    texts = {"words": "\n".join(data.lexicon), "codes": "\n".join(data.lexicon.values()), "graphones": "\n".join(data.graphones)}
    arrays: dict[str, npt.NDArray[np.generic]] = {name: np.frombuffer(text.encode("ascii"), np.uint8) for name, text in texts.items()}
    arrays |= {name: getattr(data.ngrams, name) for name in _COLUMNS}
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, format=np.array(FORMAT), **arrays)


def read_data(path: Path) -> tuple[PronunciationData, Ngrams]:
    """Raises: BundleError: begins with the path, says what is wrong with it."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            _check_format(int(file["format"]))
            words, codes, graphones = (file[name].tobytes().decode("ascii").split("\n") for name in _TEXTS)
            packed = PackedNgrams(*(file[name] for name in _COLUMNS))
        _check_texts(words, codes, graphones)
        ngrams = unpack(packed)
        if packed.children[0] != FIRST_GRAPHONE + len(graphones):
            raise ValueError(f"{packed.children[0]} tokens for {len(graphones)} graphones")
    except OSError as error:
        raise BundleError(f"{path}: {error.strerror or error}") from error
    except (ValueError, TypeError, KeyError, IndexError, EOFError, AttributeError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise BundleError(f"{path}: is not pronunciation data ({error}); make it anew with `harken-models pronunciations fit`") from error
    return PronunciationData(dict(zip(words, codes, strict=True)), tuple(graphones), packed), ngrams


def _check_format(found: int) -> None:
    if found != FORMAT:
        raise ValueError(f"format {found}, this program reads {FORMAT}")


def _check_texts(words: list[str], codes: list[str], graphones: list[str]) -> None:
    if len(words) != len(codes):
        raise ValueError(f"{len(words)} words with {len(codes)} pronunciations")
    if not {*"".join(words)} <= {*LETTERS} or not all(words):
        raise ValueError("a word has other characters than letters")
    if not {*"".join(codes)} <= CODES | {" "} or not all(codes):
        raise ValueError("a pronunciation has other phones than ARPAbet's 39")
    if {graphone[:1] for graphone in graphones} != {*LETTERS} or not {*"".join(graphone[1:] for graphone in graphones)} <= CODES:
        raise ValueError("graphones are not a letter and phones, for each letter")
