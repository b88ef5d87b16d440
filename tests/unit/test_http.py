import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from chalice.app import MultiDict, Request
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.errors import EditConditionError, InvalidRequestError, UnsupportedTypeError
from chalicelib.http.requests import (
    bulk_of,
    correction_of,
    file_name,
    place_in_list_of,
    upload_of,
    wanted_upload_of,
)
from chalicelib.steps.correction import MAX_TEXT, Correction
from chalicelib.stories import keys


def request(body: bytes | str = b"bytes", **headers: str) -> Request:
    event = {
        "headers": {name.replace("_", "-"): value for name, value in headers.items()},
        "body": body,
        "isBase64Encoded": False,
        "multiValueQueryStringParameters": None,
        "pathParameters": {},
        "stageVariables": {},
        "requestContext": {"httpMethod": "POST", "resourcePath": "/upload"},
    }
    return Request(event, None)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="page one.jpg"', "page one.jpg"),
        ("attachment; filename=page.jpg", "page.jpg"),
        ("attachment; filename*=UTF-8''p%C3%A4ge%20%F0%9F%A6%8A.jpg", "päge \N{FOX FACE}.jpg"),
        ("attachment; filename*=ISO-8859-1''%E9t%E9.jpg", "été.jpg"),
        ("attachment; filename=\"plain.jpg\"; filename*=UTF-8''r%C3%AAve.jpg", "rêve.jpg"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="C:\\\\photos\\\\page.jpg"', "page.jpg"),
        ("attachment; filename*=UTF-8''one%0D%0ABcc:%20you.jpg", "one Bcc: you.jpg"),
        ('attachment; filename="a\x00b.jpg"', "a b.jpg"),
        ('attachment; filename="\N{FOX FACE}.jpg"', "\N{FOX FACE}.jpg"),
        ('attachment; filename="' + "rêve.jpg".encode().decode("latin-1") + '"', "rêve.jpg"),
        ('attachment; filename="' + "x" * 300 + '"', "x" * 300),
        ("attachment; filename*=no-such-charset''%FF.jpg", "ÿ.jpg"),
        ("attachment; filename*=UTF-8''%FF%FE.jpg", "\ufffd\ufffd.jpg"),
        ('attachment; filename=""', "page"),
        ("attachment", "page"),
        ("", "page"),
        (";;;=\"", "page"),
    ],
)  # fmt: skip
def test_a_file_name_is_read_from_its_header(header: str, name: str) -> None:
    assert file_name(header) == name


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="=?UTF-8?B?Y2Fmw6kuanBn?="', "café.jpg"),
        ('attachment; filename="=?utf-8?q?caf=C3=A9=2Ejpg?="', "café.jpg"),
        ("attachment; filename*=UTF-8''%22a.jpg%22", "a.jpg"),
        ('attachment; filename="a.jpg', "a.jpg"),
        ("attachment; filename*=UTF-8''%E2%80%AEgpj.exe%E2%81%A6", "gpj.exe"),
        ("attachment; filename*=UTF-8''%F0%9F%91%A8%E2%80%8D%F0%9F%91%A7", "👨‍👧"),
        ("attachment; filename*=utf-8''a; filename*0=b", "page"),
        ("attachment; filename*=undefined''a", "page"),
        ("attachment; filename*=idna''%ff", "page"),
        (f"attachment; filename*{'9' * 4400}=a", "page"),
        ("attachment; filename*=utf-8\0''a", "a"),
        ('attachment; filename="=?nonsense?B?Y2Fm?="', "page"),
    ],
)
def test_a_name_is_decoded_or_there_is_none(header: str, name: str) -> None:
    assert file_name(header) == name


