"""Flags of harken-edge that several commands share, with their defaults and variables."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from edge_client.access import Access
from edge_client.config import TransportConfig, VadConfig

ServerOption = Annotated[str, typer.Option("--server", envvar="HARKEN_EDGE_SERVER", help="HOST:PORT of the server.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object for each segment, then a summary object.")]
CatalogueOption = Annotated[str, typer.Option("--catalogue", envvar="HARKEN_EDGE_CATALOGUE", help="What to search; default: the server's.")]
HintOption = Annotated[list[str] | None, typer.Option("--hint", help="A phrase that may well be said; repeat for several.")]
AlternativesOption = Annotated[
    int, typer.Option("--max-alternatives", envvar="HARKEN_EDGE_MAX_ALTERNATIVES", min=1, help="Guesses to return for each segment.")
]
InterimOption = Annotated[bool, typer.Option("--interim", help="Show what is heard while it is said, what will not change in bold.")]
AdaptiveOption = Annotated[
    bool, typer.Option("--adaptive", help="End a query after 260 ms of silence if it names a title in full, after 1200 ms if not, else after 500 ms.")
]
VadModeOption = Annotated[int, typer.Option("--vad-mode", envvar="HARKEN_EDGE_VAD_MODE", min=0, max=3, help="0 keeps most audio, 3 drops most.")]
ConnectOption = Annotated[
    float,
    typer.Option(
        "--connect-timeout", envvar="HARKEN_EDGE_CONNECT_TIMEOUT", min=0.1, help="Seconds to wait for the server; speech is kept meanwhile."
    ),
]
SpoolOption = Annotated[
    Path | None,
    typer.Option("--spool", envvar="HARKEN_EDGE_SPOOL", help="Folder that keeps speech until it is answered, even by the next run; default: memory."),
]
SpoolKeyOption = Annotated[
    Path | None, typer.Option("--spool-key", envvar="HARKEN_EDGE_SPOOL_KEY", help="File of 32 bytes, mode 600, that seals the spool (AES-256-GCM).")
]
SpoolLimitOption = Annotated[
    int, typer.Option("--spool-limit-mb", envvar="HARKEN_EDGE_SPOOL_LIMIT_MB", min=1, help="Of unanswered speech; the oldest makes room.")
]
TlsOption = Annotated[bool, typer.Option("--tls", envvar="HARKEN_EDGE_TLS", help="Speak TLS, with the CAs everybody knows.")]
CaOption = Annotated[Path | None, typer.Option("--tls-ca", envvar="HARKEN_EDGE_TLS_CA", help="Speak TLS, with this CA alone; PEM.")]
CertOption = Annotated[
    Path | None, typer.Option("--tls-cert", envvar="HARKEN_EDGE_TLS_CERT", help="This client's own certificate, for servers that ask for one; PEM.")
]
KeyOption = Annotated[Path | None, typer.Option("--tls-key", envvar="HARKEN_EDGE_TLS_KEY", help="Its key; PEM.")]
TokenFileOption = Annotated[
    Path | None, typer.Option("--token-file", envvar="HARKEN_EDGE_TOKEN_FILE", help="Token or API key; else HARKEN_EDGE_TOKEN in the environment.")
]
TracesOption = Annotated[
    str, typer.Option("--traces", envvar="HARKEN_EDGE_TRACES", help="URL of an OTLP/HTTP collector for traces; needs harken[tracing]; default: none.")
]
TOKEN_VARIABLE = "HARKEN_EDGE_TOKEN"  # noqa: S105 - its name
DEFAULT_SERVER = TransportConfig().server
DEFAULT_CONNECT_S = TransportConfig().connect_timeout_s
DEFAULT_VAD_MODE = VadConfig().mode
DEFAULT_SPOOL_LIMIT_MB = TransportConfig().max_unanswered_bytes // 1_000_000


def access(tls: bool, ca: Path | None, certificate: Path | None, key: Path | None, token_file: Path | None) -> Access:
    """Raises: ConfigurationError. The token is never a flag: everybody on a machine can read those."""
    return Access(tls, ca, certificate, key, "" if token_file else os.environ.get(TOKEN_VARIABLE, ""), token_file)


def transport(server: str, connect_timeout_s: float, spool_limit_mb: int, way_in: Access) -> TransportConfig:
    return TransportConfig(server, connect_timeout_s=connect_timeout_s, max_unanswered_bytes=spool_limit_mb * 1_000_000, access=way_in)
