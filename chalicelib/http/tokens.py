"""Who may use the API: whoever brings a token whose SHA-256 is in the settings.

Pure. A token is 256 random bits (`infrastructure.api_tokens` makes them), so that its digest needs
no salt and tells nothing of it.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Final

OPEN: Final = "open"
"""What API_TOKENS is where everybody may use the API."""
CACHED_SECONDS: Final = 300
"""How long API Gateway goes by an answer about a token without asking again."""

_SHOWN: Final = 8  # hex digits of a digest, in access logs
_BEARER: Final = re.compile(r"(?i:bearer) +([A-Za-z0-9._~+/-]+=*)")  # RFC 6750, section 2.1


def digests_of(setting: str) -> tuple[str, ...]:
    """The digests in a valid API_TOKENS, in hex; none of an open stage."""
    return () if setting == OPEN else tuple(setting.split(","))


def digest_of(token: str) -> str:
    """A token's SHA-256, in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def holder_of(authorization: str, digests: Sequence[str]) -> str | None:
    """Who sends this ``Authorization`` header, by the first digits of the token's digest.

    None: it is no bearer token, or none of these. All are compared, each in constant time, so
    that the time which it takes tells nothing of them.
    """
    bearer = _BEARER.fullmatch(authorization)
    if bearer is None:
        return None
    given = digest_of(bearer[1])
    matching = [digest for digest in digests if hmac.compare_digest(digest, given)]
    return matching[0][:_SHOWN] if matching else None