_PARTS = [
    *(
        "attachment",
        ";",
        " ",
        "=",
        "*",
        "'",
        '"',
        "\\",
        "%",
        "%ff",
        "?",
        "=?",
        "?=",
        "\0",
        "0",
        "9",
    ),
    *("filename", "filename*", "utf-8''", "idna''", "punycode''", "undefined''", "B?", "q?", "é"),
    *("filename*0*", "filename*1", "9" * 4400, "\ud800", "\u202e", "🦊", "a.jpg", "latin-1'en'"),
]


@given(st.lists(st.one_of(st.sampled_from(_PARTS), st.text(max_size=4)), max_size=12))
@settings(deadline=None, max_examples=300, derandomize=True)
def test_no_header_breaks_the_parser(parts: list[str]) -> None:
    name = file_name("".join(parts))

    assert 0 < len(name) <= 1000
    assert name == keys.legible(name)


def test_an_upload_is_notified_and_deduplicated_by_default() -> None:
    upload = upload_of(request(content_type="image/png"))

    assert (upload.notify, upload.deduplicate) == (True, True)
    assert (upload.language, upload.voice) == ("auto", "Joanna")
    assert upload.photo == b"bytes"
    assert upload.content_type == "image/png"


def test_notice_and_deduplication_can_be_declined() -> None:
    upload = upload_of(
        request(x_notification_required="False", x_duplication_check_required=" false ")
    )

    assert (upload.notify, upload.deduplicate) == (False, False)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [({}, None), ({"x_read_along": " True "}, True), ({"x_read_along": "false"}, False)],
)
def test_times_are_wanted_or_not_or_left_to_the_stage(
    given: dict[str, str], wanted: bool | None
) -> None:
    assert upload_of(request(**given)).read_along is wanted


@pytest.mark.parametrize("wanted_times", [None, True, False])
def test_a_form_may_want_times(wanted_times: bool | None) -> None:
    given = {} if wanted_times is None else {"read_along": wanted_times}

    assert wanted_upload_of(request(wanted(**given))).read_along is wanted_times


@pytest.mark.parametrize(
    "name", ["X-Notification-Required", "X-Duplication-Check-Required", "X-Read-Along"]
)
def test_a_flag_that_is_neither_true_nor_false_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequestError, match=f"{name} is 'maybe'; it must be true or false"):
        upload_of(request(**{name.lower().replace("-", "_"): "maybe"}))


def test_a_text_body_is_taken_as_its_bytes() -> None:
    assert upload_of(request(body="héllo")).photo == "héllo".encode()


def wanted(**fields: Any) -> bytes:
    """The body of a request of a form."""
    return msgspec.json.encode({"name": "x.jpg", "content_type": "image/jpeg", **fields})


@pytest.mark.parametrize(
    ("read", "body", "code"),
    [
        *((wanted_upload_of, each, "invalid_body") for each in (
            b"", b"hello", b"[]", b"{}", b'{"a":' * 5000, b"\xed\xa0\x80",
            wanted(name=7), wanted(name=""), wanted(notify="yes"), wanted(read_along="true"),
        )),
        (wanted_upload_of, wanted(language="xx"), "unknown_language"),
        (wanted_upload_of, wanted(voice="Nobody"), "unknown_voice"),
        *((bulk_of, each, "invalid_body") for each in (
            b"", b"{}", b'[{"id": 7}]', b'["x"]', b"[" * 5000, b"\xff\xfe",
        )),
    ],
)  # fmt: skip
def test_a_malformed_body_is_refused(
    read: Callable[[Request], object], body: bytes, code: str
) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        read(request(body))
    assert refused.value.code == code


def test_a_form_is_for_photos_only() -> None:
    with pytest.raises(UnsupportedTypeError, match="image/heic"):
        wanted_upload_of(request(wanted(content_type="application/pdf")))


@pytest.mark.parametrize("name", ["a\r\nSet-Cookie: b", "a\u2028b", "a\x00b", "a\x85b"])
def test_a_name_in_a_body_breaks_no_line(name: str) -> None:
    assert wanted_upload_of(request(wanted(name=name))).name.isprintable()


