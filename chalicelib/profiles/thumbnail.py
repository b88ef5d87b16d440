"""The workflow's task that makes the thumbnail: a small square with the face."""

import logging
from typing import Any, Final

import msgspec

from chalicelib.errors import SupersededError
from chalicelib.pages import photo
from chalicelib.pages.size import Size
from chalicelib.profiles import keys
from chalicelib.profiles.execution import Task
from chalicelib.profiles.faces import Box
from chalicelib.profiles.records import Records
from chalicelib.stories.ports import Media

SIDE: Final = 256
"""Pixels of each side, at most."""

_MARGIN: Final = 1.8
"""The side of the square, in sides of the face's box: hair and chin must be on it."""

log = logging.getLogger(__name__)


class Thumbnail(msgspec.Struct, frozen=True):
    records: Records
    media: Media

    def run(self, task: Task) -> dict[str, Any]:
        """Store the thumbnail; the same photo always gives the same bytes.

        Raises:
            SupersededError: A newer photo replaced this one.
        """
        current = self.records.current_attempt(task)
        portrait = self.media.get(keys.portrait(current.owner))
        if portrait is None or current.attempt.face is None:
            raise SupersededError("the photo is removed already")
        content = photo.cut_out(
            portrait, square_around(current.attempt.face.box, photo.size_of_jpeg(portrait)), SIDE
        )
        key = keys.thumbnail(current.owner)
        self.media.put(key, content, "image/jpeg")
        log.info("thumbnail made", extra={"bytes": len(content)})
        return {"thumbnailKey": key}


def square_around(box: Box, size: Size) -> tuple[int, int, int, int]:
    """The square of a picture that shows a face with a margin around it. Pure.

    Returns:
        Left, top, right, bottom in pixels. Near an edge the square is moved, not made smaller;
        it is smaller only in a picture that is smaller.
    """
    width, height = box.width * size.width, box.height * size.height
    side = min(round(max(width, height) * _MARGIN), size.width, size.height)
    middle_x = (box.left + box.width / 2) * size.width
    middle_y = (box.top + box.height / 2) * size.height
    left = min(max(round(middle_x - side / 2), 0), size.width - side)
    top = min(max(round(middle_y - side / 2), 0), size.height - side)
    return left, top, left + side, top + side
