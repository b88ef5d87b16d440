"""What `ports.Media` promises."""

from chalicelib.ports import Media


def test_bytes_come_back_as_they_went(media: Media) -> None:
    media.put("private/x/1/photo", bytes(range(256)), "image/jpeg")

    assert media.get("private/x/1/photo") == bytes(range(256))


def test_a_key_has_one_object(media: Media) -> None:
    media.put("a", b"first", "text/plain")
    media.put("a", b"second", "text/plain")

    assert media.get("a") == b"second"


def test_what_is_not_there_is_none(media: Media) -> None:
    assert media.get("nothing") is None


def test_what_is_there_exists(media: Media) -> None:
    media.put("a", b"", "text/plain")

    assert media.exists("a")
    assert not media.exists("b")
