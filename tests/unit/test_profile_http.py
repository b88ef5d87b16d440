"""What requests about profiles say, and what is not one."""

import pytest

from chalicelib.errors import InvalidRequestError, TooLargeError, UnsupportedTypeError
from chalicelib.http.profiles import email_of, photo_of, wanted_photo_of
from tests.fakes.builders import jpeg
from tests.unit.test_http import request


def test_a_photo_is_taken_as_it_was_sent() -> None:
    photo = jpeg()

    sent = photo_of(request(photo, content_type="image/jpeg", x_email="a@b.example"), "me")

    assert (sent.user_id, sent.content) == ("me", photo)
    assert sent.email == "a@b.example"


@pytest.mark.parametrize(
    "address",
    [
        "a@b.example",
        "first.last+tag@mail.example.com",
        "o'neil@example.ie",
        "x@" + "d" * 63 + ".example",
    ],
)
def test_an_address_is_accepted(address: str) -> None:
    assert email_of(request(x_email=f" {address} ")) == address


@pytest.mark.parametrize("address", ["", "  "])
def test_an_empty_address_is_none(address: str) -> None:
    assert email_of(request(x_email=address)) is None
    assert email_of(request()) is None


@pytest.mark.parametrize(
    "address",
    [
        "anna",
        "@example.com",
        "a@localhost",
        "a@example.com, b@example.com",
        "a@example.com\r\nBcc: b@example.com",
        "Anna <a@example.com>",
        "jörg@example.com",
        "a b@example.com",
        "x" * 65 + "@example.com",
        "a.@example.com",
        ".a@example.com",
        "a..b@example.com",
        "a@" + "d" * 64 + ".example",
        "a@" + "c." * 1500 + "example",  # S3 takes 2 KB of metadata, SES 320 letters
    ],
)
def test_a_malformed_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidRequestError, match="one e-mail address"):
        email_of(request(x_email=address))


def test_the_error_of_a_large_photo_names_the_direct_upload() -> None:
    with pytest.raises(TooLargeError, match="POST /profiles/me/uploads"):
        photo_of(request(bytes(4_400_001), content_type="image/jpeg"), "me")


def test_a_body_that_is_no_image_is_refused() -> None:
    with pytest.raises(UnsupportedTypeError):
        photo_of(request(b"%PDF-1.7", content_type="image/jpeg"), "me")
    with pytest.raises(UnsupportedTypeError):
        photo_of(request(jpeg(), content_type="application/pdf"), "me")


@pytest.mark.parametrize("user_id", ["a/b", "x" * 300, ""])
def test_an_invalid_user_id_is_refused(user_id: str) -> None:
    with pytest.raises(InvalidRequestError, match="cannot be a user's id"):
        photo_of(request(jpeg(), content_type="image/jpeg"), user_id)


def test_a_form_is_for_a_type_of_photo() -> None:
    asked = request(b'{"content_type": "image/jpg; charset=x"}', x_email="a@b.example")

    assert wanted_photo_of(asked, "me") == ("me", "image/jpeg", "a@b.example")
    in_body = request(b'{"content_type": "image/png", "email": "c@d.example"}')
    assert wanted_photo_of(in_body, "me") == ("me", "image/png", "c@d.example")
    with pytest.raises(InvalidRequestError, match=r"^email must be"):
        wanted_photo_of(request(b'{"content_type": "image/png", "email": "x"}'), "me")
    with pytest.raises(UnsupportedTypeError):
        wanted_photo_of(request(b'{"content_type": "text/plain"}'), "me")
    with pytest.raises(InvalidRequestError):
        wanted_photo_of(request(b"[]"), "me")
