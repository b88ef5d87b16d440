"""`make token` shows a token once, and keeps its digest."""

import stat
from datetime import date
from pathlib import Path

import pytest

from chalicelib.http.tokens import digest_of, holder_of
from infrastructure.api_tokens import MAX_TOKENS, TokenFileError, digests, new_token
from infrastructure.commands.token import main
from infrastructure.stage import UsageError
from tests.infrastructure.projects import make

TODAY = date(2026, 3, 1)
A, B = "a" * 64, "b" * 64


def test_only_the_digest_of_a_new_token_is_stored(tmp_path: Path) -> None:
    token = new_token("dev", "Anna's phone", TODAY, tmp_path)

    (digest,) = digests("dev", tmp_path)
    assert digest == digest_of(token)
    assert holder_of(f"Bearer {token}", [digest]) == digest[:8]
    assert (tmp_path / "dev").read_text() == f"{digest}  # 2026-03-01 Anna's phone\n"


def test_each_token_is_different_and_has_256_bits(tmp_path: Path) -> None:
    tokens = [new_token("dev", "", TODAY, tmp_path) for _ in range(3)]

    assert len(set(tokens)) == 3
    assert {len(token) for token in tokens} == {len("st_") + 43}
    assert digests("dev", tmp_path) == [digest_of(token) for token in tokens]


def test_only_the_owner_can_read_a_token_file(tmp_path: Path) -> None:
    (tmp_path / "dev").write_text(f"{A}  # by hand, without a line break at its end")
    (tmp_path / "dev").chmod(0o644)

    token = new_token("dev", "", TODAY, tmp_path)
    new_token("prod", "", TODAY, tmp_path)

    assert digests("dev", tmp_path) == [A, digest_of(token)]  # and not that of prod
    modes = {stat.S_IMODE((tmp_path / stage).stat().st_mode) for stage in ("dev", "prod")}
    assert modes == {0o600}


def test_a_file_may_have_comments_and_repeated_digests(tmp_path: Path) -> None:
    (tmp_path / "dev").write_text(f"# tokens of dev\n\n  {A}\n{B} # tablet\n{A}#again\n")

    assert digests("dev", tmp_path) == [A, B]


@pytest.mark.parametrize(
    "line", ["st_a-token-by-mistake", A[:-1], A + "a", A.upper(), "open", f"{A},{B}", "ünlesbar"]
)
def test_a_malformed_line_is_named_but_not_shown(tmp_path: Path, line: str) -> None:
    (tmp_path / "dev").write_bytes(f"{A}\n{line}\n".encode("latin-1"))

    with pytest.raises(TokenFileError, match=r"dev, line 2: not a SHA-256 digest") as refused:
        digests("dev", tmp_path)
    assert line not in str(refused.value).replace(str(tmp_path), "")
    with pytest.raises(TokenFileError):
        new_token("dev", "", TODAY, tmp_path)


def test_a_stage_has_a_maximum_of_tokens(tmp_path: Path) -> None:
    for _ in range(MAX_TOKENS):
        new_token("dev", "", TODAY, tmp_path)
    assert len(digests("dev", tmp_path)) == MAX_TOKENS

    with pytest.raises(TokenFileError, match="full"):
        new_token("dev", "", TODAY, tmp_path)
    with (tmp_path / "dev").open("a") as file:
        file.write(A)
    with pytest.raises(TokenFileError, match=f"has {MAX_TOKENS + 1} digests"):
        digests("dev", tmp_path)


def test_the_local_stage_has_no_tokens_and_says_how_to_require_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"API_TOKENS=.* make run\. Then join at http:"):
        digests("local", tmp_path)


@pytest.mark.parametrize("name", ["x" * 61, "a\nb", "a\x00b"])
def test_a_name_is_short_and_has_no_line_breaks(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="NAME"):
        new_token("dev", name, TODAY, tmp_path)
    assert digests("dev", tmp_path) == []


def test_the_token_is_printed_once_with_the_next_steps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dev", "phone"], tmp_path, lambda _: None) == 0

    token, _, rest = capsys.readouterr().out.partition("\n")
    assert digests("dev", tmp_path) == [digest_of(token)]
    assert token not in rest
    assert "make deploy STAGE=dev" in rest


def test_the_link_of_a_deployed_stage_is_printed_with_the_token(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dev"], tmp_path, lambda stage: f"https://{stage.name}.example.com") == 0

    token, *_, link = capsys.readouterr().out.splitlines()  # no code: this is no terminal
    assert link == f"  https://dev.example.com/#join={token}"


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        *(([], 2), ([""], 2), (["", "phone"], 2), (["dev", "phone", "more"], 2), (["DEV"], 2)),
        (["unreadable"], 1),
    ],
)
def test_an_error_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int
) -> None:
    (tmp_path / "unreadable").mkdir()

    assert main(arguments, tmp_path) == status

    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("token: ")


def test_make_token_without_a_stage_says_what_it_needs() -> None:
    ended = make("token")

    assert ended.returncode != 0
    assert ended.stderr.startswith("token: Say which stage the token is for: ")
