"""What `certs dev` leaves on disk."""

from __future__ import annotations

import datetime as dt
import ssl
from pathlib import Path

import pytest
from cryptography import x509

from cloud_server.security.certificates import write_dev_certificates
from protos.errors import ConfigurationError

NOW = dt.datetime.now(dt.UTC)


def test_five_files_for_their_owner_alone_and_no_key_of_the_authority(tmp_path: Path) -> None:
    written = write_dev_certificates(tmp_path / "certs", (), NOW)
    assert sorted(path.name for path in written) == ["ca.pem", "client.key", "client.pem", "server.key", "server.pem"]
    assert sorted(written) == sorted((tmp_path / "certs").iterdir())
    assert {path.stat().st_mode & 0o777 for path in written} == {0o600}


def test_the_server_is_known_by_loopback_and_the_names_given(tmp_path: Path) -> None:
    write_dev_certificates(tmp_path, ("asr.example.org", "10.1.2.3"), NOW)
    certificate = x509.load_pem_x509_certificate((tmp_path / "server.pem").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "asr.example.org"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1", "10.1.2.3"]


def test_openssl_accepts_each_for_its_purpose_only(tmp_path: Path) -> None:
    write_dev_certificates(tmp_path, (), NOW)
    for name in ("server", "client"):
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tmp_path / f"{name}.pem", tmp_path / f"{name}.key")
        certificate = x509.load_pem_x509_certificate((tmp_path / f"{name}.pem").read_bytes())
        (purpose,) = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert purpose._name == f"{name}Auth"
        authority = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
        certificate.verify_directly_issued_by(authority)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    write_dev_certificates(tmp_path, (), NOW)
    (tmp_path / "ca.pem").unlink()
    with pytest.raises(ConfigurationError, match=r"server\.pem exists"):
        write_dev_certificates(tmp_path, (), NOW)
    assert not (tmp_path / "ca.pem").exists()
