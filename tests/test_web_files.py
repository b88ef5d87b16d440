"""The files of web/, without a browser: their size, and what they may refer to.

Each check is a function that yields what is wrong in a set of files, so that one test plants a
fault for each of them.
"""

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import Any, Final

import pytest

from infrastructure.website import as_loaded, files_of

WEB: Final = Path(__file__).parent.parent / "web"
LOCALES: Final = ("en", "ko", "ar")
MAX_BYTES: Final = {".js": 60_000, ".css": 12_000}
"""Gzipped, of all files with this suffix together, as a browser loads them: of the languages, it
loads English and perhaps another one."""

PLURAL: Final = re.compile(r"\.(zero|one|two|few|many|other)$")
ENTRY: Final = re.compile(r'^    "([\w.-]+)":\s*"((?:[^"\\]|\\.)*)",$', re.MULTILINE)
KEY: Final = re.compile(r"[a-z]+(\.[a-zA-Z0-9_-]+)+")
QUOTED: Final = re.compile(r"""(?=["'`]([\w./${}()?: -]+?)["'`])""")
"""Also what lies between two texts: nobody knows which is which in a template within another."""
COMMENT: Final = re.compile(r"(?<!\w)/\*.*?\*/|^\s*//[^\n]*$", re.DOTALL | re.MULTILINE)
ELSEWHERE: Final = re.compile(r"""(?:["'`(=]\s*//|\b(?:https?|wss?):)/*[\w.[-]+""")
NAMESPACE: Final = re.compile(r"http://www\.w3\.org/\w+/[\w/]+")
INLINE: Final = re.compile(
    r"<style|<script(?![^>]*\bsrc=)|\bstyle=|\son[a-z]+=|innerHTML|outerHTML|insertAdjacentHTML|"
    r"dangerouslySet|document\.write|\beval\(|\bnew Function\b|javascript:|"
    r"setAttribute\(\s*.style|cssText"
)
PHYSICAL: Final = re.compile(
    r"(?<![\w-])(?:(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)\b|"
    r"(?:left|right)\s*:|(?:text-align|float|clear)\s*:\s*(?:left|right))"
)
COLOUR: Final = re.compile(r"#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|oklch|lab)\(", re.IGNORECASE)

Files = dict[str, str]
Finder = Callable[[Files], Iterator[str]]


def our_files() -> Files:
    """Return the text files of web/ by their paths in it, such as ``app/main.js``."""
    suffixes = {".js", ".css", ".html", ".svg", ".json", ".webmanifest", ".LICENSE"}
    return {
        path.relative_to(WEB).as_posix(): path.read_text()
        for path in sorted(WEB.rglob("*"))
        if path.suffix in suffixes
    }


def code(files: Files) -> Files:
    """Return our own modules, without comments."""
    return {
        path: COMMENT.sub("", text)
        for path, text in files.items()
        if path.startswith("app/") and "/locales/" not in path
    }


def texts(files: Files, locale: str) -> dict[str, str]:
    return dict(ENTRY.findall(files[f"app/locales/{locale}.js"]))


def stems(keys: Iterable[str]) -> dict[str, str]:
    """Return the key that the code uses for each one: without what tells plurals apart.

    ``skipped.other`` is no plural where there is a ``skipped.title``.
    """
    sections = {key.rpartition(".")[0] for key in keys if not PLURAL.search(key)}
    return {key: key if (stem := PLURAL.sub("", key)) in sections else stem for key in keys}


def too_large(files: Files) -> Iterator[str]:
    for suffix, most in MAX_BYTES.items():
        of_kind = [
            as_loaded(path, text.encode())
            for path, text in files.items()
            if path.endswith(suffix) and path != "app/locales/ko.js"  # the Arabic one is larger
        ]
        size = sum(len(gzip.compress(content)) for content in of_kind)
        if size > most:
            yield f"{size:,} bytes of {suffix}, gzipped; {most:,} are allowed"


def foreign(files: Files) -> Iterator[str]:
    """Find what leads to another origin; the names of XML's vocabularies lead nowhere."""
    for path, text in files.items():
        if not path.endswith((".LICENSE", "vendor.json")):
            bare = text if path.startswith("vendor/") else COMMENT.sub("", text)
            yield from (f"{path}: {found}" for found in ELSEWHERE.findall(NAMESPACE.sub("", bare)))


