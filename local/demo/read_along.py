"""What the demo says of a story's times: how many words have one, and which files hold them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

FILES: Final = {
    "read_along_url": Path("read-along.json"),
    "story_url": Path("story.json"),
    "captions_url": Path("story.vtt"),
}
"""What is written beside the MP3, by the story's field that links it."""

_NO_TIMES: Final = "No times: the sender wanted none, or the speech marks did not fit the text"


def told(files: Mapping[str, bytes]) -> str:
    """Say how many of the words that are spoken have a time, and how many of these a place.

    Args:
        files: Contents by the field that links them; a story without times has fewer.
    """
    beside = ", ".join(str(path) for link, path in FILES.items() if link in files)
    return f"{_count(files)}\nBeside the MP3: {beside}"


def _count(files: Mapping[str, bytes]) -> str:
    if "read_along_url" not in files:
        return _NO_TIMES
    story, times = (json.loads(files[link]) for link in ("story_url", "read_along_url"))
    spoken, timed, placed = counted(story, times)
    return f"{timed} of {spoken} words are timed, {placed} of them placed on the page"


def counted(story: Mapping[str, Any], times: Mapping[str, Any]) -> tuple[int, int, int]:
    """Count the words that are spoken, those of them that have a time, and a place, too.

    Args:
        story: What is in story.json.
        times: What is in read-along.json.
    """
    heard = {at for _, _, start, end, _ in times["words"] for at in range(start, end)}
    spoken = [
        (start in heard, bool(places))
        for start, end, places in story["words"]
        if start in heard or any(map(str.isalnum, story["text"][start:end]))
    ]
    timed = [is_placed for is_timed, is_placed in spoken if is_timed]
    return len(spoken), len(timed), sum(timed)
