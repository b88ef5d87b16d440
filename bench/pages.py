"""Page photos, each with another story on it, so that no work is shared between them."""

import numpy as np

from samples.draw_page import draw_page, photo

WHO = ("snail", "heron", "baker", "fox", "postman", "otter", "gardener", "owl", "sailor", "mole")
NAMES = ("Pepper", "Willow", "Barnaby", "Clementine", "Fergus", "Juniper", "Mabel", "Otis")
FINDS = (
    "a silver key",
    "an old map",
    "a warm stone",
    "a tiny door",
    "a paper boat",
    "one red boot",
)
PLACES = ("under the bridge", "behind the mill", "in the tall grass", "beside the well")
WEATHERS = ("The wind was asleep", "It had rained all night", "Snow lay on every roof")
ANSWERS = ("Let us ask the moon", "Somebody must be missing it", "We shall keep it safe")

COMMENT_MARKER = b"\xff\xfe"
LONGEST_COMMENT = 0xFFFF - 2  # bytes; a JPEG segment's length counts its own two bytes


def page_text(number: int) -> str:
    """About 60 words; another story for each of a few thousand numbers."""
    rng = np.random.default_rng([number, 3])

    def one_of(choices: tuple[str, ...]) -> str:
        return choices[rng.integers(len(choices))]

    who, name, friend = one_of(WHO), one_of(NAMES), one_of(WHO)
    return (
        f"{one_of(WEATHERS)} when {name} the {who} found {one_of(FINDS)} {one_of(PLACES)}.\n"
        f"“{one_of(ANSWERS)},” whispered the {friend}, who had never seen anything like it.\n"
        f"So they walked {one_of(PLACES)}, slowly at first and then faster, until they found "
        f"{one_of(FINDS)} as well. Nobody at home believed a word of it, but {name} smiled all "
        "the way through supper."
    )


def page_photo(number: int) -> bytes:
    """A JPEG of about 370 kB, 2,400 pixels wide, lying up to four degrees askew."""
    angle = float(np.random.default_rng([number, 4]).uniform(-4, 4))
    return photo(draw_page(page_text(number), seed=number, angle=angle))


def large_photo(size: int) -> bytes:
    """A JPEG of about so many bytes, 3,000 pixels wide: with the best quality of that size.

    Raises:
        ValueError: Even a poor JPEG of the page is larger.
    """
    page = draw_page(page_text(0), width=3000)
    for quality in range(95, 60, -1):
        jpeg = photo(page, quality=quality)
        if len(jpeg) < size:
            return with_comment(jpeg, bytes(size - len(jpeg)))
    raise ValueError(f"a page of 3000 pixels does not fit {size} bytes")


def with_comment(jpeg: bytes, comment: bytes) -> bytes:
    """Another file of the same picture, with an invisible comment."""
    segments = [
        COMMENT_MARKER + (len(part) + 2).to_bytes(2, "big") + part
        for start in range(0, len(comment), LONGEST_COMMENT)
        for part in [comment[start : start + LONGEST_COMMENT]]
    ]
    return jpeg[:2] + b"".join(segments) + jpeg[2:]
