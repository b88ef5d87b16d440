"""Claims of the README and the docs are compared with the code."""

import ast
import json
import os
import re
from functools import cache
from pathlib import Path

import msgspec
import pytest

from chalicelib.http import parameters
from chalicelib.pages.photo import MAX_PIXELS, MIN_SIDE
from chalicelib.pages.resizing import SIZES
from chalicelib.profiles.profile import FACE_ALREADY_EXISTS
from chalicelib.profiles.registration import UNCLEAR
from chalicelib.settings import Settings
from chalicelib.steps.deletion import MAX_WRITER_DURATION
from chalicelib.steps.intake import MAX_INTAKE_DURATION
from chalicelib.steps.posted_photo import MAX_BYTES
from chalicelib.stories import keys, upload_request
from chalicelib.stories.queues import DEAD_LETTER_TIME_LIMIT, QUEUES, TIME_LIMITS, Step
from chalicelib.stories.story import LEGAL_MOVES
from infrastructure.commands.deploy import requests_per_second
from infrastructure.gateway.diagnostics import DAYS_KEPT, Diagnostics
from infrastructure.iam.names import Names
from infrastructure.iam.permissions import GRANTS, policy_of
from infrastructure.stack.template import WATCH
from infrastructure.stage import Stage
from local.resources.environment import app_environment
from tests.fakes.workflow import DEFINITION
from tests.infrastructure.iam import Need, allows
from tests.infrastructure.projects import functions_of
from tests.infrastructure.resolved import Stack
from tests.proof.ledger import FLOOR
from tests.test_architecture import MAY_IMPORT

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
API = (ROOT / "docs/api.md").read_text()
DEPLOY = (ROOT / "docs/deploy.md").read_text()
OPERATIONS = (ROOT / "docs/operations.md").read_text()
SETTINGS = (ROOT / "docs/settings.md").read_text()
GLOSSARY = (ROOT / "docs/glossary.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
ARCHITECTURE = (ROOT / "docs/architecture.md").read_text()
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "local/README.md"]
OPENAPI = json.loads((ROOT / "docs/openapi.json").read_text())
CONFIG = json.loads((ROOT / ".chalice/config.json").read_text())


def rows_of(page: str, columns: int) -> list[list[str]]:
    """The rows of every table of a page that has this many columns, header and rule left out."""
    tables = re.findall(r"^\|[^\n]*\n\|[-|]+\n((?:\|[^\n]*\n)+)", page, re.MULTILINE)
    rows = [line[1:-1].split("|") for table in tables for line in table.splitlines()]
    return [[cell.strip() for cell in row] for row in rows if len(row) == columns]


