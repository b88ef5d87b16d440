"""The names of stages, and the folder that Chalice deploys a stage from."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

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
from tests.infrastructure.projects import git, stage_at

ENVIRONMENT: Final = {"MEDIA_BUCKET": "storytime-dev-media", "API_TOKENS": "open"}
POLICIES: Final[dict[str, Any]] = {"narrate": {"Statement": [1]}, "erase": {"Statement": [2]}}


def config_for(stage: Stage, **more: str) -> dict[str, Any]:
    return stage_config(tracked_config(stage.project), stage, POLICIES, ENVIRONMENT | more)


def written(stage: Stage) -> Stage:
    write(stage, config_for(stage), POLICIES)
    return stage


@pytest.mark.parametrize("name", ["dev", "prod", "a", "stage2", "abcdefghij123456"])
def test_a_stage_is_up_to_16_small_letters_and_digits(name: str) -> None:
    stage = Stage(name)

    assert stage.prefix == f"storytime-{name}"
    assert stage.function("api_handler") == f"storytime-{name}"
    assert stage.function("read_page") == f"storytime-{name}-read_page"
    assert stage.folder == projects.ROOT / ".stages" / name


@pytest.mark.parametrize(
    "name",
    ["", "Dev", "1dev", "my-stage", "my_stage", "dev\n", "../dev", "abcdefghij1234567", "local"],
)
def test_other_names_are_refused(name: str) -> None:
    said = f"{name!r} cannot be a stage: take up to 16" if name else "Say which stage: STAGE=dev"
    with pytest.raises(DeploymentError, match=re.escape(said)):
        Stage(name)


def test_a_stage_that_is_not_configured_is_an_error_with_those_that_are() -> None:
    said = (
        r"^Stage 'mine' is not in .* \(\"stages\": \{\"mine\": \{\}\} .* one of: dev, open, prod\.$"
    )
    with pytest.raises(DeploymentError, match=said):
        own_config(projects.CONFIG, Stage("mine"))


def test_a_configuration_that_is_not_json_is_an_error_with_the_line(stage: Stage) -> None:
    (stage.project / CONFIG).write_text('{\n  "stages": {},\n}')

    with pytest.raises(DeploymentError, match=r"^\.chalice/config\.json is not JSON: .*line 3"):
        tracked_config(stage.project)


def test_a_function_has_the_settings_of_its_queue_and_of_the_stage(stage: Stage) -> None:
    prod = Stage("prod", stage.project)

    functions = config_for(stage)["stages"]["dev"]["lambda_functions"]
    narrate = config_for(prod)["stages"]["prod"]["lambda_functions"]["narrate"]

    def settings(name: str, timeout: int, memory: int) -> dict[str, object]:
        policy = {"iam_policy_file": f"policy-{name}.json"}
        return {"lambda_timeout": timeout, "lambda_memory_size": memory, **policy}

    erase, of_dev = settings("erase", 60, 256), settings("narrate", 120, 640)
    assert functions == {"erase": erase, "narrate": of_dev}
    assert narrate == of_dev | {"lambda_memory_size": 2048}


def test_a_stages_configuration_has_its_own_and_the_accounts_variables(stage: Stage) -> None:
    config = config_for(stage)

    own = config.pop("stages")
    assert own.keys() == {"dev"}
    assert own["dev"]["environment_variables"] == {"MAXIMUM_CONCURRENCY": "5", **ENVIRONMENT}
    assert own["dev"]["autogen_policy"] is False
    assert config == {"version": "2.0", "app_name": "storytime", "lambda_timeout": 29}
    assert "autogen_policy" not in projects.CONFIG["stages"]["dev"]


def test_what_chalice_does_not_deploy_changes_nothing_that_it_deploys(stage: Stage) -> None:
    before = config_for(stage)
    config = tracked_config(stage.project)
    config["stages"]["dev"]["gateway"] = {"execution_log": "INFO"}
    (stage.project / CONFIG).write_text(json.dumps(config))

    assert config_for(stage) == before


def test_environment_variables_may_have_4_kb_and_not_a_byte_more(stage: Stage) -> None:
    rest = sum(len(f"{name}{value}") for name, value in ENVIRONMENT.items())
    most = 4096 - rest - len("MAXIMUM_CONCURRENCY5") - len("X") - len("é".encode())

    config_for(stage, X="é" + most * "x")
    with pytest.raises(DeploymentError, match=r"have 4,097 bytes; Lambda allows 4,096\."):
        config_for(stage, X="é" + (most + 1) * "x")


def test_writing_again_removes_old_policies_and_keeps_chalices_record(stage: Stage) -> None:
    be_deployed(written(stage))

    write(stage, config_for(stage), {"erase": POLICIES["erase"]})

    chalice = stage.folder / ".chalice"
    names = sorted(each.name for each in chalice.iterdir())
    assert names == ["config.json", "deployed", "policy-erase.json"]
    assert (chalice / "deployed" / "dev.json").read_text() == "{}"


def test_git_ignores_the_folder(stage: Stage) -> None:
    written(stage)
    git(stage.project, "init", "--quiet")
    seen = git(stage.project, "status", "--porcelain", "--untracked-files=all")

    assert "?? app.py" in seen
    assert [line for line in seen.splitlines() if "stages" in line or "tokens" in line] == []


# The fingerprint.


def edit(name: str) -> Callable[[Stage], object]:
    def edit(stage: Stage) -> None:
        file = stage.folder / name
        file.write_text(file.read_text() + "\n")

    return edit


def move_a_module(stage: Stage) -> None:
    module = stage.project / "chalicelib" / "reading.py"
    module.rename(module.parent / "aws" / module.name)


@pytest.mark.parametrize(
    "change",
    [
        edit("app.py"),
        edit("requirements.txt"),
        edit("chalicelib/reading.py"),
        edit(".chalice/policy-erase.json"),
        move_a_module,
        lambda stage: (stage.project / "chalicelib" / "new.py").write_text(""),
        lambda stage: (stage.project / "chalicelib" / "voices.json").write_text("{}"),
        lambda stage: write(stage, config_for(stage, LOG_LEVEL="DEBUG"), POLICIES),
        lambda stage: write(stage, config_for(stage), {"erase": POLICIES["erase"]}),
    ],
)
def test_every_change_of_what_is_deployed_changes_the_fingerprint(
    stage: Stage, change: Callable[[Stage], object]
) -> None:
    before = fingerprint(written(stage))

    change(stage)

    assert fingerprint(stage) != before


def run_it(stage: Stage) -> None:
    cache = stage.project / "chalicelib" / "__pycache__"
    cache.mkdir()
    (cache / "reading.cpython-313.pyc").write_bytes(b"compiled")


def be_deployed(stage: Stage) -> None:
    record = stage.folder / ".chalice" / "deployed" / "dev.json"
    record.parent.mkdir()
    record.write_text("{}")


@pytest.mark.parametrize(
    "change", [written, run_it, be_deployed, lambda stage: (stage.project / "x").touch()]
)
def test_other_changes_do_not_change_the_fingerprint(
    stage: Stage, change: Callable[[Stage], object]
) -> None:
    before = fingerprint(written(stage))

    change(stage)

    assert fingerprint(stage) == before


def test_another_clone_has_the_same_fingerprint(tmp_path: Path) -> None:
    one, two = (written(stage_at(tmp_path / name)) for name in ("one", "two"))

    assert fingerprint(one) == fingerprint(two)