def test_a_bulk_request_has_ids_and_may_decline_the_notice() -> None:
    declined = request(b'[{"id": "x"}, {"id": "y"}]', x_notification_required="false")

    assert bulk_of(declined) == (["x", "y"], False)
    assert bulk_of(request(b"[]")) == ([], True)


@pytest.mark.parametrize("limit", ["ten", "", "9999999999999"])
def test_a_limit_that_is_no_number_is_refused(limit: str) -> None:
    asked = request()
    asked.query_params = MultiDict({"limit": [limit]})

    with pytest.raises(InvalidRequestError) as refused:
        place_in_list_of(asked)
    assert refused.value.code == "invalid_limit"


def form(*parts: tuple[str, bytes], boundary: str = "XX") -> bytes:
    """A form's body: the headers and the content of each part."""
    return (
        b"".join(
            b"--%b\r\n%b\r\n\r\n%b\r\n" % (boundary.encode(), headers.encode(), content)
            for headers, content in parts
        )
        + b"--%b--\r\n" % boundary.encode()
    )


PHOTO = b"\xff\xd8\r\n--X\r\n\xff\xd9"


@pytest.mark.parametrize(
    ("headers", "boundary", "name"),
    [
        (  # curl -F photo=@"päge.jpg"
            (
                'Content-Disposition: form-data; name="photo"; filename="päge.jpg"\r\n'
                "Content-Type: image/jpeg"
            ),
            "------------------------d74496d66958873e",
            "päge.jpg",
        ),
        (  # Chrome
            (
                'Content-Disposition: form-data; name="file"; filename="a %22b%22.heic"\r\n'
                "Content-Type: application/octet-stream"
            ),
            "----WebKitFormBoundary7MA4YWxkTrZu0gW",
            "a %22b%22.heic",
        ),
        (  # Flutter
            (
                "content-type: application/octet-stream\r\n"
                'content-disposition: form-data; name="photo"; filename="image_picker_1.jpg"'
            ),
            "dart-http-boundary-4Mt_Wb",
            "image_picker_1.jpg",
        ),
        (  # React Native
            (
                'content-disposition: form-data; name="photo"; filename="IMG_1.HEIC"; '
                "filename*=utf-8''IMG_1.HEIC\r\ncontent-type: image/heic"
            ),
            "b1Qp8",
            "IMG_1.HEIC",
        ),
    ],
    ids=["curl", "chrome", "flutter", "react-native"],
)
def test_a_photo_is_taken_out_of_a_form(headers: str, boundary: str, name: str) -> None:
    language = ('Content-Disposition: form-data; name="language"', b"de")
    body = form(language, (headers, PHOTO), boundary=boundary)

    for quoted in (boundary, f'"{boundary}"'):
        upload = upload_of(request(body, content_type=f"multipart/form-data; boundary={quoted}"))

        assert (upload.photo, upload.name) == (PHOTO, name)
        assert upload.content_type == "application/octet-stream"


A_FILE = ('Content-Disposition: form-data; name="photo"; filename="a.jpg"', PHOTO)


@pytest.mark.parametrize(
    ("body", "content_type", "complaint"),
    [
        (form(A_FILE, A_FILE), "multipart/form-data; boundary=XX", "has 2 files"),
        (form(), "multipart/form-data; boundary=XX", "has 0 files"),
        (form(A_FILE), "multipart/form-data", "cannot be read"),
        (form(A_FILE), "multipart/form-data; boundary=YY", "cannot be read"),
        (b"", "multipart/form-data; boundary=XX", "has 0 files"),
        (b"--XX\r\nno header", "multipart/form-data; boundary=XX", "cannot be read"),
    ],
)
def test_a_form_without_one_photo_is_refused(
    body: bytes, content_type: str, complaint: str
) -> None:
    with pytest.raises(InvalidRequestError, match=complaint):
        upload_of(request(body, content_type=content_type))


