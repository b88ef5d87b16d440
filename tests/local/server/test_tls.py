"""HTTPS on the web port, for other devices in the network."""

import ipaddress
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
import urllib3
from cryptography import x509
from werkzeug.wrappers import Request, Response

from local.resources.names import MACHINE
from local.server.http_server import HttpServer
from local.server.tls import TlsPort, addresses_in_network, self_signed
from tests.local.runner.test_command import page_of, started


def certificate_of(pem: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem[pem.index(b"-----BEGIN CERTIFICATE") :])


def trusting(port: int) -> urllib3.PoolManager:
    """A client that trusts the certificate that a port shows."""
    return urllib3.PoolManager(ca_cert_data=ssl.get_server_certificate(("127.0.0.1", port)))


@Request.application
def echo(request: Request) -> Response:
    return Response(request.get_data()[::-1], headers={"X-Target": request.full_path})


@pytest.fixture
def tls() -> Iterator[TlsPort]:
    server = HttpServer(0)
    server.start(echo)
    tls = TlsPort(0)
    tls.start(server.port)
    yield tls
    server.stop()


def test_the_certificate_names_the_addresses_and_is_valid_for_a_month() -> None:
    certificate = certificate_of(self_signed({"127.0.0.1", "192.168.1.20"}))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    assert {str(each) for each in names.get_values_for_type(x509.IPAddress)} == {
        "127.0.0.1",
        "192.168.1.20",
    }
    assert {"localhost", MACHINE, f"{MACHINE}.local"} == {*names.get_values_for_type(x509.DNSName)}
    assert certificate.not_valid_before_utc < datetime.now(UTC)
    month = timedelta(days=30)
    assert abs(certificate.not_valid_after_utc - datetime.now(UTC) - month) < timedelta(hours=1)


def test_every_start_makes_another_key() -> None:
    assert self_signed({"127.0.0.1"}) != self_signed({"127.0.0.1"})


def test_large_bodies_pass_in_both_directions(tls: TlsPort) -> None:
    body = bytes(range(256)) * 40_000
    with trusting(tls.port) as pool:
        for path in ("/first?a=1", "/second?b=%2F"):  # over one connection
            answer = pool.request("POST", f"https://127.0.0.1:{tls.port}{path}", body=body)
            assert (answer.status, answer.data) == (200, body[::-1])
            assert answer.headers["X-Target"] == path


def test_who_does_not_speak_tls_disturbs_nobody(tls: TlsPort) -> None:
    with (
        trusting(tls.port) as pool,
        socket.create_connection(("127.0.0.1", tls.port)),  # says nothing
        socket.create_connection(("127.0.0.1", tls.port)) as plain,
    ):
        plain.sendall(b"GET / HTTP/1.1\r\n\r\n")

        assert pool.request("GET", f"https://127.0.0.1:{tls.port}/", timeout=5).status == 200


def test_the_addresses_are_those_that_others_reach() -> None:
    assert not any(ipaddress.ip_address(each).is_loopback for each in addresses_in_network())


def test_only_the_web_port_is_open_to_the_network() -> None:
    with started(HTTPS="1") as (_, said):
        page = page_of(said)
        with trusting(int(page.rpartition(":")[2])) as pool:
            assert pool.request("GET", page).status == 200
        reached = set(reached_from_the_network(said))

    assert page.startswith("https://")
    assert "The browser warns" in said
    assert "open to everybody" in said
    port = page.rpartition(":")[2]
    assert reached == {f"https://{each}:{port}" for each in addresses_in_network()}


def test_without_it_every_port_is_for_this_machine_only() -> None:
    with started() as (_, said):
        assert len(set(re.findall(r"http://127\.0\.0\.1:\d+", said))) == 3
        assert list(reached_from_the_network(said)) == []


def urls_of(said: str, addresses: list[str]) -> set[str]:
    """All addresses of this machine's ports, at other addresses."""
    ports = set(re.findall(r"https?://\S+?:(\d+)", said))
    return {f"https://{address}:{port}" for address in addresses for port in ports}


def reached_from_the_network(said: str) -> Iterator[str]:
    for url in urls_of(said, addresses_in_network()):
        host, port = url.removeprefix("https://").rsplit(":", 1)
        with suppress(ConnectionRefusedError), socket.create_connection((host, int(port))):
            yield url
