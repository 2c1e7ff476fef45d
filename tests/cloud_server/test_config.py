"""What a server may be told."""

from __future__ import annotations

import pytest

from cloud_server.config import PLAINTEXT_CONSENT, PLAINTEXT_VARIABLE, Config, check_exposure
from protos.errors import ConfigurationError


@pytest.mark.parametrize("bad", [{"port": 70000}, {"workers": 0}, {"max_queued_audio_s": 0}])
def test_a_value_that_breaks_its_rule_is_named(bad: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match="|".join(str(value) for value in bad.values())):
        Config(**bad)  # type: ignore[arg-type]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_loopback_needs_nothing(host: str) -> None:
    check_exposure(host, {})


def test_plain_text_beyond_loopback_needs_the_operators_word() -> None:
    with pytest.raises(ConfigurationError, match=r"host 0\.0\.0\.0 is not a loopback address"):
        check_exposure("0.0.0.0", {})  # noqa: S104
    with pytest.raises(ConfigurationError):
        check_exposure("10.0.0.1", {PLAINTEXT_VARIABLE: "yes"})
    check_exposure("0.0.0.0", {PLAINTEXT_VARIABLE: PLAINTEXT_CONSENT})  # noqa: S104