def badly_vendored(files: Files) -> Iterator[str]:
    noted: dict[str, Any] = json.loads(files["vendor/vendor.json"])
    vendored = {path.removeprefix("vendor/") for path in files if re.match(r"vendor/.*\.js$", path)}
    yield from sorted(vendored ^ noted.keys())
    for name, note in noted.items():
        text = files.get(f"vendor/{name}", "")
        if hashlib.sha256(text.encode()).hexdigest() != note["sha256"]:
            yield f"{name} is not the file whose sha256 vendor.json has"
        if not note["integrity"].startswith("sha512-") or note["version"] not in note["source"]:
            yield f"{name}: where it is from is not told"
        if f"vendor/{note['package']}.LICENSE" not in files:
            yield f"{name}: its licence is missing"
        if "sourceMappingURL" in text:
            yield f"{name} names a source map, which is not here"
        for wanted, instead in re.findall(
            r'imports "(.+?)" instead of "(.+?)"', str(note["edits"])
        ):
            if f'"{wanted}"' not in text or f'"{instead}"' in text:
                yield f"{name} does not import {wanted}"


def translated_differently(files: Files) -> Iterator[str]:
    """Compare keys and placeholders; languages differ in their plurals."""
    in_english = placeholders(texts(files, "en"))
    for locale in LOCALES:
        lines = re.findall(r'^\s+"[^"]+":', files[f"app/locales/{locale}.js"], re.MULTILINE)
        if len(lines) != len(texts(files, locale)):
            yield f"{locale}: a key is there twice, or a text is not on its key's line"
        here = placeholders(texts(files, locale))
        yield from (f"{locale}: {key}" for key in sorted(here.keys() ^ in_english.keys()))
        yield from (
            f"{locale}: {key} has {here[key]}, not {in_english[key]}"
            for key in sorted(here.keys() & in_english.keys())
            if here[key] != in_english[key]
        )
        counted = {PLURAL.sub("", key) for key in texts(files, locale) if PLURAL.search(key)}
        yield from (
            f"{locale}: {key}.other"
            for key in counted
            if f"{key}.other" not in texts(files, locale)
        )


def placeholders(of: dict[str, str]) -> dict[str, set[str]]:
    """Return the placeholders of each key; plurals together, for "one story" needs no count."""
    found: dict[str, set[str]] = {}
    for key, stem in stems(of).items():
        found.setdefault(stem, set()).update(re.findall(r"\{(\w+)\}", of[key]))
    return found


def keys_amiss(files: Files) -> Iterator[str]:
    """Find keys that the code uses and no locale has, and those that no code uses."""
    known = set(stems(texts(files, "en")).values())
    areas = {key.partition(".")[0] for key in known}
    literals = {each for text in code(files).values() for each in QUOTED.findall(text)}
    used = {each for each in literals if KEY.fullmatch(each) and each.partition(".")[0] in areas}
    beginnings = {each.partition("${")[0] for each in literals if "${" in each}
    beginnings = {each for each in beginnings if re.fullmatch(r"[a-z]+\.([\w-]+\.)*", each)}
    yield from sorted(f"{key} is in no locale" for key in used - known if not is_a_file(key))
    yield from sorted(
        f"{key} is not used" for key in known - used if not key.startswith(tuple(beginnings))
    )


def is_a_file(name: str) -> bool:
    return name.endswith((".js", ".json", ".mp3", ".jpg", ".css", ".vtt"))


def written_inline(files: Files) -> Iterator[str]:
    """Find what the CSP forbids: scripts and styles inside of HTML, and text that becomes code."""
    pages = {path: text for path, text in files.items() if path.endswith((".html", ".svg"))}
    for path, text in {**pages, **code(files)}.items():
        yield from (f"{path}: {found}" for found in INLINE.findall(text))


def dead_ends(files: Files) -> Iterator[str]:
    """Find paths that lead to no file, and modules to which no path leads."""
    reached = {"app/main.js"}
    for path, text in code(files).items():
        imported = re.findall(r'(?:from |import\(|import )"(\.[^"]+)"', text)
        beside = re.findall(r'new URL\("(\.[^"]+)", import\.meta\.url\)', text)
        for target in imported + beside:
            found = normpath(PurePosixPath(path).parent / target)
            reached.add(found)
            if not (WEB / found).exists() and found not in files:
                yield f"{path}: {target}"
    yield from (f"nothing imports {path}" for path in sorted(code(files).keys() - reached))
    for path in ("index.html", "manifest.webmanifest", "service-worker.js"):
        for target in re.findall(r'"(/[\w./-]*)"', files[path]):
            found = target.removeprefix("/here/").removeprefix("/")
            if found and not (WEB / found).exists():
                yield f"{path}: {target}"
    styles = {path for path in files if path.endswith(".css")}
    linked = set(re.findall(r'"/here/(style/[\w.-]+)"', files["index.html"]))
    yield from (f"index.html and {each}" for each in sorted(styles ^ linked))


