"""A vocabulary of seven words with a bigram, and logits of phones and letters that say what they are told."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.ctc import Logits
from models.decode.lexicon import Lexicon
from models.pronounce.alphabet import PHONES, encode
from models.records import CtcHead

PHONE_HEAD = CtcHead("phones", 0, 40, 0, ("<blank>", *PHONES))
LETTER_HEAD = CtcHead("characters", 40, 29, 40, ("<blank>", "|", "'", *"abcdefghijklmnopqrstuvwxyz"))
HEADS = (PHONE_HEAD, LETTER_HEAD)
LEXICON: Lexicon = {
    word: " ".join(encode(tuple(said.split())) for said in variants)
    for word, variants in {
        "two": ("T UW",),
        "too": ("T UW",),
        "see": ("S IY",),
        "tomato": ("T AH M EY T OW", "T AH M AA T OW"),
        "tomatoes": ("T AH M EY T OW Z", "T AH M AA T OW Z"),
        "the": ("DH AH", "DH IY"),
        "read": ("R EH D", "R IY D"),
    }.items()
}
ARPA = r"""\data\
ngram 1=10
ngram 2=4

\1-grams:
-99	<s>	-0.3
-1	</s>
-2	<unk>
-1	two	-0.3
-1	too	-0.3
-1	see	-0.3
-1.2	tomato	-0.3
-1.2	tomatoes	-0.3
-0.8	the	-0.3
-1	read	-0.3

\2-grams:
-0.2	two tomatoes
-0.2	see the
-0.3	the tomato
-0.4	<s> see

\end\
"""


def write_arpa(folder: Path) -> Path:
    path = folder / "tiny.arpa"
    path.write_text(ARPA)
    return path


def saying(phones: str, letters: str, frames_each: int = 2, sharpness: float = 9.0) -> Logits:
    """(T, 69): every symbol fills `frames_each` frames, one blank after it; letters are spread over the same frames as far as they go."""
    spoken = [PHONE_HEAD.tokens.index(phone) for phone in phones.split()]
    spelled = [LETTER_HEAD.tokens.index("|" if letter == " " else letter) for letter in letters]
    paths = [[frame for symbol in said for frame in (*[symbol] * frames_each, 0)] for said in (spoken, spelled)]
    frames = max(map(len, paths))
    logits = np.zeros((frames, 69), np.float32)
    for head, path in zip(HEADS, paths, strict=True):
        best = np.array(path + [0] * (frames - len(path)), int)
        logits[np.arange(frames), head.first + best] = sharpness
    return logits