def names_in(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@cache
def definitions() -> dict[str, set[Path]]:
    """The files that define each class, function, constant and field of the code."""
    found: dict[str, set[Path]] = {}
    folders = ("chalicelib", "infrastructure", "local", "tests")
    for path in [
        ROOT / "app.py",
        *(path for each in folders for path in ROOT.glob(f"{each}/**/*.py")),
    ]:
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                    found.setdefault(name, set()).add(path)
                case ast.Name(id=name, ctx=ast.Store()):
                    found.setdefault(name, set()).add(path)
    return found


def is_defined(name: str) -> bool:
    """Does the code have this name, or ``Class.attribute``, or a file or folder at this path?"""
    if "/" in name:
        return (ROOT / name).exists()
    files = [definitions().get(part, set()) for part in name.split(".")]
    return bool(set.intersection(*files))


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 130


def test_the_korean_readme_says_what_the_readme_says() -> None:
    """Its commands, links and tables: sentences are for people to compare."""
    korean = (ROOT / "README.ko.md").read_text()

    def outline(readme: str) -> list[str]:
        without_comments = re.sub(r"^# .*\n|\s+# .*$", "", readme, flags=re.MULTILINE)
        commands = re.findall(r"^```console\n(.*?)^```", without_comments, re.MULTILINE | re.DOTALL)
        links = re.findall(r"\]\(([^)]+)\)", readme.replace("README.ko.md", "README.md"))
        headings = re.findall(r"^#+ ", readme, re.MULTILINE)
        return [*commands, *sorted(links), *headings, *re.findall(r"`[^`\n]+`", readme)[:20]]

    assert outline(korean) == outline(README)
    assert f"{FLOOR:,}" in korean


def test_the_readme_states_how_many_schedules_are_played() -> None:
    assert f"at least {FLOOR:,} crash and race schedules" in README


def test_every_setting_is_documented_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (?:`([^`]+)`)? *\|", SETTINGS, re.MULTILINE))

    assert rows == {
        field.encode_name: "" if field.required or field.default is None else str(field.default)
        for field in msgspec.structs.fields(Settings)
    }


def test_every_variable_of_the_commands_is_one_of_the_makefile() -> None:
    table = SETTINGS.split("## Variables of the commands")[1]
    variables = [name for row in rows_of(table, 3) for name in row[0].split(", ")]

    assert len(variables) > 12
    assert [name for name in variables if f"$({name}" not in MAKEFILE] == []


def test_every_route_is_documented() -> None:
    described = {
        f"{method.upper()} {path}": operation
        for path, methods in OPENAPI["paths"].items()
        for method, operation in methods.items()
    }
    rows = {names_in(row[0])[0]: row[1] for row in rows_of(API, 2)}

    assert len(rows) > 15
    assert described.keys() == rows.keys()
    for call, told in rows.items():
        statuses = set(re.findall(r"\b[2345]\d\d\b", told))
        assert statuses <= described[call]["responses"].keys(), call


def test_every_header_that_is_read_is_documented() -> None:
    documented = {names_in(row[0])[0] for row in rows_of(API, 3)}

    assert documented == {"Content-Type", *(header.name for header in parameters.HEADERS)}


def test_the_limits_of_photos_are_those_of_the_code() -> None:
    told = " ".join(API.split())

    assert f"at most {MAX_BYTES:,} bytes and {MAX_PIXELS // 10**6} megapixels" in told
    assert f"at least {MIN_SIDE} pixels a side" in told
    assert f"up to {upload_request.MAX_BYTES // 10**6} MB" in told
    for name, side in SIZES.items():
        assert re.search(rf"`{name}` \((at most )?{side}\b", told)


def test_the_table_of_rooms_is_that_of_the_imports() -> None:
    rows = rows_of(ARCHITECTURE.split("## The rooms")[1].split("\n## ")[0], 3)

    assert {names_in(row[0])[0]: set(names_in(row[1])) for row in rows} == MAY_IMPORT
    lowest_first = [names_in(row[0])[0] for row in rows]
    for number, row in enumerate(rows):
        assert set(names_in(row[1])) <= set(lowest_first[:number])


def test_the_tour_names_files_that_exist_and_every_step() -> None:
    tour = ARCHITECTURE.split("## A tour of the files")[1].split("\n## ")[0]
    files = [name for row in rows_of(tour, 2) for name in names_in(row[0])]

    assert [name for name in files if not (ROOT / name).exists()] == []
    steps = {str(path.relative_to(ROOT)) for path in ROOT.glob("chalicelib/steps/[a-z]*.py")}
    assert steps - set(files) == set()


def test_contributing_names_files_and_names_that_exist() -> None:
    named = re.findall(
        r"`((?:app|chalicelib|infrastructure|local|docs|tests)[\w./]*)`", CONTRIBUTING
    )
    code = re.findall(r"`(_?[A-Z_]{4,}|_\w+)`", CONTRIBUTING)

    assert len(named) > 30
    assert [name for name in named if not (ROOT / name).exists()] == []
    assert [name for name in code if name != "_MAX_" and name not in definitions()] == []


def test_every_word_of_the_glossary_is_in_the_code_once_and_in_order() -> None:
    rows = rows_of(GLOSSARY, 3)
    words = [row[0] for row in rows]

    assert len(words) > 40
    assert words == sorted(set(words), key=str.lower)
    assert [row[0] for row in rows if not names_in(row[2])] == []
    assert [name for row in rows for name in names_in(row[2]) if not is_defined(name)] == []


def test_every_make_target_that_is_mentioned_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))

    mentioned = {
        target
        for page in PAGES
        for code in re.findall(r"`[^`\n]+`|^make .+$", page.read_text(), re.MULTILINE)
        for target in re.findall(r"\bmake ([a-z][a-z-]*)", code)
    }

    assert len(mentioned) > 10
    assert mentioned - targets == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_picture_of_a_story_is_its_legal_moves() -> None:
    picture = ARCHITECTURE.split("stateDiagram-v2")[1].split("```")[0]
    drawn = set(re.findall(r"^    (\w+) --> (\w+)", picture, re.MULTILINE))

    assert drawn == {(origin, to) for origin, targets in LEGAL_MOVES.items() for to in targets}


