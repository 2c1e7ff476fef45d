"""The shipped bundle's two pieces, opened once."""

from __future__ import annotations

import pytest

from models.interim.split_model import SplitModel
from models.recognizer import Recognizer


@pytest.fixture(scope="session")
def shipped_pieces(shipped: Recognizer) -> SplitModel:
    return SplitModel(shipped.bundle)
