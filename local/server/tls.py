"""HTTPS for other devices in the network: a browser gives its camera to no page without it.

The certificate is made at the start and signed by itself, so browsers warn once.
"""

import asyncio
import ipaddress
import socket
import ssl
import tempfile
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from local.resources.names import HOST, MACHINE
from local.server.http_server import listening_socket

ANYWHERE: Final = "0.0.0.0"  # noqa: S104  # on purpose: HTTPS=1 asks for it
_VALID_FOR: Final = timedelta(days=30)
_CHUNK: Final = 65536
_SECONDS_TO_SHAKE_HANDS: Final = 10.0
_SOMEWHERE: Final = ("192.0.2.1", 9)
"""An address that nobody has (RFC 5737): the way there begins at an address of this machine."""


class TlsPort:
    """Takes TLS connections on all interfaces, and passes them on to a port of this machine.

    It takes the port at once. Connections wait until `start`.

    Args:
        port: The port, or 0 for any free one.

    Attributes:
        urls: Where other devices reach it; at least its address on this machine.

    Raises:
        PortUnavailableError: Another program listens there, or the port needs more rights.
    """

    def __init__(self, port: int) -> None:
        self._socket = listening_socket(port, ANYWHERE)
        self.port: int = self._socket.getsockname()[1]
        addresses = addresses_in_network() or [HOST]
        self.urls = [f"https://{address}:{self.port}" for address in addresses]
        self._context = _context({HOST, *addresses})

    def start(self, target_port: int) -> None:
        """Pass every connection on to `target_port`, in a thread that ends with the process."""
        threading.Thread(
            target=lambda: asyncio.run(self._serve(target_port)), name="tls", daemon=True
        ).start()

    async def _serve(self, target_port: int) -> None:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                inner_reader, inner_writer = await asyncio.open_connection(HOST, target_port)
            except OSError:
                writer.close()
                return
            await asyncio.gather(_pass_on(reader, inner_writer), _pass_on(inner_reader, writer))

        server = await asyncio.start_server(
            connected,
            sock=self._socket,
            ssl=self._context,
            ssl_handshake_timeout=_SECONDS_TO_SHAKE_HANDS,
        )
        await server.serve_forever()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until one side ends, then end the other one."""
    with suppress(OSError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    writer.close()


def addresses_in_network() -> list[str]:
    """Return the IPv4 addresses of this machine by which others reach it, the likeliest first."""
    found: list[str] = []
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unconnected:
        unconnected.connect(_SOMEWHERE)  # sends nothing
        found.append(unconnected.getsockname()[0])
    with suppress(OSError):
        entries = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
        found += [str(entry[4][0]) for entry in entries]
    return [each for each in dict.fromkeys(found) if not ipaddress.ip_address(each).is_loopback]


def self_signed(addresses: set[str]) -> bytes:
    """Return a certificate for addresses and for this machine's names, and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Storytime on this machine")])
    names = ("localhost", MACHINE, f"{MACHINE}.local")
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # the phone's clock may be behind
        .not_valid_after(now + _VALID_FOR)
        .add_extension(
            x509.SubjectAlternativeName(
                [
                    *(x509.DNSName(each) for each in names),
                    *(x509.IPAddress(ipaddress.ip_address(each)) for each in sorted(addresses)),
                ]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + certificate.public_bytes(Encoding.PEM)


def _context(addresses: set[str]) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    with tempfile.TemporaryDirectory() as folder:  # ssl reads files only
        file = Path(folder) / "certificate.pem"
        file.touch(mode=0o600)
        file.write_bytes(self_signed(addresses))
        context.load_cert_chain(file)
    return context