def test_the_picture_of_the_profile_workflow_is_its_state_machine() -> None:
    picture = ARCHITECTURE.split("stateDiagram-v2")[2].split("```")[0]
    drawn = set(re.findall(r"^ *(\[\*\]|\w+) --> (\[\*\]|\w+)", picture, re.MULTILINE))

    branches = {
        branch["StartAt"] for branch in DEFINITION["States"]["ParallelProcessing"]["Branches"]
    }
    ways = {("[*]", name) for name in (DEFINITION["StartAt"], *branches)}
    besides = {"ProcessingFailed", "Superseded", "Failed"}
    for name, state in DEFINITION["States"].items():
        if name in besides:
            continue
        follows = [catcher["Next"] for catcher in state["Catch"]] + [state.get("Next", "[*]")]
        assert {"ProcessingFailed", "Superseded"} <= set(follows)
        ways |= {(name, other) for other in follows if other not in besides}

    assert drawn == ways


def test_the_picture_of_a_deployment_has_every_module() -> None:
    picture = ARCHITECTURE.split("## A deployment")[1]
    besides = {"account.py", "elsewhere.py", "iam/deployer.py", "stage.py", "stack/outputs.py"}
    besides.add("word_lists.py")
    besides |= {f"commands/{name}.py" for name in ("ending", "progress", "redrive")}
    rooms = ROOT / "infrastructure"

    modules = {str(path.relative_to(rooms)) for path in rooms.rglob("[a-z]*.py")}

    assert set(re.findall(r"[a-z_/]+\.py", picture)) == modules - besides


def test_every_reason_to_refuse_a_profile_photo_is_documented() -> None:
    code = (ROOT / "chalicelib/profiles/requirements.py").read_text()
    reasons = {*re.findall(r'Refusal\(\s*"(\w+)"', code), FACE_ALREADY_EXISTS.code, UNCLEAR.code}

    assert len(reasons) > 9
    assert [reason for reason in reasons if f"`{reason}`" not in API] == []


def test_the_table_of_functions_has_each_one_that_works_on_no_queue() -> None:
    told = [
        (function, megabytes, seconds)
        for cell, megabytes, seconds, _ in rows_of(DEPLOY, 4)
        for function in names_in(cell)
        if function in GRANTS
    ]
    settings = functions_of("dev")
    of_queues = {each for queue in QUEUES for each in (queue.handler, queue.dead_letter_handler)}

    assert sorted(told) == [
        (
            function,
            str(settings[function]["lambda_memory_size"]),
            str(settings[function]["lambda_timeout"]),
        )
        for function in sorted(GRANTS.keys() - of_queues)
    ]


@pytest.mark.parametrize(("stage", "column"), [("dev", 1), ("prod", 2)])
def test_the_table_of_stages_has_the_figures_of_each(stage: str, column: int) -> None:
    about_stages = [row for row in rows_of(DEPLOY, 4) if not {*names_in(row[0])} & GRANTS.keys()]
    figures = figures_of(stage)

    assert [row[column] for row in about_stages] == [
        CONFIG["stages"][stage]["environment_variables"]["MAXIMUM_CONCURRENCY"],
        str(requests_per_second(Stage(stage))),
        f"{figures['logs kept']} days",
        {1: "a day", 7: "a week"}[figures["table restorable"]],
        "yes" if figures["table protected"] else "no",
    ]


def figures_of(stage: str) -> dict[str, int]:
    """How long a stage keeps what outlives a deletion, in days, and if its table is protected."""
    stack = Stack(stage)
    (table,) = stack.of_type("DynamoDB::Table")
    recovery = table["PointInTimeRecoverySpecification"]
    assert recovery["PointInTimeRecoveryEnabled"]
    (kept,) = {
        each["RetentionInDays"]
        for each in stack.of_type("Logs::LogGroup")
        if "/aws/lambda/" in each["LogGroupName"]
    }
    return {
        "logs kept": kept,
        "access logs kept": stack.resources["AccessLog"]["RetentionInDays"],
        "table restorable": recovery["RecoveryPeriodInDays"],
        "table protected": table["DeletionProtectionEnabled"],
    }


def test_the_table_of_alarms_says_when_each_is_raised() -> None:
    told = dict(
        re.findall(r"^\| `([\w<>-]+)` \| ([>≥] \d+ in \d+ min) \|", OPERATIONS, re.MULTILINE)
    )
    signs = {"GreaterThanThreshold": ">", "GreaterThanOrEqualToThreshold": "≥"}

    explained = set()
    for alarm in Stack("dev", WATCH).of_type("CloudWatch::Alarm"):
        name = alarm["AlarmName"].removeprefix("storytime-dev-")
        if name not in told:  # the row of all queues or functions
            name = re.sub(rf"^({'|'.join(Step)})-", "<queue>-", name)
            name = re.sub("^errors-.*", "errors-<function>", name)
        sign = signs[alarm["ComparisonOperator"]]
        assert told[name] == f"{sign} {alarm['Threshold']} in {alarm['Period'] // 60} min", name
        assert alarm["EvaluationPeriods"] == 1
        explained.add(name)
    assert explained == told.keys()


