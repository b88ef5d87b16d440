"""``python -m local.demo.story_for_web``: make the story that the web page shows without a token.

The real engines read and speak ``samples/page.jpg``. Its files go to ``web/demo``.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from PIL import Image

from local.demo.page import SAMPLE, finished_story, upload
from local.demo.terminal import DemoError
from local.runner.launcher import launched
from local.runner.process import interrupt_when_told_to_end

_FOLDER: Final = Path(__file__).resolve().parents[2] / "web" / "demo"
_WIDTH: Final = 1600
_QUALITY: Final = 72
_MAX_IMAGE_BYTES: Final = 150_000
_MAX_AUDIO_BYTES: Final = 200_000
"""Somebody looks at the demo before anything of it is kept, perhaps over a slow network."""
_FILES: Final = {"story_url": "story.json", "read_along_url": "read-along.json"}
"""What the page needs beside image and sound, by the story's field that links it."""


def main() -> int:
    try:
        story = finished_story(SAMPLE, SAMPLE.read_bytes(), upload, launched)
        _write({name: story.files[link] for link, name in _FILES.items()}, story.audio)
    except DemoError as failure:
        print(f"demo: {failure}", file=sys.stderr)
        return 1
    return 0


def _write(files: Mapping[str, bytes], audio: bytes) -> None:
    if len(audio) > _MAX_AUDIO_BYTES:
        raise DemoError(f"the MP3 has {len(audio):,} bytes")
    size = json.loads(files["story.json"])["image"]
    _FOLDER.mkdir(exist_ok=True)
    _write_image(_FOLDER / "page.jpg", (size["width"], size["height"]))
    for name, content in {**files, "story.mp3": audio}.items():
        (_FOLDER / name).write_bytes(content)


def _write_image(path: Path, size: tuple[int, int]) -> None:
    """Write the sample in a smaller size; its words are then at the same fractions of it."""
    with Image.open(SAMPLE) as photo:
        if photo.size != size:
            raise DemoError(f"the sample has {photo.size} pixels, and its story {size}")
        photo.thumbnail((_WIDTH, _WIDTH), Image.Resampling.LANCZOS)
        photo.save(path, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    if path.stat().st_size > _MAX_IMAGE_BYTES:
        raise DemoError(f"the image has {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    interrupt_when_told_to_end()
    sys.exit(main())
