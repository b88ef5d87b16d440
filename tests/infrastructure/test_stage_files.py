"""The names of stages, and the files that make the project's folder ready for one of them."""

import json
import re
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from infrastructure.chalice.command import CHALICE
from infrastructure.iam.permissions import GRANTS
from infrastructure.stage import DeploymentError, Stage
from infrastructure.stage_files import (
    CONFIG,
    SETTINGS,
    fingerprint,
    own_config,
    remove,
    tracked_config,
    write,
)
from tests.infrastructure import projects
from tests.infrastructure.projects import functions_of, git, stage_at

KNOWN: Final = {"STAGE": "dev", "MEDIA_BUCKET": "storytime-dev-media", "API_TOKENS": "open"}
POLICIES: Final[dict[str, Any]] = {"narrate": {"Statement": [1]}, "erase": {"Statement": [2]}}


def written(stage: Stage) -> Stage:
    write(stage, KNOWN, POLICIES)
    return stage


@pytest.mark.parametrize("name", ["dev", "prod", "a", "stage2", "abcdefghij123456"])
def test_a_stage_is_up_to_16_small_letters_and_digits(name: str) -> None:
    stage = Stage(name)

    assert stage.prefix == f"storytime-{name}"
    assert stage.function("api_handler") == f"storytime-{name}"
    assert stage.function("read_page") == f"storytime-{name}-read_page"


@pytest.mark.parametrize(
    "name",
    ["", "Dev", "1dev", "my-stage", "my_stage", "dev\n", "../dev", "abcdefghij1234567", "local"],
)
def test_other_names_are_refused(name: str) -> None:
    said = f"{name!r} cannot be a stage: take up to 16" if name else "Say which stage: STAGE=dev"
    with pytest.raises(DeploymentError, match=re.escape(said)):
        Stage(name)


# The tracked configuration.


@pytest.mark.parametrize("own", [None, {}, {"environment_variables": {"STAGE": "other"}}])
def test_a_stage_that_does_not_tell_its_name_is_an_error_with_what_to_add(own: Any) -> None:
    config = {"stages": projects.CONFIG["stages"] | ({"mine": own} if own is not None else {})}
    said = (
        r"^Stage 'mine' is not in .*: \"mine\": \{\"environment_variables\": "
        r"\{\"STAGE\": \"mine\"\}\}\. Or take one of: dev, open, prod"
    )
    with pytest.raises(DeploymentError, match=said):
        own_config(config, Stage("mine"))


def test_the_stages_of_this_project_tell_their_names() -> None:
    config = tracked_config(projects.ROOT)

    assert config["stages"].keys() == {"local", "dev", "prod"}
    for name in ("dev", "prod"):
        assert own_config(config, Stage(name)) == config["stages"][name]
    assert "STAGE" not in config["stages"]["local"]["environment_variables"]


def test_a_configuration_that_is_not_json_is_an_error_with_the_line(stage: Stage) -> None:
    (stage.project / CONFIG).write_text('{\n  "stages": {},\n}')

    with pytest.raises(DeploymentError, match=r"^\.chalice/config\.json is not JSON: .*line 3"):
        tracked_config(stage.project)


@pytest.mark.parametrize("stage_name", ["local", "dev", "prod"])
def test_every_function_has_a_role_of_its_own(stage_name: str) -> None:
    functions = functions_of(stage_name)

    assert functions.keys() == GRANTS.keys()
    assert {name: each["iam_policy_file"] for name, each in functions.items()} == {
        name: f"policy-{name}.json" for name in GRANTS
    }
    assert tracked_config(projects.ROOT)["autogen_policy"] is False  # else they share one role


def test_every_function_has_memory_and_so_cpu_for_its_cold_start() -> None:
    memory = [each["lambda_memory_size"] for each in functions_of("prod").values()]

    assert min(memory) >= 512


# The files of the prepared stage.


def test_preparing_a_stage_forgets_the_one_before(stage: Stage) -> None:
    be_deployed(written(stage))
    prod = Stage("prod", stage.project)

    write(prod, {"STAGE": "prod"}, {"erase": POLICIES["erase"]})

    chalice = stage.project / ".chalice"
    names = sorted(each.name for each in chalice.iterdir())
    assert names == ["config.json", "deployed", "policy-erase.json", "tokens"]
    assert json.loads((chalice / "policy-erase.json").read_text()) == POLICIES["erase"]
    assert json.loads((stage.project / SETTINGS).read_text()) == {"STAGE": "prod"}
    assert (chalice / "deployed" / "dev.json").read_text() == "{}"


def test_only_its_owner_reads_what_is_known_of_a_stage(stage: Stage) -> None:
    assert stat.S_IMODE((written(stage).project / SETTINGS).stat().st_mode) == 0o600


def test_git_ignores_what_is_written(stage: Stage) -> None:
    be_deployed(written(stage))
    git(stage.project, "init", "--quiet")
    seen = git(stage.project, "status", "--porcelain", "--untracked-files=all")

    assert "?? app.py" in seen
    hidden = ("stage.json", "policy", "tokens", "deployed")
    assert [line for line in seen.splitlines() if any(each in line for each in hidden)] == []


def test_the_files_of_a_stage_are_removed_with_it(stage: Stage) -> None:
    remove(stage)  # there are none
    remove(Stage("prod", written(stage).project))  # they are another stage's
    assert (stage.project / SETTINGS).exists()

    remove(stage)

    assert not (stage.project / SETTINGS).exists()
    assert list((stage.project / ".chalice").glob("policy-*")) == []


def test_chalice_ends_at_once_for_a_stage_that_is_not_prepared(tmp_path: Path) -> None:
    """With its own command, in the project's folder: no request to AWS, and no traceback."""
    project = tmp_path / "project"
    for name in ("app.py", "chalicelib", ".chalice/config.json"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (projects.ROOT / name).is_dir() else shutil.copy
        copy(projects.ROOT / name, project / name)
    write(Stage("dev", project), KNOWN, POLICIES)

    ended = subprocess.run(  # noqa: S603  # Chalice's own command
        [*CHALICE, "deploy", "--stage", "prod"],
        cwd=project,
        env={"AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode != 0
    assert ended.stderr.strip() == (
        "This folder is prepared for the stage 'dev', not for 'prod': make deploy STAGE=prod"
    )


# The fingerprint.


def edit(name: str) -> Callable[[Stage], object]:
    def edit(stage: Stage) -> None:
        file = stage.project / name
        file.write_text(file.read_text() + "\n")

    return edit


def configure(change: Callable[[Any], object]) -> Callable[[Stage], object]:
    def configure(stage: Stage) -> None:
        config = tracked_config(stage.project)
        change(config)
        (stage.project / CONFIG).write_text(json.dumps(config))

    return configure


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
        lambda stage: write(stage, KNOWN | {"LOG_LEVEL": "DEBUG"}, POLICIES),
        lambda stage: write(stage, KNOWN, {"erase": POLICIES["erase"]}),
        configure(lambda config: config.update(lambda_timeout=28)),
        configure(lambda config: config["stages"]["dev"].update(lambda_memory_size=128)),
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
    record = stage.project / ".chalice" / "deployed" / "dev.json"
    record.parent.mkdir()
    record.write_text("{}")


@pytest.mark.parametrize(
    "change",
    [
        written,
        run_it,
        be_deployed,
        lambda stage: (stage.project / "x").touch(),
        configure(lambda config: config["stages"]["prod"].update(lambda_memory_size=128)),
    ],
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