@pytest.mark.parametrize(
    ("announced", "taken"),
    [
        ("", "application/octet-stream"),
        ("application/octet-stream", "application/octet-stream"),
        ("image/pjpeg", "image/jpeg"),
        ("image/x-png", "image/png"),
        ("image/heic-sequence", "image/heic"),
        ("Image/HEIF-sequence; x=1", "image/heif"),
    ],
)
def test_an_announced_photo_may_have_any_name_of_its_type(announced: str, taken: str) -> None:
    body = json.dumps({"name": "IMG_1.HEIC", "content_type": announced}).encode()

    assert wanted_upload_of(request(body)).content_type == taken


# Corrections.


def correction(body: bytes | str, revision: str = "1") -> Correction:
    return correction_of(request(body, if_match=revision))


def test_a_correction_says_what_changes() -> None:
    body = '{"text": "Once\\r\\nupon\\ra time\\t🐻", "name": "../a\\u0000b.jpg"}'

    assert correction(body) == Correction(1, "Once\nupon\na time\t🐻", "a b.jpg")
    voice = b'{"language": "de", "voice": "x"}'
    assert correction(voice) == Correction(1, language="de", voice="x")
    assert correction("{}") == Correction(1)
    assert correction('{"text": null}') == Correction(1)
    with pytest.raises(InvalidRequestError, match="txet"):
        correction('{"txet": "Once"}')


@pytest.mark.parametrize(
    ("header", "revision"),
    [
        *((each, 1) for each in ("1", "01", '"1"', 'W/"1"', "W/1", " 1 ")),
        ("*", None),
        (" * ", None),
        ("0", 0),
        ("999999999", 999_999_999),
    ],
)
def test_a_correction_says_which_revision_it_changes(header: str, revision: int | None) -> None:
    assert correction("{}", header).revision == revision


@pytest.mark.parametrize(
    "header",
    [
        "1.0",
        "-1",
        "one",
        "1, 2",
        '"*"',
        "1000000000",
        "\u0661",
        "5a1f9f52-6b1c-5f0e-9d3c",
        '""',
        "W/",
    ],
)
def test_a_revision_that_is_no_number_is_refused(header: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"If-Match is .*revision, such as 1") as refused:
        correction("{}", header)
    assert refused.value.code == "invalid_header"


@pytest.mark.parametrize("headers", [{}, {"if_match": ""}, {"if_match": "  "}])
def test_a_correction_that_does_not_say_what_it_changes_is_refused(
    headers: dict[str, str],
) -> None:
    with pytest.raises(EditConditionError, match=r"Send If-Match .* or with \*"):
        correction_of(request("not even JSON", **headers))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"text": ""}',
        b'{"text": 7}',
        b'{"name": ""}',
        b'{"text": "\\ud800"}',
        b'{"text": "\\udc00\\ud800"}',
        b'{"text": "\xff"}',
        msgspec.json.encode({"text": "a" * (MAX_TEXT + 1)}),
        msgspec.json.encode({"text": "🐻" * 50_000}),
        msgspec.json.encode({"name": "a" * 1001}),
    ],
)
def test_a_correction_that_is_malformed_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        correction(body)
    assert refused.value.code == "invalid_body"


def test_the_longest_text_is_taken() -> None:
    longest = "🐻" * MAX_TEXT

    assert correction(msgspec.json.encode({"text": longest})).text == longest


@pytest.mark.parametrize(
    "character", ["\0", "\b", "\x0b", "\x0c", "\x1c", "\x1f", "\x7f", "\x85", "\x9f", "\ufffe"]
)
def test_a_text_with_control_characters_is_refused(character: str) -> None:
    with pytest.raises(
        InvalidRequestError, match=rf"U\+{ord(character):04X} at 3, which is no text"
    ) as refused:
        correction(msgspec.json.encode({"text": f"One{character}two"}))
    assert refused.value.code == "invalid_text"
