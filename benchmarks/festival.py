"""Sentences spoken by the synthesiser festival, which knows when each word begins and ends: truth about word times that no model of ours made.

Needs `festival` with the voices named here (Debian: festival festvox-kallpc16k festvox-kdlpc16k festvox-us-slt-hts).
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.transcribe import read_pcm
from protos.errors import ConfigurationError
from protos.messages import SAMPLE_RATE_HZ

VOICES = ("kal_diphone", "ked_diphone", "cmu_us_slt_arctic_hts")
TIMEOUT_S = 300
NEXT = "--"
PROGRAM = f"""
(define (say voice text file)
  (voice)
  (let ((spoken (utt.synth (eval (list 'Utterance 'Text text)))))
    (utt.wave.resample spoken {SAMPLE_RATE_HZ})
    (utt.save.wave spoken file 'riff)
    (mapcar (lambda (word) (format t "%s %f %f\\n" (item.name word) (item.feat word "word_start") (item.feat word "word_end")))
            (utt.relation.items spoken 'Word))
    (format t "{NEXT}\\n")))
"""


@dataclass(frozen=True, slots=True)
class TimedWord:
    word: str
    start_seconds: float
    end_seconds: float


@dataclass(frozen=True, slots=True)
class Spoken:
    """One sentence, said."""

    text: str
    voice: str
    pcm: bytes
    words: tuple[TimedWord, ...]
    """Those of the text, in order."""


def speak(sentences: Sequence[str], voices: Sequence[str] = VOICES) -> list[Spoken]:
    """sentences: of [a-z' ] only; the voices take turns. A sentence that festival cuts into other words than its own (it spells some) is left out.

    Raises: ConfigurationError: festival is not installed, or lacks a voice.
    """
    if shutil.which("festival") is None:
        raise ConfigurationError("word times need the synthesiser festival (Debian: festival festvox-kallpc16k festvox-kdlpc16k festvox-us-slt-hts)")
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{number}.wav" for number in range(len(sentences))]
        turns = [voices[number % len(voices)] for number in range(len(sentences))]
        calls = [f'(say voice_{voice} "{text}" "{file}")' for voice, text, file in zip(turns, sentences, files, strict=True)]
        done = subprocess.run(
            ["festival", "--pipe"], input=PROGRAM + "\n".join(calls), capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
        tables = done.stdout.split(f"{NEXT}\n")[:-1]
        if len(tables) < len(sentences):
            raise ConfigurationError(f"festival said {len(tables)} of {len(sentences)} sentences: {done.stderr.strip()[-200:]}")
        heard = [
            Spoken(text, voice, read_pcm(file), words)
            for text, voice, file, words in zip(sentences, turns, files, map(parse_words, tables), strict=True)
        ]
    return [spoken for spoken in heard if [word.word for word in spoken.words] == spoken.text.split()]


def parse_words(table: str) -> tuple[TimedWord, ...]:
    """Lines of word, start and end in seconds. What festival splits off at an apostrophe ('s) is within the word before."""
    words: list[TimedWord] = []
    for line in table.splitlines():
        word, start, end = line.split()
        if word.startswith("'") and words:
            words[-1] = TimedWord(words[-1].word + word, words[-1].start_seconds, words[-1].end_seconds)
        else:
            words.append(TimedWord(word, float(start), float(end)))
    return tuple(words)
