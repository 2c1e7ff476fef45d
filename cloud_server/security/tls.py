"""TLS for the gRPC port. Certificates are read again when their files change: a new connection gets the newest pair, open ones stay as they are."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from pathlib import Path

import grpc
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from cloud_server.security.secret_files import Reloaded, read_secret
from protos.errors import ConfigurationError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    certificate: Path
    """PEM, the server's own first, then what leads to a CA the clients know."""
    key: Path
    """PEM, mode 600."""
    client_ca: Path | None = None
    """Mutual TLS: only clients with a certificate of this CA may connect. Their tokens are asked for as well."""

    @property
    def paths(self) -> tuple[Path, ...]:
        return (self.certificate, self.key) if self.client_ca is None else (self.certificate, self.key, self.client_ca)


def server_credentials(files: TlsFiles) -> grpc.ServerCredentials:
    """Raises: ConfigurationError: a file is missing or no PEM, others may read the key, it is not the certificate's, or that has expired."""
    reloaded = Reloaded(files.paths, lambda: load(files), _keep_old)
    # gRPC asks before each handshake; None would mean "as before", and the same object is as cheap.
    return grpc.dynamic_ssl_server_credentials(reloaded.get(), reloaded.get, require_client_authentication=files.client_ca is not None)


def expiry_s(files: TlsFiles) -> float:
    """When the certificate that lies there now ends, in Unix time; 0 if it cannot be read, which is what an expired one is worth."""
    try:
        return _certificate(files.certificate, _read(files.certificate)).not_valid_after_utc.timestamp()
    except ConfigurationError:
        return 0.0


def load(files: TlsFiles) -> grpc.ServerCertificateConfiguration:
    """Raises: ConfigurationError."""
    certificate, key = _read(files.certificate), read_secret(files.key)
    _check_pair(files, certificate, key)
    client_ca = None if files.client_ca is None else _read(files.client_ca)
    if files.client_ca is not None:
        _certificate(files.client_ca, client_ca or b"")
    return grpc.ssl_server_certificate_configuration([(key, certificate)], client_ca)


def _check_pair(files: TlsFiles, certificate_pem: bytes, key_pem: bytes) -> None:
    certificate = _certificate(files.certificate, certificate_pem)
    try:
        key = load_pem_private_key(key_pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigurationError(f"{files.key} is no unencrypted private key in PEM") from error
    if key.public_key() != certificate.public_key():
        raise ConfigurationError(f"{files.key} is not the key of {files.certificate}")
    if certificate.not_valid_after_utc <= dt.datetime.now(dt.UTC):
        raise ConfigurationError(f"{files.certificate} expired on {certificate.not_valid_after_utc:%Y-%m-%d}")


def _certificate(path: Path, pem: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise ConfigurationError(f"{path} is no certificate in PEM") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from error


def _keep_old(error: ConfigurationError) -> None:
    log.error("a changed certificate cannot be used, the former one stays: %s", error)
