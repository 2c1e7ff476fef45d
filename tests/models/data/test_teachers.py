"""Names and what they open."""

from __future__ import annotations

import pytest

from models.data.teachers import MOONSHINE_TINY, TEACHERS, open_teacher
from protos.errors import ConfigurationError


def test_an_unknown_teacher_is_named_with_those_there_are() -> None:
    with pytest.raises(ConfigurationError, match=f"no teacher 'socrates'; there is {', '.join(TEACHERS)}"):
        open_teacher("socrates")


def test_a_teacher_that_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.data.moonshine.PACKAGE", "moonshine_voice_that_is_not_there")
    with pytest.raises(ConfigurationError, match="comes with moonshine-voice"):
        open_teacher(MOONSHINE_TINY)
