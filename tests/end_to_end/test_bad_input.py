"""No input gives a 5xx, and what is refused leaves nothing behind."""

import re
import struct
import zlib
from typing import Any

import pytest

from tests.end_to_end.client import TIMEOUT, Client
from tests.fakes.builders import jpeg

UNKNOWN_ID = "5a1f9f52-6b1c-5f0e-9d3c-0123456789ab"


def bomb() -> bytes:
    """A PNG of about 100 kB that unpacks to 400 megapixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = struct.pack(">IIBBBBB", 20_000, 20_000, 1, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(20_000 * 2_501), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


REFUSED: dict[str, tuple[bytes, str, int, str]] = {
    "an empty body": (b"", "image/jpeg", 400, "empty_body"),
    "text": (b"Once upon a time", "text/plain", 415, "unsupported_media_type"),
    "text that says it is a photo": (b"Once upon", "image/jpeg", 415, "unsupported_media_type"),
    "HTML": (b"<!doctype html>", "text/html", 415, "unsupported_media_type"),
    "a form": (b"a=b", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
    "JSON": (b"{}", "application/json", 415, "unsupported_media_type"),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3", "application/octet-stream", 415, "unsupported_media_type"),
    "a truncated JPEG": (jpeg()[:900], "image/jpeg", 400, "unreadable_image"),
    "a JPEG header with garbage": (
        jpeg()[:640] + b"\xa5" * 4000, "image/jpeg", 400, "unreadable_image",
    ),
    "a decompression bomb": (bomb(), "image/png", 413, "too_many_pixels"),
    "a small image": (jpeg(79, 79), "image/jpeg", 400, "image_too_small"),
    "a TIFF": (b"II*\x00" + bytes(99), "image/tiff", 415, "unsupported_media_type"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_an_unreadable_photo_is_refused(client: Client, what: str) -> None:
    body, content_type, status, code = REFUSED[what]

    answer = client.upload(body, content_type)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert re.fullmatch(r"[A-Z].+[.]", answer.json()["message"])
    assert client.requests_made() == {}


def test_the_error_of_a_large_photo_names_the_limit(client: Client) -> None:
    photo = jpeg()

    answer = client.upload(photo + bytes(4_400_001 - len(photo)))

    assert answer.status_code == 413
    assert "4,400,000" in answer.json()["message"]
    assert client.requests_made() == {}


def test_api_gateway_refuses_a_very_large_body(client: Client) -> None:
    answer = client.upload(b"\xff" * 10_500_000)

    assert answer.status_code == 413
    assert set(answer.json()) == {"code", "message"}


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        (f"/retrieve/{UNKNOWN_ID}", {}, 404, "not_found"),
        ("/retrieve", {"ETag": UNKNOWN_ID}, 404, "not_found"),
        ("/retrieve/seven", {}, 400, "malformed_id"),
        ("/retrieve/%00%ff", {}, 400, "malformed_id"),
        ("/retrieve", {"ETag": '"seven"'}, 400, "malformed_id"),
        ("/retrieve", {}, 400, "missing_id"),
        ("/getResult", {}, 400, "missing_id"),
        ("/upload", {}, 404, "not_found"),
        ("/nothing/here", {}, 404, "not_found"),
    ],
)
def test_the_error_of_a_wrong_id_says_why(
    client: Client, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    answer = client.get(path, **headers)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("headers", "mentions"),
    [
        ({"X_Language": "tlh"}, "en-US"),
        ({"X_Voice": "Zaphod"}, "Joanna"),
        ({"X_Language": "de-DE", "X_Voice": "Joanna"}, "Vicki"),
        ({"X_Notification_Required": "maybe"}, "true or false"),
        ({"X_Duplication_Check_Required": "2"}, "true or false"),
    ],
)
def test_the_error_of_a_wrong_header_lists_right_values(
    client: Client, headers: dict[str, str], mentions: str
) -> None:
    answer = client.upload(jpeg(), **headers)

    assert answer.status_code == 400
    assert mentions in answer.json()["message"]
    assert client.requests_made() == {}


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="../../../etc/passwd"', "passwd"),
        ("attachment; filename*=UTF-8''a%0D%0ASubject:%20b.jpg", "a Subject: b.jpg"),
        ("attachment; filename*=UTF-8''%F0%9F%A6%8A.jpg", "\N{FOX FACE}.jpg"),
        ('attachment; filename="' + "x" * 300 + '.jpg"', "x" * 300 + ".jpg"),
        ("attachment; filename*=UTF-8''p%C3%A4ge.jpg", "päge.jpg"),
    ],
)
def test_a_file_may_have_any_name(client: Client, header: str, name: str) -> None:
    photo = jpeg(shade=100 + len(name) % 100)

    answer = client.upload(photo, Content_Disposition=header, X_Duplication_Check_Required="false")

    assert (answer.status_code, answer.json()["name"]) == (200, name)
    assert client.ended(answer.json()["id"]).status_code == 422  # no text on a grey square
    (mail,) = client.mail()
    assert 0 < len(mail["subject"]) < 100
    assert mail["subject"].isprintable()


def test_a_request_of_any_kind_never_breaks_the_server(client: Client) -> None:
    import requests  # noqa: PLC0415

    answers: list[Any] = [
        requests.request(method, f"{client.api}{path}", timeout=TIMEOUT)
        for method in ("PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
        for path in (
            "/",
            "/upload",
            "/retrieve/x",
            "/retrieve//",
            "/%2e%2e/%2e%2e",
            "/health?x=%ff",
        )
    ]

    assert [answer.status_code for answer in answers if answer.status_code >= 500] == []