def badly_styled(files: Files) -> Iterator[str]:
    """Find sides that are not mirrored for right-to-left, and colours without a name."""
    for path, text in files.items():
        if path.endswith(".css"):
            rules = COMMENT.sub("", text)
            yield from (f"{path}: {found}" for found in PHYSICAL.findall(rules))
            named = re.sub(r"--[\w-]+:[^;]*;", "", rules)
            yield from (f"{path}: {found}" for found in COLOUR.findall(named))


FINDERS: Final[list[Finder]] = [
    too_large,
    foreign,
    badly_vendored,
    translated_differently,
    keys_amiss,
    written_inline,
    dead_ends,
    badly_styled,
]


@pytest.mark.parametrize("finder", FINDERS, ids=lambda finder: finder.__name__)
def test_the_page_has_no_such_fault(finder: Finder) -> None:
    assert list(finder(our_files())) == []


RANDOM = hashlib.shake_256(b"storytime").hexdigest(150_000)


@pytest.mark.parametrize(
    ("finder", "path", "old", "new"),
    [
        (too_large, "app/router.js", "", f"const x = '{RANDOM}';"),
        (too_large, "style/shelf.css", "", f"/* {RANDOM} */"),
        (foreign, "index.html", "/here/app/main.js", "https://cdn.example/main.js"),
        (foreign, "app/main.js", '"./announce.js"', '"//cdn.example/announce.js"'),
        (foreign, "style/base.css", "", "@import url(http://fonts.example/a);"),
        (foreign, "app/api.js", "", "new WebSocket(`wss://x.example`)"),
        (foreign, "icons/icon.svg", "", "<image href='http://x.example/a.png'/>"),
        (badly_vendored, "vendor/preact.js", "", " "),
        (badly_vendored, "vendor/new.js", "", "export default 1;"),
        (badly_vendored, "vendor/vendor.json", "preact.js", "preact2.js"),
        (badly_vendored, "vendor/vendor.json", '"package": "htm"', '"package": "unlicensed"'),
        (badly_vendored, "vendor/hooks.js", './preact.js"', 'preact"'),
        (translated_differently, "app/locales/ko.js", '"join.title"', '"join.heading"'),
        (translated_differently, "app/locales/ar.js", "{name}", "{title}"),
        (translated_differently, "app/locales/en.js", "shelf.found.other", "shelf.found.many"),
        (translated_differently, "app/locales/ko.js", '"join.title"', '"frame.back"'),
        (keys_amiss, "app/join.js", '"join.title"', '"join.heading"'),
        (keys_amiss, "app/locales/en.js", '"join.title"', '"join.other-title"'),
        (written_inline, "index.html", "<title>", "<script>go()</script><title>"),
        (written_inline, "index.html", "<title>", "<style>p{}</style><title>"),
        (written_inline, "index.html", "<body>", "<body onload='go()'>"),
        (written_inline, "app/join.js", "<form ", '<form style="color: red" '),
        (written_inline, "app/join.js", "", "place.innerHTML = text;"),
        (dead_ends, "app/main.js", '"./announce.js"', '"./announced.js"'),
        (dead_ends, "app/forgotten.js", "", "export {};"),
        (dead_ends, "index.html", "/here/icons/icon.svg", "/here/icons/ikon.svg"),
        (dead_ends, "index.html", "/here/style/base.css", "/here/style/shelf.css"),
        (dead_ends, "manifest.webmanifest", "icon-512", "icon-513"),
        (badly_styled, "style/shelf.css", "padding-inline-start: 44px", "padding-left: 44px"),
        (badly_styled, "style/shelf.css", "position: absolute;", "position: absolute; left: 0;"),
        (badly_styled, "style/shelf.css", "var(--ink-soft)", "#776655"),
    ],
)
def test_a_planted_fault_is_found(finder: Finder, path: str, old: str, new: str) -> None:
    files = our_files()
    text = files.get(path, "")
    assert old in text, "the fault cannot be planted"
    files[path] = text.replace(old, new) if old else text + new

    assert list(finder(files)) != []


def test_what_is_published_is_no_more_than_what_was_checked() -> None:
    """What the page loads is published under the same names, in one folder."""
    published = {re.sub(r"^v-\w+/", "", each.key) for each in files_of(WEB)}
    checked = our_files().keys()

    assert {name for name in published if name.endswith((".js", ".css", ".html"))} <= checked
    assert "app/main.js" in published
