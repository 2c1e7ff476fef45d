"""The shipped bundle in two pieces, and listening: each opened once."""

from __future__ import annotations

import pytest

from models.interim.listening_recognizer import ListeningRecognizer
from models.interim.split_model import SplitModel
from models.recognizer import Recognizer


@pytest.fixture(scope="session")
def shipped_pieces(shipped: Recognizer) -> SplitModel:
    return SplitModel(shipped.bundle)


@pytest.fixture(scope="session")
def listening(shipped: Recognizer) -> ListeningRecognizer:
    return ListeningRecognizer(shipped.bundle)
