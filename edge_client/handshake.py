"""Why a connection does not come up, where trying again cannot help.

gRPC says UNAVAILABLE for a wrong certificate as for an unplugged cable, and for a server that wants TLS or a client certificate no more than "Socket
closed" (measured). So a connection of our own asks again, with Python's TLS, which says what it met. It sends nothing but the handshake.
"""

from __future__ import annotations

import asyncio
import ssl

from edge_client.access import Access
from protos.errors import ConfigurationError

TIMEOUT_S = 5.0
# In TLS 1.3 a server judges the client's certificate after the client thinks it is in. One that is content speaks first: HTTP/2 begins with settings.
FIRST_WORD_S = 0.5


async def hopeless(server: str, access: Access) -> str:
    """What a person has to change; empty if it may be the network."""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            return await (_refused_by_tls(server, access) if access.is_encrypted else _wants_tls(server))
    except ConfigurationError as error:
        return str(error)
    except (OSError, TimeoutError, EOFError):
        return ""


async def _wants_tls(server: str) -> str:
    """A server that shakes hands is one that expected to."""
    unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE  # nothing is sent, nothing is believed
    try:
        await _shake(server, unverified)
    except ssl.SSLCertVerificationError:
        pass
    except ssl.SSLError as error:
        if "ALERT" not in (error.reason or ""):
            return ""
    return "the server speaks TLS and this client does not: give --tls-ca or --tls"


async def _refused_by_tls(server: str, access: Access) -> str:
    has_own = access.certificate is not None
    refused = "does not accept this client's certificate" if has_own else "asks for a client certificate: give --tls-cert and --tls-key"
    try:
        if await _shake(server, _context(access)):
            return f"the server {refused}"
    except ssl.SSLCertVerificationError as error:
        return f"the server's certificate is not to be trusted: {error.verify_message}"
    except ssl.SSLError as error:
        reason = (error.reason or "").replace("_", " ").lower()
        if "alert" in reason:
            return f"the server {refused} ({reason})"
        if "wrong version" in reason or "record layer" in reason:
            return "the server does not speak TLS, and this client was told to"
        return f"TLS fails ({reason})"
    return ""


async def _shake(server: str, context: ssl.SSLContext) -> bool:
    """True if the server closed the connection without a word (gRPC) once the handshake was over. Raises: ssl.SSLError, OSError."""
    context.set_alpn_protocols(["h2"])
    host, _, port = server.rpartition(":")
    host = host.strip("[]")
    reader, writer = await asyncio.open_connection(host, int(port), ssl=context, server_hostname=host)
    try:
        async with asyncio.timeout(FIRST_WORD_S):
            return not await reader.read(1)
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    finally:
        writer.transport.abort()


def _context(access: Access) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=access.ca)
        if access.certificate is not None and access.key is not None:
            context.load_cert_chain(access.certificate, access.key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(f"the certificates of this client cannot be used: {error}") from error
    return context
