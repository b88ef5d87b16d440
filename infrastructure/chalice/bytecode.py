"""Put bytecode into the layer, because Lambda compiles every module at every cold start.

Wheels have none, and Lambda cannot keep what it compiles. Chalice adds the project's folder
``vendor`` to the layer. The app's own bytecode goes there too: in the app's package it would be
sent again for each function (`chalicelib/cold_start.py` finds it).
"""

import importlib.metadata
import pkgutil
import py_compile
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from PIL import Image

import chalicelib

VENDOR: Final = "vendor"
"""Chalice's name for a folder whose content it adds to the packages."""


def put_bytecode(project: Path) -> None:
    """Compile the app and its packages into the project's ``vendor``; other files stay there.

    Each file has the hash of its source, which Python compares: whatever is edited afterwards is
    compiled by Lambda, as without this.
    """
    vendor = project / VENDOR
    for old in vendor.rglob("*.pyc"):
        old.unlink()
    for source, name in _sources(project):
        compiled = f"{name.stem}.{sys.implementation.cache_tag}.pyc"
        py_compile.compile(
            str(source),
            cfile=str(vendor / name.parent / "__pycache__" / compiled),
            dfile=str(name),
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH,
        )


def _sources(project: Path) -> Iterator[tuple[Path, Path]]:
    """Yield each module's file, and its place below the folder of packages."""
    for source in sorted((project / "chalicelib").rglob("*.py")):
        yield source, source.relative_to(project)
    locked = re.findall(r"^([\w.-]+)==", (project / "requirements.txt").read_text(), re.MULTILINE)
    used = _used_files()
    for package in locked:
        for file in importlib.metadata.files(package) or []:
            source = Path(str(file.locate()))
            if source in used:
                yield source, Path(file)


def _used_files() -> set[Path]:
    """Import the whole app; return the sources of all modules that are loaded then.

    Most of Powertools, for example, is never loaded, and would be a megabyte of each deployment.
    """
    for module in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
        importlib.import_module(module.name)
    # The formats of photos are loaded when a photo comes.
    importlib.import_module("pi_heif")
    Image.init()
    loaded = (getattr(module, "__file__", None) or "" for module in list(sys.modules.values()))
    return {Path(file) for file in loaded if file.endswith(".py")}
