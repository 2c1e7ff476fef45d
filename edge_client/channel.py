"""A gRPC channel to the server, with options that were measured, and its statuses as sentences."""

from __future__ import annotations

import grpc

from edge_client.access import is_loopback
from edge_client.config import TransportConfig
from protos.errors import PermissionDenied, Unauthenticated

# What a person reads; the code and the server's own words follow in brackets.
STATUS_SENTENCES = {
    grpc.StatusCode.UNAVAILABLE: "went away or is too busy",
    grpc.StatusCode.UNAUTHENTICATED: "does not know who is speaking",
    grpc.StatusCode.PERMISSION_DENIED: "does not allow this",
    grpc.StatusCode.RESOURCE_EXHAUSTED: "takes no more from this client",
    grpc.StatusCode.INVALID_ARGUMENT: "refuses what was asked",
    grpc.StatusCode.NOT_FOUND: "does not have what was asked for",
    grpc.StatusCode.OUT_OF_RANGE: "ended the session: it was too long, or its audio stopped coming",
    grpc.StatusCode.ABORTED: "ended the session: a newer connection took it over",
    grpc.StatusCode.UNIMPLEMENTED: "is no Harken server, or an older one",
}
FINAL_REFUSALS = {grpc.StatusCode.UNAUTHENTICATED: Unauthenticated, grpc.StatusCode.PERMISSION_DENIED: PermissionDenied}


def open_channel(config: TransportConfig) -> grpc.aio.Channel:
    """To HOST:PORT. This machine itself is never reached through a proxy: gRPC alone would obey `http_proxy` there too.

    Raises: ConfigurationError: a certificate cannot be read.
    """
    options = [
        # Three keep-alive options together, or a dead peer goes unnoticed for a minute (measured).
        ("grpc.keepalive_time_ms", round(config.keepalive_s * 1000)),
        ("grpc.keepalive_timeout_ms", round(config.keepalive_timeout_s * 1000)),
        ("grpc.http2.ping_timeout_ms", round(config.keepalive_timeout_s * 1000)),
        ("grpc.http2.max_pings_without_data", 0),
        # Waits between connections are backoff.py's: a channel of its own must not inherit those of the one before.
        ("grpc.use_local_subchannel_pool", 1),
        ("grpc.enable_http_proxy", int(not is_loopback(config.server))),
    ]
    if not config.access.is_encrypted:
        return grpc.aio.insecure_channel(config.server, options=options)
    return grpc.aio.secure_channel(config.server, grpc.ssl_channel_credentials(*config.access.pems()), options=options)
