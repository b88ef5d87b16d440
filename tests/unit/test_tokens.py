import hashlib

import pytest

from chalicelib.http import tokens

ANNA, BEN = "st_annas", "st_bens-._~+/=="
DIGESTS = tuple(hashlib.sha256(token.encode()).hexdigest() for token in (ANNA, BEN))


@pytest.mark.parametrize(
    ("token", "digest"), [(ANNA, DIGESTS[0]), (BEN, DIGESTS[1])], ids=["first", "last"]
)
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_a_known_token_is_recognised_by_its_digest(token: str, digest: str, scheme: str) -> None:
    holder = tokens.holder_of(f"{scheme} {token}", DIGESTS)

    assert holder == digest[:8]


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        ANNA,
        f"Basic {ANNA}",
        f"Token {ANNA}",
        f"Bearer{ANNA}",
        f"Bearer {ANNA},",
        f"Bearer {ANNA} {BEN}",
        f"Bearer {ANNA}\n",
        f"Bearer \t{ANNA}",
        f"XBearer {ANNA}",
        f"Bearer {ANNA[:-1]}",
        f"Bearer {ANNA}s",
        f"Bearer {ANNA.upper()}",
        f"Bearer {DIGESTS[0]}",
        "Bearer ünknown",
        "Bearer \ud800",
    ],
)
def test_another_authorization_is_not_recognised(authorization: str) -> None:
    assert tokens.holder_of(authorization, DIGESTS) is None


def test_no_token_is_recognised_where_none_is_set() -> None:
    assert tokens.holder_of(f"Bearer {ANNA}", ()) is None


@pytest.mark.parametrize(
    ("setting", "digests"),
    [("open", ()), (DIGESTS[0], DIGESTS[:1]), (",".join(DIGESTS), DIGESTS)],
)
def test_a_setting_is_its_digests_or_open(setting: str, digests: tuple[str, ...]) -> None:
    assert tokens.digests_of(setting) == digests


def test_a_digest_is_what_sha256sum_says() -> None:
    assert tokens.digest_of("abc") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
