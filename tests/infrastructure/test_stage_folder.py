"""What a stage is, and the folder that Chalice deploys it from."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infrastructure.stage import DeploymentError, Stage
from infrastructure.stage_folder import (
    CONFIG,
    fingerprint,
    own_config,
    stage_config,
    tracked_config,
    write,
)
from tests.infrastructure import projects
from tests.infrastructure.projects import stage_at

ENVIRONMENT = {"MEDIA_BUCKET": "storytime-dev-media", "API_TOKENS": "open"}
POLICIES: dict[str, Any] = {"narrate": {"Statement": [1]}, "erase": {"Statement": [2]}}


def config_for(stage: Stage, environment: dict[str, str] = ENVIRONMENT) -> dict[str, Any]:
    return stage_config(tracked_config(stage.project), stage, POLICIES, environment)


def written(folder: Path) -> Stage:
    stage = stage_at(folder)
    write(stage, config_for(stage), POLICIES)
    return stage


@pytest.mark.parametrize("name", ["dev", "prod", "a", "stage2", "abcdefghij123456"])
def test_a_stage_is_up_to_16_small_letters_and_digits(name: str) -> None:
    stage = Stage(name)

    assert stage.prefix == f"storytime-{name}"
    assert stage.function("api_handler") == f"storytime-{name}"
    assert stage.function("read_page") == f"storytime-{name}-read_page"
    assert stage.folder == projects.ROOT / ".stages" / name


def test_no_name_is_asked_for() -> None:
    with pytest.raises(DeploymentError, match=r"^Say which stage: STAGE=dev$"):
        Stage("")


@pytest.mark.parametrize(
    "name",
    ["Dev", "1dev", "my-stage", "my_stage", "dev\n", "../dev", "abcdefghij1234567", "local"],
)
def test_nothing_else_is_a_stage(name: str) -> None:
    with pytest.raises(DeploymentError) as caught:
        Stage(name)

    assert str(caught.value) == (
        f"{name!r} cannot be a stage: take up to 16 small letters and digits, "
        "a letter first (STAGE=dev), and not 'local', which runs on one machine."
    )


def test_a_stage_that_the_configuration_does_not_have_is_said_with_those_it_has() -> None:
    with pytest.raises(DeploymentError) as caught:
        own_config(projects.CONFIG, Stage("mine"))

    assert str(caught.value) == (
        "Stage 'mine' is not in .chalice/config.json; add it there "
        '("stages": {"mine": {}} is enough) or take one of: dev, open, prod.'
    )


def test_a_configuration_that_is_not_json_says_where(tmp_path: Path) -> None:
    stage = stage_at(tmp_path)
    (tmp_path / CONFIG).write_text('{\n  "stages": {},\n}')

    with pytest.raises(DeploymentError, match=r"^\.chalice/config\.json is not JSON: .*line 3"):
        tracked_config(stage.project)


def test_functions_are_those_of_the_stage_local_but_for_the_stages_own(tmp_path: Path) -> None:
    project = projects.project_at(tmp_path)

    dev = config_for(Stage("dev", project))["stages"]["dev"]["lambda_functions"]
    prod = config_for(Stage("prod", project))["stages"]["prod"]["lambda_functions"]

    assert dev == {
        "erase": {"lambda_memory_size": 256, "iam_policy_file": "policy-erase.json"},
        "narrate": {
            "lambda_timeout": 120,
            "lambda_memory_size": 512,
            "iam_policy_file": "policy-narrate.json",
        },
    }
    assert prod["narrate"]["lambda_memory_size"] == 2048
    assert prod["narrate"]["lambda_timeout"] == 120


def test_a_stages_configuration_is_its_own_and_what_the_account_says(tmp_path: Path) -> None:
    config = config_for(stage_at(tmp_path))

    own = config.pop("stages")
    assert own.keys() == {"dev"}
    assert own["dev"]["environment_variables"] == {"MAXIMUM_CONCURRENCY": "5", **ENVIRONMENT}
    assert own["dev"]["autogen_policy"] is False
    assert config == {"version": "2.0", "app_name": "storytime", "lambda_timeout": 29}
    assert "autogen_policy" not in projects.CONFIG["stages"]["dev"]


def test_an_environment_of_4_kb_is_taken_and_a_byte_more_is_not(tmp_path: Path) -> None:
    stage = stage_at(tmp_path)
    rest = sum(len(f"{name}{value}") for name, value in ENVIRONMENT.items())
    most = 4096 - rest - len("MAXIMUM_CONCURRENCY5") - len("X") - len("é".encode())

    config_for(stage, ENVIRONMENT | {"X": "é" + most * "x"})
    with pytest.raises(DeploymentError) as caught:
        config_for(stage, ENVIRONMENT | {"X": "é" + (most + 1) * "x"})

    assert str(caught.value) == (
        "The environment of the functions has 4,097 bytes, and Lambda takes 4,096: "
        "remove API tokens that nobody uses any more."
    )


def test_the_folder_links_to_the_app_and_has_its_configuration_and_policies(
    tmp_path: Path,
) -> None:
    stage = written(tmp_path)

    links = {each.name: each.readlink() for each in stage.folder.iterdir() if each.is_symlink()}
    assert links == {name: tmp_path / name for name in ("app.py", "chalicelib", "requirements.txt")}
    assert (stage.folder / "chalicelib" / "reading.py").read_text() == "PAGES = 1\n"
    chalice = stage.folder / ".chalice"
    assert json.loads((stage.folder / CONFIG).read_text()) == config_for(stage)
    assert json.loads((chalice / "policy-narrate.json").read_text()) == {"Statement": [1]}


def test_written_again_it_loses_policies_that_are_none_any_more_and_keeps_chalices_record(
    tmp_path: Path,
) -> None:
    stage = written(tmp_path)
    record = stage.folder / ".chalice" / "deployed" / "dev.json"
    record.parent.mkdir()
    record.write_text("{}")

    write(stage, config_for(stage), {"erase": POLICIES["erase"]})

    assert sorted(each.name for each in (stage.folder / ".chalice").iterdir()) == [
        "config.json",
        "deployed",
        "policy-erase.json",
    ]
    assert record.read_text() == "{}"


def test_git_sees_nothing_of_it(tmp_path: Path) -> None:
    written(tmp_path)
    git = shutil.which("git")
    assert git is not None

    def run(*arguments: str) -> str:
        command = [git, *arguments]
        ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)  # noqa: S603  # git, as found
        return ended.stdout

    run("init", "--quiet")
    seen = run("status", "--porcelain", "--untracked-files=all")

    assert "?? app.py" in seen
    assert [line for line in seen.splitlines() if "stages" in line or "tokens" in line] == []


def _edit(name: str) -> Callable[[Stage], object]:
    def edit(stage: Stage) -> None:
        file = stage.folder / name
        file.write_text(file.read_text() + "\n")

    return edit


def _add_a_module(stage: Stage) -> None:
    (stage.project / "chalicelib" / "new.py").write_text("")


def _add_data(stage: Stage) -> None:
    (stage.project / "chalicelib" / "voices.json").write_text("{}")


def _move_a_module(stage: Stage) -> None:
    module = stage.project / "chalicelib" / "reading.py"
    module.rename(module.parent / "aws" / module.name)


def _change_a_setting(stage: Stage) -> None:
    write(stage, config_for(stage, ENVIRONMENT | {"LOG_LEVEL": "DEBUG"}), POLICIES)


def _remove_a_policy(stage: Stage) -> None:
    write(stage, config_for(stage), {"erase": POLICIES["erase"]})


@pytest.mark.parametrize(
    "change",
    [
        _edit("app.py"),
        _edit("requirements.txt"),
        _edit("chalicelib/reading.py"),
        _edit(".chalice/policy-erase.json"),
        _add_a_module,
        _add_data,
        _move_a_module,
        _change_a_setting,
        _remove_a_policy,
    ],
)
def test_whatever_is_deployed_changes_the_fingerprint(
    tmp_path: Path, change: Callable[[Stage], object]
) -> None:
    stage = written(tmp_path)
    before = fingerprint(stage)

    change(stage)

    assert fingerprint(stage) != before


def _write_again(stage: Stage) -> None:
    write(stage, config_for(stage), POLICIES)


def _run_it(stage: Stage) -> None:
    cache = stage.project / "chalicelib" / "__pycache__"
    cache.mkdir()
    (cache / "reading.cpython-313.pyc").write_bytes(b"compiled")


def _be_deployed(stage: Stage) -> None:
    record = stage.folder / ".chalice" / "deployed" / "dev.json"
    record.parent.mkdir()
    record.write_text("{}")


@pytest.mark.parametrize(
    "change", [_write_again, _run_it, _be_deployed, lambda stage: (stage.project / "x").touch()]
)
def test_nothing_else_changes_it(tmp_path: Path, change: Callable[[Stage], object]) -> None:
    stage = written(tmp_path)
    before = fingerprint(stage)

    change(stage)

    assert fingerprint(stage) == before


def test_it_is_the_same_in_another_clone(tmp_path: Path) -> None:
    assert fingerprint(written(tmp_path / "one")) == fingerprint(written(tmp_path / "two"))
