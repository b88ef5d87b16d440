"""What `ports.Media` promises."""

from chalicelib.stories.ports import Media


def test_the_bytes_that_were_stored_last_come_back(media: Media) -> None:
    media.put("a", b"first", "text/plain")
    media.put("a", bytes(range(256)), "image/jpeg")
    media.put("empty", b"", "text/plain")

    assert media.get("a") == bytes(range(256))
    assert media.get("nothing") is None
    assert [media.exists(key) for key in ("a", "empty", "nothing")] == [True, True, False]


def test_objects_under_a_prefix_are_listed_and_removed(media: Media) -> None:
    inside = {f"private/x/1/{number}" for number in range(9)}
    for key in (*inside, "private/x/10/photo", "private/x/2/photo", "public/x/1/page.jpg"):
        media.put(key, b"...", "image/jpeg")

    removed: set[str] = set()
    while found := media.keys_under("private/x/1/"):
        media.delete([*found, "nothing"])
        removed |= set(found)

    assert removed == inside
    assert media.exists("private/x/10/photo")
    assert media.exists("public/x/1/page.jpg")


def test_a_list_goes_on_after_a_key(media: Media) -> None:
    inside = [f"public/x/{number}" for number in range(9)]
    for key in (*inside, "public/y/0"):
        media.put(key, b"...", "image/jpeg")

    listed: list[str] = []
    while found := media.keys_under("public/x/", listed[-1] if listed else ""):
        listed += found

    assert listed == inside
