"""What hinders a newcomer who follows the lines that a command prints."""

import os
import re
import shlex
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

_MAKEFILE: Final = (Path(__file__).parents[2] / "Makefile").read_text()
_RECIPES: Final = dict(re.findall(r"^([a-z-]+):[^\n]*\n((?:\t[^\n]*\n)*)", _MAKEFILE, re.MULTILINE))
"""The recipe of each target of the Makefile."""
_STARTS: Final = ("cd ", "curl ", "make ", "kill ", "rm ", "terraform ", ". ")
"""How a line begins that is a command as a whole."""


def hurdles(said: str, folder: Path, authority: Path | None = None) -> list[str]:
    """Return what is wrong with the commands in a text, for a person in a folder.

    Args:
        said: What was printed.
        folder: The folder of the project.
        authority: The certificates that HTTPS needs, if they are not the system's.
    """
    lines = re.sub(r"\\\n\s*", "", said).splitlines()
    wrong = [*wrong_targets(said)]
    for command in (line.strip() for line in lines):
        if command.startswith(_STARTS):
            try:
                words = shlex.split(command, comments=True)
            except ValueError as error:
                wrong.append(f"{command}: {error}")
                continue
            wrong += _missing_files(words, folder)
            if authority and _is_distrustful(words, authority):
                wrong.append(f"{command}: it does not trust {authority}")
    return wrong


def wrong_targets(said: str) -> Iterator[str]:
    """Yield what is wrong with the commands in a text that `make` should run."""
    for module in re.findall(r"python -m [\w.]+", said):
        yield f"{module}: make has no such command"
    for target, settings in re.findall(r"\bmake ([a-z-]+)((?: +[A-Z_]+=\S+)*)", said):
        if target not in _RECIPES:
            yield f"make {target}: no such target"
        if "$(STAGE)" in _RECIPES.get(target, "") and "STAGE=" not in settings:
            yield f"make {target}: it needs STAGE="
        for name in re.findall(r"([A-Z_]+)=", settings):
            if f"$({name}" not in _MAKEFILE:
                yield f"make {target}: it does not know {name}="


def _missing_files(words: Sequence[str], folder: Path) -> Iterator[str]:
    here = folder
    for before, word in pairwise(["", *words]):
        there = Path(os.path.normpath(here / re.sub("^(@|[A-Z_]+=)", "", word)))
        if "/" in word and not re.search("://|[<> ]", word) and not there.exists():
            yield f"{word}: not in {here}"
        if before == "cd":
            here = there


def _is_distrustful(words: Sequence[str], authority: Path) -> bool:
    is_given = ("--cacert", str(authority)) in pairwise(words)
    return not is_given and any(word.startswith("https:") for word in words)
