"""A certificate authority, a server and a client certificate for development: what real ones look like, trusted by nobody else."""

from __future__ import annotations

import datetime as dt
import ipaddress
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cloud_server.security.secret_files import write_secret
from protos.errors import ConfigurationError

LIFETIME = dt.timedelta(days=90)
# So that a machine whose clock is a little slow can use them at once.
BACKDATED = dt.timedelta(minutes=5)
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class _Issuer:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def write_dev_certificates(out: Path, hosts: tuple[str, ...], now: dt.datetime) -> list[Path]:
    """ca.pem, server.pem and .key, client.pem and .key, all mode 600. The authority's own key is kept nowhere: nobody can sign a third one.

    hosts: names and addresses of the server beside loopback. Raises: ConfigurationError: one of the files exists, or cannot be written.
    """
    authority = _authority(now)
    server = _signed(authority, "harken server", (*LOOPBACK_NAMES, *hosts), ExtendedKeyUsageOID.SERVER_AUTH, now)
    client = _signed(authority, "harken client", (), ExtendedKeyUsageOID.CLIENT_AUTH, now)
    files = {"ca.pem": _pem(authority.certificate)}
    for name, made in (("server", server), ("client", client)):
        files |= {f"{name}.pem": _pem(made.certificate), f"{name}.key": made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())}
    for name in files:
        if (out / name).exists():
            raise ConfigurationError(f"{out / name} exists; remove it or choose another directory")
    for name, pem in files.items():
        write_secret(out / name, pem)
    return [out / name for name in files]


def _authority(now: dt.datetime) -> _Issuer:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"Harken development CA {secrets.token_hex(4)}")  # a name of its own: two CAs of one name give baffling errors
    builder = _builder(name, name, key, now).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return _Issuer(key, builder.sign(key, hashes.SHA256()))


def _signed(issuer: _Issuer, subject: str, hosts: tuple[str, ...], purpose: x509.ObjectIdentifier, now: dt.datetime) -> _Issuer:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_name(subject), issuer.certificate.subject, key, now)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False)
    return _Issuer(key, builder.sign(issuer.key, hashes.SHA256()))


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: dt.datetime) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    return builder.serial_number(x509.random_serial_number()).not_valid_before(now - BACKDATED).not_valid_after(now + LIFETIME)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)
