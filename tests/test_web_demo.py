"""The story that the page shows without a token: small, and as the API describes its files."""

import io
import json
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
from PIL import Image

ROOT: Final = Path(__file__).parents[1]
DEMO: Final = ROOT / "web" / "demo"
SCHEMA: Final = json.loads((ROOT / "docs" / "read-along.schema.json").read_text())


@pytest.mark.parametrize(("name", "most"), [("page.jpg", 150_000), ("story.mp3", 200_000)])
def test_it_is_small(name: str, most: int) -> None:
    assert (DEMO / name).stat().st_size <= most


def test_its_files_are_as_the_schema_says() -> None:
    jsonschema.validate(_file("read-along.json"), SCHEMA)
    jsonschema.validate(_file("story.json"), {"$ref": "#/$defs/story", "$defs": SCHEMA["$defs"]})


def test_each_of_its_words_is_heard_and_is_on_the_photo() -> None:
    story, times = _file("story.json"), _file("read-along.json")

    assert len(times["words"]) == len(story["words"])
    assert all(polygons for *_, polygons in times["words"])
    with Image.open(io.BytesIO((DEMO / "page.jpg").read_bytes())) as photo:
        width, height = photo.size
    assert width / height == pytest.approx(story["image"]["width"] / story["image"]["height"], 0.01)


def _file(name: str) -> Any:
    return json.loads((DEMO / name).read_text())
