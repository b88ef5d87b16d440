"""CloudFront's cache behaviors: which one a request meets, what it allows and adds.

Sources: the Amazon CloudFront Developer Guide ("Cache behavior settings", "Understand response
headers policies") and API Reference (CacheBehavior).
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from urllib.parse import unquote

from local.services.cloudfront.edge_cache import CacheTimes

_ENCODED: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_UNRESERVED: Final = re.compile(r"[A-Za-z0-9._~-]")


@dataclass(frozen=True)
class AddedHeaders:
    """What a policy adds to each answer.

    Attributes:
        always: Security headers.
        of_cors: For requests with an ``Origin`` only.
        allowed_origins: ``*`` allows any origin.
    """

    always: Mapping[str, str]
    of_cors: Mapping[str, str]
    allowed_origins: Collection[str]

    def to(self, origin: str) -> dict[str, str]:
        """Return the headers of an answer to a page of this origin; empty: to no page."""
        if not origin or not {"*", origin} & set(self.allowed_origins):
            return dict(self.always)
        allowed = "*" if "*" in self.allowed_origins else origin
        return {**self.always, **self.of_cors, "Access-Control-Allow-Origin": allowed}


@dataclass(frozen=True)
class Behavior:
    """What a distribution does with the requests that a pattern matches.

    Attributes:
        pattern: Of the path; ``*`` is any text, ``?`` any character.
        origin: The origin's id.
        methods: The allowed ones.
        is_compressed: Whether texts are compressed for who can read that.
    """

    pattern: str
    origin: str
    methods: frozenset[str]
    times: CacheTimes
    added: AddedHeaders
    is_compressed: bool

    @cached_property
    def _matches(self) -> re.Pattern[str]:
        any_text = re.escape(self.pattern).replace(r"\*", ".*").replace(r"\?", ".")
        return re.compile(any_text, re.DOTALL)

    def matches(self, path: str) -> bool:
        return self._matches.fullmatch(path) is not None


@dataclass(frozen=True)
class BucketAccess:
    """A bucket, and the beginning of the keys that a distribution may read there."""

    bucket: str
    prefix: str


@dataclass(frozen=True)
class Configuration:
    """A distribution.

    Attributes:
        behaviors: The first that matches counts; the last matches everything.
        buckets: By the ids of their origins.
        root: What is served at ``/``.
    """

    behaviors: Sequence[Behavior]
    buckets: Mapping[str, BucketAccess]
    root: str

    def behavior(self, raw_path: str) -> Behavior:
        """Return the behavior of a path; its origin gets the path as it came."""
        path = normalized(raw_path)
        return next(each for each in self.behaviors if each.matches(path))


def normalized(raw_path: str) -> str:
    """Return a path without needless encoding and dots (RFC 3986, 6.2.2); slashes stay."""
    path = _ENCODED.sub(lambda match: _decoded(match[0]), raw_path)
    kept: list[str] = []
    parts = path.split("/")[1:]
    for part in parts:
        if part == "..":
            del kept[-1:]
        elif part != ".":
            kept.append(part)
    if parts and parts[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)


def _decoded(encoded: str) -> str:
    character = unquote(encoded)
    return character if _UNRESERVED.fullmatch(character) else encoded.upper()
