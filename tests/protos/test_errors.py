"""One class for each reason, and every reason has its class."""

from __future__ import annotations

import pickle

import pytest

from protos import errors
from protos.messages import RejectReason


def leaves(cls: type[errors.SpeechError]) -> list[type[errors.SpeechError]]:
    children = [child for child in cls.__subclasses__() if child.__module__ == errors.__name__]
    return [leaf for child in children for leaf in leaves(child)] or [cls]


def test_every_reason_has_exactly_one_error() -> None:
    reasons = [leaf.reason for leaf in leaves(errors.SpeechError)]
    assert sorted(reasons) == sorted(set(RejectReason) - {RejectReason.UNSPECIFIED})


@pytest.mark.parametrize("cls", leaves(errors.SpeechError), ids=lambda cls: cls.__name__)
def test_an_error_crosses_a_process_boundary_whole(cls: type[errors.SpeechError]) -> None:
    error = pickle.loads(pickle.dumps(cls("segment 7 has 3 bytes, not a multiple of 2", 1.5)))  # noqa: S301
    assert type(error) is cls
    assert (error.message, error.retry_after_s) == ("segment 7 has 3 bytes, not a multiple of 2", 1.5)


def test_the_drawing_of_the_tree_shows_every_class() -> None:
    for leaf in leaves(errors.SpeechError):
        assert f"{leaf.__name__} " in (errors.__doc__ or "")
