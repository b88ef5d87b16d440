"""What `ports.Media` promises."""

from chalicelib.stories.ports import Media


def test_bytes_come_back_as_they_went(media: Media) -> None:
    media.put("private/x/1/photo", bytes(range(256)), "image/jpeg")

    assert media.get("private/x/1/photo") == bytes(range(256))


def test_a_key_has_one_object(media: Media) -> None:
    media.put("a", b"first", "text/plain")
    media.put("a", b"second", "text/plain")

    assert media.get("a") == b"second"


def test_a_missing_object_is_none(media: Media) -> None:
    assert media.get("nothing") is None


def test_a_stored_object_exists(media: Media) -> None:
    media.put("a", b"", "text/plain")

    assert media.exists("a")
    assert not media.exists("b")


def test_objects_under_a_prefix_are_listed_and_removed(media: Media) -> None:
    inside = {f"private/x/1/{number}" for number in range(5)}
    for key in (*inside, "private/x/10/photo", "private/x/2/photo", "public/x/1/page.jpg"):
        media.put(key, b"...", "image/jpeg")

    removed: set[str] = set()
    while found := media.keys_under("private/x/1/"):
        media.delete(found)
        removed |= set(found)

    assert removed == inside
    assert media.exists("private/x/10/photo")
    assert media.exists("public/x/1/page.jpg")


def test_a_missing_object_can_be_removed(media: Media) -> None:
    media.delete(["nothing"])

    assert media.keys_under("") == []
