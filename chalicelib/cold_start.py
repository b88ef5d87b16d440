"""How Lambda loads the app: from bytecode, and without what a function does not need at once.

Both matter at a cold start only. Wherever else the app runs, Python loads it as usual.
"""

import os
import sys
from importlib.abc import Loader
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader
from importlib.util import LazyLoader
from pathlib import Path
from typing import Final

SEE_PHOTOS: Final = (
    "api_handler",
    "detect_face",
    "make_renditions",
    "make_thumbnail",
    "read_page",
    "take_in_staged",
)
"""The functions that decode photos."""
NEEDED_BY: Final = {
    f"chalicelib.pages.{name}": SEE_PHOTOS  # they load Pillow
    for name in ("coverage", "legibility", "page_image", "photo", "resizing")
} | {
    f"chalicelib.{name}": ("narrate",)  # they compile many patterns, or load what does
    for name in (
        "pages.corrections",
        "pages.read_along",
        "speech.mp3",
        "speech.ssml",
        "speech.speech_marks",
        "speech.timings",
    )
}
"""Modules that load slowly, and the functions that need them at once."""
_APP: Final = str(Path(__file__).parent)


class _Loader(SourceFileLoader):
    """Reads bytecode in the layer. Python compares it with the source, and compiles the rest."""

    bytecode = _APP

    def get_data(self, path: str) -> bytes:
        if path.endswith(".pyc"):
            path = path.replace(_APP, self.bytecode, 1)
        return super().get_data(path)


def running_function() -> str:
    """Return the function that Lambda runs, by its name in the app; empty outside of Lambda."""
    name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
    # Chalice's names: storytime-<stage> of the API, storytime-<stage>-<function> of the others.
    return name and (name.split("-")[2:] or ["api_handler"])[0]


def prepare() -> None:
    """Have Python load the app's modules as this function of Lambda needs them."""
    function = running_function()
    if not function:
        return
    folders = (str(Path(folder, "chalicelib")) for folder in sys.path)
    layer = next((each for each in folders if each != _APP and Path(each).is_dir()), _APP)

    def loader_of(name: str, path: str) -> Loader:
        loader = _Loader(name, path)
        loader.bytecode = layer
        is_needed = function in NEEDED_BY.get(name, (function,))
        return loader if is_needed else LazyLoader(loader)  # loads the module at its first use

    def finder_of(folder: str) -> FileFinder:
        if not folder.startswith(_APP):
            raise ImportError(folder)  # not ours: Python asks its next hook
        loaders = (loader_of, SOURCE_SUFFIXES)
        return FileFinder(folder, loaders)  # type: ignore[arg-type]  # it calls the first of them

    sys.path_hooks.insert(0, finder_of)
    sys.path_importer_cache.pop(_APP, None)  # this module was found without the hook
