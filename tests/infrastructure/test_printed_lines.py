"""A newcomer can follow every line that a command prints."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from infrastructure.commands import deploy, destroy, package, token
from infrastructure.commands.deploy import next_steps
from infrastructure.stage import Stage
from local.demo import page, profile
from tests.infrastructure.printed import hurdles, wrong_targets
from tests.infrastructure.projects import ROOT, make

TOPIC: Final = "arn:aws:sns:us-east-1:123456789012:storytime-dev"
OUTPUTS: Final = {
    "SenderEmail": "stories@example.com",
    "NotificationTopicArn": f"{TOPIC}-notifications",
    "AlarmTopicArn": f"{TOPIC}-alarms",
    "MediaBaseUrl": "https://d123.cloudfront.net",
}
COMMANDS: Final = [
    *sorted((ROOT / "infrastructure").rglob("*.py")),
    *sorted((ROOT / "local").rglob("*.py")),
]


def texts_of(file: Path) -> Iterator[str]:
    """Yield the texts of a module without docstrings; what is filled in later is a word."""
    tree = ast.parse(file.read_text())
    within = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr | ast.Expr)
        for part in ast.iter_child_nodes(node)
    }
    for node in ast.walk(tree):
        match node:
            case ast.JoinedStr(values=parts):
                yield "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "word" for part in parts
                )
            case ast.Constant(value=str(text)) if id(node) not in within:
                yield text


def test_every_command_in_the_texts_of_the_code_is_one_of_make() -> None:
    texts = [text for file in COMMANDS for text in texts_of(file)]

    assert len([text for text in texts if re.search(r"\bmake [a-z]+ STAGE=", text)]) > 5
    assert [wrong for text in texts for wrong in wrong_targets(text)] == []


@pytest.mark.parametrize("main", [deploy.main, destroy.main, package.main, page.main, profile.main])
def test_the_help_of_a_command_says_how_make_runs_it(
    main: Callable[[list[str]], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert "usage: make " in said
    assert hurdles(said, ROOT) == []


@pytest.mark.parametrize("authority", [None, ROOT / "samples" / "page.jpg"])
def test_the_next_steps_of_a_deployment_can_be_followed(
    authority: Path | None,
) -> None:
    trusted = str(authority) if authority else None

    steps = next_steps(Stage("dev"), "https://x", "us-east-1", OUTPUTS, trusted, is_open=False)

    assert hurdles(steps, ROOT, authority) == []
    assert ("--cacert" in steps) is bool(authority)
    assert (
        "  AWS_DEFAULT_REGION=us-east-1 .venv/bin/chalice deploy" in steps
    )  # Chalice does not read AWS_REGION


def test_the_next_steps_of_a_new_token_can_be_followed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token.main(["dev"], tmp_path, lambda _: "https://d123.cloudfront.net")

    assert hurdles(capsys.readouterr().out, ROOT) == []


@pytest.mark.parametrize("name", ["package", "my package"])
def test_the_next_steps_of_a_package_can_be_followed(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()

    steps = package.next_steps(Stage("dev"), folder, OUTPUTS["MediaBaseUrl"], "")

    assert hurdles(steps, ROOT) == []
    assert hurdles(steps.replace(name, "elsewhere"), ROOT) != []


@pytest.mark.parametrize("target", ["token", "deploy", "destroy", "package"])
def test_a_command_without_a_stage_ends_with_what_it_needs(target: str) -> None:
    ended = make(target)

    assert ended.returncode != 0
    assert re.search(rf"^{target}: Say which stage.*STAGE=dev", ended.stderr, re.MULTILINE)
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("said", "hurdle"),
    [
        ("Then: make deplai STAGE=dev", "make deplai: no such target"),
        ("Then: make deploy EMAIL=me@x", "make deploy: it needs STAGE="),
        ("make deploy STAGE=dev MAIL=me@x", "make deploy: it does not know MAIL="),
        ("python -m infrastructure.x", "python -m infrastructure.x: make has no such command"),
        ("  cd .chalice && ../bin/no", f"../bin/no: not in {ROOT}/.chalice"),
        ("make package STAGE=dev FOLDER=no/where", f"FOLDER=no/where: not in {ROOT}"),
        ("  cd nowhere/now && make help", f"nowhere/now: not in {ROOT}"),
        ("  curl -X POST \\\n    --data-binary @no/page.jpg", f"@no/page.jpg: not in {ROOT}"),
        ("  curl <the API's URL>", "curl <the API's URL>: No closing quotation"),
        ("  curl https://x", f"curl https://x: it does not trust {ROOT}/Makefile"),
        ("  curl --cacert Makefile https://x", "curl --cacert Makefile https://x: it does not"),
    ],
)
def test_a_line_that_cannot_be_followed_is_noticed(said: str, hurdle: str) -> None:
    (found,) = hurdles(said, ROOT, ROOT / "Makefile")

    assert found.startswith(hurdle)


def test_lines_that_can_be_followed_are_fine() -> None:
    said = f"""
Some prose with a/path that is no command.
  cd tests/infrastructure && cat ../conftest.py
  make deploy STAGE=dev EMAIL=me@example.com  # a/comment
  curl --cacert {ROOT}/Makefile -H 'Content-Type: image/jpeg' --data-binary @samples/page.jpg \\
       https://x/stories/<id>
"""
    assert hurdles(said, ROOT, ROOT / "Makefile") == []
