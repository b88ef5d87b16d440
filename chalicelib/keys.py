"""Where a story's files lie in the media bucket.

Two prefixes a generation: deletion empties both, and the CDN serves only ``public/``.
Photos and readings stay private: a photo's EXIF may hold the place where it was taken.
"""

from chalicelib.story import Story


def photo(story: Story) -> str:
    """The uploaded bytes as they came."""
    return _private(story, "photo")


def detection(story: Story, turn: int) -> str:
    """What DetectText saw on the page turned by `turn` degrees, as JSON."""
    return _private(story, f"detection-{turn}.json")


def speech_part(story: Story, index: int) -> str:
    """One request's worth of a long narration, kept until all parts are there."""
    return _private(story, f"speech-{index}.mp3")


def page(story: Story) -> str:
    """The upright, EXIF-free page image."""
    return _public(story, "page.jpg")


def audio(story: Story) -> str:
    """The whole narration."""
    return _public(story, "story.mp3")


def _private(story: Story, name: str) -> str:
    return f"private/{story.id}/{story.generation}/{name}"


def _public(story: Story, name: str) -> str:
    return f"public/{story.id}/{story.generation}/{name}"