def test_the_page_of_operations_names_the_log_groups_and_the_table() -> None:
    stack = Stack("prod")
    groups = [each["LogGroupName"] for each in stack.of_type("Logs::LogGroup")]
    others = [name for name in groups if not name.startswith("/aws/lambda/")]

    assert others
    assert [name for name in others if name.replace("prod", "<stage>") not in OPERATIONS] == []
    assert stack.of_type("DynamoDB::Table")[0]["TableName"] in OPERATIONS


def test_the_example_of_a_stage_with_diagnostics_is_valid() -> None:
    (example,) = re.findall(r'^"dev": (\{"gateway": .+\})$', DEPLOY, re.MULTILINE)

    found = Diagnostics.of_stage(Stage("dev"), json.loads(example))

    assert found == Diagnostics("ERROR", detailed_metrics=True)


def test_the_example_of_an_execution_by_hand_may_read_its_photo() -> None:
    section = OPERATIONS.split("## A profile photo by hand")[1].split("\n## ")[0]
    (folder,) = re.findall(r"aws s3 cp (?:\S+) s3://\$bucket/(\S+)", section)
    (key,) = re.findall(r'"s3Key": "([^"]+)"', section)
    names = Names.from_environment(app_environment(1), "local")

    assert key.startswith(folder)
    for bucket, may_read in ((names.intake_bucket, True), (names.media_bucket, False)):
        need = Need("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")
        assert allows(policy_of("detect_face", names), need) is may_read
    assert f"bucket={names.intake_bucket}`" in section
    assert f":stateMachine:{names.workflow}`" in section
    (reason,) = re.findall(r'`"(.+)"`', section)
    assert f'"{reason}"' in (ROOT / "chalicelib/profiles/requirements.py").read_text()


def test_the_times_that_data_outlives_a_deletion_are_those_of_the_template() -> None:
    told = " ".join((ROOT / "SECURITY.md").read_text().split())
    dev, prod = figures_of("dev"), figures_of("prod")

    days = f"{dev['table restorable']} day, in prod {prod['table restorable']}"
    assert f"recovery of the table ({days})" in told
    assert f"of functions ({dev['logs kept']} days, in prod {prod['logs kept']};" in told
    assert dev["access logs kept"] == prod["access logs kept"]
    assert f"of access ({dev['access logs kept']} days;" in told
    assert f"execution log ({DAYS_KEPT} days;" in told
    photos = upload_request.PHOTO_KEPT_FOR.days
    assert f"in the intake bucket, which is private, for {photos} days" in told
    for prefix in (keys.ARRIVALS, "profiles/<user_id>/", keys.REJECTED):
        (row,) = (
            line for line in ARCHITECTURE.splitlines() if f"intake bucket, `{prefix}`" in line
        )
        assert f"kept for {photos} days" in row
    assert f"upload request; kept for {upload_request.REQUEST_KEPT_FOR.days} days" in ARCHITECTURE
    assert f"for {DAYS_KEPT} days" in DEPLOY.split("### API Gateway's execution log")[1]


def test_no_lease_outlives_its_function() -> None:
    functions = functions_of("prod")
    for queue in QUEUES:
        assert queue.time_limit.total_seconds() == functions[queue.handler]["lambda_timeout"]
        timeout = functions[queue.dead_letter_handler]["lambda_timeout"]
        assert DEAD_LETTER_TIME_LIMIT.total_seconds() <= timeout


def test_a_deletion_waits_for_the_slowest_writer() -> None:
    intake = max(CONFIG["lambda_timeout"], functions_of("prod")["take_in_staged"]["lambda_timeout"])
    assert MAX_INTAKE_DURATION.total_seconds() >= intake
    assert max(MAX_INTAKE_DURATION, *TIME_LIMITS.values()) <= MAX_WRITER_DURATION


def test_ci_runs_the_readmes_test_command() -> None:
    steps = re.findall(r"^step \w+ \d+ (.+)$", (ROOT / ".ci/run").read_text(), re.MULTILINE)

    assert {"test", "prove", "test-deployed"} <= set(steps)
    assert "make test" in README
    assert os.access(ROOT / ".ci/run", os.X_OK)


def test_make_help_lists_every_target() -> None:
    makefile = MAKEFILE.replace("\\\n", "")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony

    assert re.findall(r"^([a-z-]+):.* ## ", makefile, re.MULTILINE) == phony[1].split()
