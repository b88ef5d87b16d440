import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PIL import Image

from chalicelib.pages import coverage, photo, resizing
from chalicelib.speech import languages, mp3, ssml, timings

PURE = {
    photo: ("checked_content_type", "upright_page", "turned", "encoded", "size_of_jpeg", "cut_out"),
    coverage: ("has_uncovered_text",),
    resizing: ("renditions_of",),
    mp3: ("joined",),
    ssml: ("ssml_requests",),
    timings: ("MarkedText",),
    languages: ("detected",),
}
"""Functions of bytes and images alone. Schedules differ in requests, not in pictures."""


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """Thousands of injected failures need no log lines."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(autouse=True, scope="package")
def each_picture_is_worked_on_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module, names in PURE.items():
            for name in names:
                patch.setattr(module, name, _remembering(getattr(module, name)))
        yield


def _remembering(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that works on the same bytes, or on the very same image, only once."""
    results: dict[tuple[object, ...], tuple[Any, Any]] = {}

    def remembering(*args: Any) -> Any:
        key = tuple(_key_of(each) for each in args)
        if key not in results:
            results[key] = (args, function(*args))  # an image that is kept keeps its id
        return results[key][1]

    return remembering


def _key_of(argument: Any) -> object:
    match argument:
        case Image.Image():
            return id(argument)
        case list():
            return tuple(argument)
    return argument
