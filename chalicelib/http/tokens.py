"""Checks API tokens: the settings have the SHA-256 of every valid token. Pure.

A token is 256 random bits (`make token` makes them). So its digest needs no salt, and says
nothing about the token.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Final

OPEN: Final = "open"
"""The value of API_TOKENS with which everybody may use the API."""
CACHED_SECONDS: Final = 300
"""How long API Gateway caches the authorizer's answer about a token."""

_SHOWN_DIGITS: Final = 8  # of a digest in hex, in access logs
_BEARER: Final = re.compile(r"(?i:bearer) +([A-Za-z0-9._~+/-]+=*)")  # RFC 6750, section 2.1


def digests_of(setting: str) -> tuple[str, ...]:
    """The digests of a valid API_TOKENS, in hex; none if the API is open."""
    return () if setting == OPEN else tuple(setting.split(","))


def digest_of(token: str) -> str:
    """A token's SHA-256, in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def holder_of(authorization: str, digests: Sequence[str]) -> str | None:
    """The first digits of the digest of the token in an ``Authorization`` header.

    None: the header has no bearer token, or its digest is not in `digests`. Compares with all of
    them, each in constant time, so that the duration says nothing about them.
    """
    bearer = _BEARER.fullmatch(authorization)
    if bearer is None:
        return None
    given = digest_of(bearer[1])
    matching = [digest for digest in digests if hmac.compare_digest(digest, given)]
    return matching[0][:_SHOWN_DIGITS] if matching else None
