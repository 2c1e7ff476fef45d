"""What a server must have before others can reach it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_server.security.exposure import PLAINTEXT_CONSENT, PLAINTEXT_VARIABLE, Security, settle, tls_files
from cloud_server.security.gate import Gate, OpenGate
from cloud_server.security.tls import TlsFiles
from protos.errors import ConfigurationError
from tests.cloud_server.security.conftest import Keys

EVERYWHERE = "0.0.0.0"  # noqa: S104
CONSENT = {PLAINTEXT_VARIABLE: PLAINTEXT_CONSENT}
TLS = TlsFiles(Path("a.pem"), Path("a.key"))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
@pytest.mark.parametrize("wanted", [Security(), Security(TLS), Security(require_token=True)])
def test_on_loopback_everything_is_as_asked_for(host: str, wanted: Security) -> None:
    assert settle(host, "127.0.0.1", wanted, {}) == wanted


@pytest.mark.parametrize("wanted", [Security(TLS), Security(TLS, require_token=True)])
@pytest.mark.parametrize("environment", [{}, CONSENT])
def test_beyond_it_every_call_needs_a_token_even_if_plain_text_were_allowed(wanted: Security, environment: dict[str, str]) -> None:
    assert settle(EVERYWHERE, "127.0.0.1", wanted, environment).require_token


@pytest.mark.parametrize("host", [EVERYWHERE, "10.0.0.1", "example.org", "::"])
@pytest.mark.parametrize("environment", [{}, {PLAINTEXT_VARIABLE: "yes"}, {PLAINTEXT_VARIABLE: ""}])
@pytest.mark.parametrize("wanted", [Security(), Security(require_token=True)])
def test_plain_text_beyond_loopback_needs_the_operators_word(host: str, environment: dict[str, str], wanted: Security) -> None:
    with pytest.raises(ConfigurationError, match=f"host {host} is not a loopback address.*--tls-cert"):
        settle(host, "127.0.0.1", wanted, environment)
    assert settle(host, "127.0.0.1", wanted, CONSENT) == wanted


def test_metrics_stay_on_loopback_unless_the_network_is_private() -> None:
    with pytest.raises(ConfigurationError, match=r"metrics host 0\.0\.0\.0 .*neither TLS nor a token"):
        settle("127.0.0.1", EVERYWHERE, Security(), {})
    settle("127.0.0.1", EVERYWHERE, Security(), CONSENT)


def test_tls_needs_both_halves() -> None:
    assert tls_files(None, None, None) is None
    assert tls_files(TLS.certificate, TLS.key, None) == TLS
    for half in ((TLS.certificate, None, None), (None, TLS.key, None), (None, None, Path("ca.pem"))):
        with pytest.raises(ConfigurationError, match="both a certificate"):
            tls_files(*half)


def test_a_server_that_asks_for_tokens_can_verify_one(keys: Keys, tmp_path: Path) -> None:
    assert isinstance(Security().gate(), OpenGate)
    assert isinstance(Security(require_token=True, token_key=keys.token_key, api_keys=keys.api_keys).gate(), Gate)
    with pytest.raises(ConfigurationError, match="neither a token key"):
        Security(require_token=True, token_key=tmp_path / "x", api_keys=tmp_path / "y").gate()
