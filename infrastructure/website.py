"""What is published of ``web/``, and how it gets into the web bucket.

There is no build step. Modules only lose what their comments tell developers: a quarter of what a
browser would load. Modules, styles and pictures go below one folder, named by the digest of
all of them, so that browsers may keep them for a year. ``index.html``, the service worker and
the manifest stay at the top, and are asked for each time; they name the folder ``/here/``.
"""

import hashlib
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import TYPE_CHECKING, Final

from infrastructure.stage import PROJECT, DeploymentError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

WEB: Final = PROJECT / "web"
KEPT_VERSIONS: Final = 3
"""Pages that are open load what they need later from the folder of their own version."""

_TOP: Final = ("manifest.webmanifest", "index.html", "service-worker.js")
"""In the order of their upload: the service worker keeps the page that is there when it comes."""
_FOLDERS: Final = ("app", "style", "vendor", "icons", "demo")
_START: Final = "app/main.js"
_OURS: Final = "app/"
_JSDOC: Final = re.compile(rb"^[ \t]*/\*\*(?:(?!\*/).)*\*/\n", re.DOTALL | re.MULTILINE)
"""Whole lines: a type before an expression stays, and so does the expression.

Of the minifiers, rjsmin breaks templates in templates, and tdewolff-minify has no wheels for macOS.
"""
_HERE: Final = "/here/"
_MODULES: Final = "<!-- modules -->"
_FILES: Final = re.compile(r"/\*FILES\*/ ?\[\]")
_FOREVER: Final = "public, max-age=31536000, immutable"
_ASK_EACH_TIME: Final = "no-cache"
# Not those of the machine that deploys. CloudFront compresses only types that it knows.
_TYPES: Final = {
    ".LICENSE": "text/plain; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mp3": "audio/mpeg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".vtt": "text/vtt; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_NEVER_LOADED: Final = ".LICENSE"
_IMPORT: Final = re.compile(
    r"""(?:^|;)\s*(?:import|export)\b(?:[^;()='"]*?\bfrom)?\s*["'](\.[^"']+)["']""", re.MULTILINE
)
_OF_VERSIONS: Final = re.compile(r"v-[0-9a-f]{12}/")


@dataclass(frozen=True)
class WebFile:
    """A file of the web bucket, and the headers with which it is served."""

    key: str
    content: bytes
    content_type: str
    cache_control: str

    @property
    def etag(self) -> str:
        """S3 takes the MD5 of what came in one request (API Reference, "Object")."""
        return hashlib.md5(self.content, usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Published:
    """How many files a publication changed."""

    uploaded: int
    removed: int


def files_of(folder: Path) -> list[WebFile]:
    """Return all that is published of ``web/``, in the order of its upload.

    Left out are notes (``*.md``), types (``*.d.ts``), ``vendor.json``, and names that begin with a
    dot.

    Raises:
        DeploymentError: ``index.html`` or another top file is missing, or a file's type is unknown.
    """
    sources = {path: as_loaded(path, (folder / path).read_bytes()) for path in _published(folder)}
    version = _version(sources)
    inside = [
        WebFile(f"{version}/{path}", content, _type_of(path), _FOREVER)
        for path, content in sources.items()
    ]
    shell = [f"/{each.key}" for each in inside if not each.key.endswith(_NEVER_LOADED)]
    return [*inside, *_top_files(folder, version, _modules(sources), shell)]


def as_loaded(path: str, content: bytes) -> bytes:
    """Return what a browser loads of a file of ``web/``: our modules without ``/** … */``."""
    return _JSDOC.sub(b"", content) if path.startswith(_OURS) else content


def publish(s3: "S3Client", bucket: str, files: Sequence[WebFile]) -> Published:
    """Upload what the bucket lacks, then remove what no page needs any more.

    The bucket keeps the folders of this version and of the two that were uploaded last before it.
    """
    there = {
        found["Key"]: (found["ETag"].strip('"'), found["LastModified"])
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        for found in page.get("Contents", [])
    }
    new = [each for each in files if there.get(each.key, ("",))[0] != each.etag]
    for each in new:
        s3.put_object(
            Bucket=bucket,
            Key=each.key,
            Body=each.content,
            ContentType=each.content_type,
            CacheControl=each.cache_control,
        )
    dates = {key: date for key, (_, date) in there.items()}
    old = sorted(superseded(dates, {each.key for each in files}))
    for key in old:
        s3.delete_object(Bucket=bucket, Key=key)
    return Published(len(new), len(old))


def superseded(there: Mapping[str, datetime], published: set[str]) -> set[str]:
    """Return the keys that a publication removes.

    Args:
        there: When each key that was there before was uploaded.
        published: The keys of this version.
    """
    uploaded: dict[str, datetime] = {}
    for key, date in there.items():
        if version := _OF_VERSIONS.match(key):
            uploaded[version[0]] = max(date, uploaded.get(version[0], date))
    ours = {version[0] for key in published if (version := _OF_VERSIONS.match(key))}
    others = sorted(uploaded.keys() - ours, key=lambda version: uploaded[version], reverse=True)
    kept = tuple(others[: KEPT_VERSIONS - 1])
    return {key for key in there.keys() - published if not key.startswith(kept)}


def _published(folder: Path) -> list[str]:
    """Return the files below the version's folder, by their paths in `folder`."""
    found = (path for name in _FOLDERS for path in (folder / name).rglob("*") if path.is_file())
    return sorted(str(each) for path in found if _is_published(each := _relative(path, folder)))


def _relative(path: Path, folder: Path) -> PurePosixPath:
    return PurePosixPath(path.relative_to(folder).as_posix())


def _is_published(path: PurePosixPath) -> bool:
    is_hidden = any(part.startswith(".") for part in path.parts)
    return not (is_hidden or path.name == "vendor.json" or path.name.endswith((".d.ts", ".md")))


def _version(sources: Mapping[str, bytes]) -> str:
    """Return the name of the folder; another header makes another one, too."""
    digest = hashlib.sha256(_FOREVER.encode())
    for path, content in sources.items():
        for part in (path.encode(), _type_of(path).encode(), content):
            digest.update(len(part).to_bytes(8, "big") + part)
    return f"v-{digest.hexdigest()[:12]}"


def _type_of(path: str) -> str:
    suffix = PurePosixPath(path).suffix
    if suffix not in _TYPES:
        raise DeploymentError(f"web/{path} cannot be published: its type is unknown.")
    return _TYPES[suffix]


def _top_files(
    folder: Path, version: str, modules: Iterable[str], shell: Sequence[str]
) -> Iterator[WebFile]:
    links = "\n    ".join(
        f'<link rel="modulepreload" href="/{html.escape(f"{version}/{path}")}">' for path in modules
    )
    for name in _TOP:
        if not (folder / name).is_file():
            raise DeploymentError(f"{folder} cannot be published: it has no {name}.")
        text = (folder / name).read_text(encoding="utf-8").replace(_HERE, f"/{version}/")
        text = text.replace(_MODULES, links)
        if name == "service-worker.js":
            text = _FILES.sub(lambda _: json.dumps(shell), text)
        yield WebFile(name, text.encode(), _type_of(name), _ASK_EACH_TIME)


def _modules(sources: Mapping[str, bytes]) -> list[str]:
    """Return the modules that the page imports at its start, without those of ``import()``."""
    found: list[str] = []
    waiting = [_START]
    while waiting:
        path = waiting.pop(0)
        if path in found or path not in sources:
            continue
        found.append(path)
        here = PurePosixPath(path).parent
        imports = _IMPORT.findall(sources[path].decode())
        waiting += [normpath(here / each) for each in imports]
    return found
