"""What the README and the docs claim, held against the code."""

import json
import os
import re
from pathlib import Path

import msgspec
import pytest

from chalicelib.pages.photo import MAX_PIXELS, MIN_SIDE
from chalicelib.profiles.profile import FACE_ALREADY_EXISTS
from chalicelib.profiles.registration import UNCLEAR
from chalicelib.settings import Settings
from chalicelib.steps.deletion import MAX_WRITER_DURATION
from chalicelib.steps.intake import MAX_BYTES, MAX_INTAKE_DURATION
from chalicelib.stories.queues import DEAD_LETTER_TIME_LIMIT, TIME_LIMITS, Step
from chalicelib.stories.story import LEGAL_MOVES
from tests.states_language import DEFINITION

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
APP = (ROOT / "app.py").read_text()
ARCHITECTURE = (ROOT / "docs/architecture.md").read_text()
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "local/README.md"]
STEP_FUNCTIONS = {
    Step.INTAKE: "take_in_staged",
    Step.READING: "read_page",
    Step.NARRATION: "narrate",
    Step.RENDITIONS: "make_renditions",
    Step.DELETION: "erase",
}
CONFIG = json.loads((ROOT / ".chalice/config.json").read_text())


def test_every_setting_is_in_the_readme_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (?:`([^`]+)`)? *\|", README, re.MULTILINE))

    assert rows == {
        field.encode_name: "" if field.required else str(field.default)
        for field in msgspec.structs.fields(Settings)
    }


def test_every_route_is_in_the_readme() -> None:
    routes = re.findall(r'@(?:app\.)?route\("([^"]+)", methods=\["(\w+)"\]', APP)

    documented = set(re.findall(r"`((?:GET|POST|PUT|DELETE) /[^`]+)`", README))

    assert len(routes) > 12
    assert {f"{method} {path}" for path, method in routes} <= documented


def test_every_header_that_is_read_is_in_the_readme() -> None:
    http = "".join(
        (ROOT / f"chalicelib/{name}.py").read_text() for name in ("http/requests", "http/profiles")
    )
    read = re.findall(r'"(x-[\w-]+|content-disposition)"', http, re.IGNORECASE)

    documented = {name.lower() for name in re.findall(r"^\| `([\w-]+)` \|", README, re.MULTILINE)}

    assert {name.lower() for name in read} <= documented


def test_the_limits_in_the_readme_are_those_of_the_code() -> None:
    assert f"at most {MAX_BYTES:,}\nbytes and {MAX_PIXELS // 10**6} megapixels" in README
    assert f"at least {MIN_SIDE} pixels a side" in README


def test_every_file_of_the_tour_exists() -> None:
    tour = re.findall(
        r"^\| `((?:app|chalicelib|infrastructure|local)[\w./]*)` \|", README, re.MULTILINE
    )

    assert len(tour) > 8
    assert [name for name in tour if not (ROOT / name).exists()] == []


def test_every_make_target_that_is_mentioned_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"make ([a-z-]+)", README)) <= targets


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
    besides = {"account.py", "elsewhere.py", "stage.py", "stack/outputs.py"}
    besides |= {f"commands/{name}.py" for name in ("ending", "progress", "redrive", "stage_queues")}
    rooms = ROOT / "infrastructure"

    modules = {str(path.relative_to(rooms)) for path in rooms.rglob("[a-z]*.py")}

    assert set(re.findall(r"[a-z_/]+\.py", picture)) == modules - besides


def test_every_reason_why_a_profile_photo_may_not_do_is_in_the_readme() -> None:
    code = (ROOT / "chalicelib/profiles/requirements.py").read_text()
    reasons = {*re.findall(r'Refusal\(\s*"(\w+)"', code), FACE_ALREADY_EXISTS.code, UNCLEAR.code}

    assert len(reasons) > 9
    assert [reason for reason in reasons if f"`{reason}`" not in README] == []


def test_no_lease_outlives_its_function() -> None:
    functions = CONFIG["stages"]["local"]["lambda_functions"]
    for step, limit in TIME_LIMITS.items():
        assert limit.total_seconds() == functions[STEP_FUNCTIONS[step]]["lambda_timeout"]
        burial = functions[f"give_up_{step}"]["lambda_timeout"]
        assert DEAD_LETTER_TIME_LIMIT.total_seconds() <= burial


def test_a_deletion_waits_for_everybody_who_may_still_write() -> None:
    functions = CONFIG["stages"]["local"]["lambda_functions"]
    api_seconds = CONFIG["lambda_timeout"]

    intake = max(api_seconds, functions["take_in_staged"]["lambda_timeout"])
    assert MAX_INTAKE_DURATION.total_seconds() >= intake
    assert max(MAX_INTAKE_DURATION, *TIME_LIMITS.values()) <= MAX_WRITER_DURATION


def test_what_outlives_a_deletion_is_told_as_the_template_has_it() -> None:
    template = (ROOT / "infrastructure/template.yaml").read_text()
    told = " ".join((ROOT / "SECURITY.md").read_text().split())

    assert re.findall(r"RecoveryPeriodInDays: !If \[IsProd, (\d+), (\d+)\]", template) == [
        ("7", "1")
    ]
    assert set(re.findall(r"RetentionInDays: (.+?)(?: #|$)", template, re.MULTILINE)) == {
        "!If [IsProd, 90, 30]",
        "30",
    }
    assert "recovery of the table (1 day, in prod 7)" in told
    assert "of functions (30 days, in prod 90;" in told
    assert "of access (30 days;" in told


def test_ci_runs_the_readmes_test_command() -> None:
    steps = re.findall(r"^step \w+ \d+ (.+)$", (ROOT / ".ci/run").read_text(), re.MULTILINE)

    assert {"test", "prove", "test-deployed"} <= set(steps)
    assert "make test" in README
    assert os.access(ROOT / ".ci/run", os.X_OK)


def test_make_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", "")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony

    assert re.findall(r"^([a-z-]+):.* ## ", makefile, re.MULTILINE) == phony[1].split()
