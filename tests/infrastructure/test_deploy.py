"""What `make deploy` decides and says; that it deploys is for tests/deployed."""

import io
import json
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chalicelib.settings import Settings
from infrastructure import chalice_record, stage_folder
from infrastructure.commands.deploy import (
    Deployment,
    main,
    next_steps,
    requests_per_second,
    wait_for_health,
)
from infrastructure.commands.preparation import Preparation, Wishes, tokens_of
from infrastructure.commands.progress import Progress
from infrastructure.iam.permissions import GRANTS, policy_of
from infrastructure.stack.outputs import settings_of
from infrastructure.stage import DeploymentError, Stage
from tests.infrastructure import projects
from tests.infrastructure.deployed_outputs import names, outputs
from tests.infrastructure.fake_cloudformation import NO_CHANGES, FakeCloudFormation
from tests.infrastructure.fake_gateway import API, FakeGateway, FakeIam
from tests.infrastructure.fake_lambda import FakeLambda
from tests.infrastructure.fake_service import FakeAccount, RefusalError
from tests.infrastructure.projects import DIGEST, project_at, stage_at
from tests.infrastructure.resolved import Stack
from tests.local.conftest import Aws

EMAIL = "reader@example.com"
NOW = {
    "Stage": "dev",
    "Email": EMAIL,
    "SenderEmail": "stories@example.com",
    "SenderIdentity": "create",
    "AllowedOrigin": "*",
    "StoryNamespace": "2f6b1b0e-6c1c-4c0e-9d6a-5b0f0c6a7e11",
}


class Deploying:
    """A deployment of a small project, and what it showed."""

    def __init__(
        self, aws: Aws, stage: Stage, cloudformation: FakeCloudFormation | None = None
    ) -> None:
        self.aws = aws
        self.stage = stage
        self.cloudformation = cloudformation or unchanged()
        self.functions = FakeLambda(**{"": {}})
        self.gateway = FakeGateway()
        self.out = io.StringIO()

    @property
    def deployment(self) -> Deployment:
        account = FakeAccount(
            self.aws, self.cloudformation, self.functions, self.gateway, FakeIam()
        )
        progress = Progress(self.out, lambda: 0.0)
        return Deployment(self.stage, account, progress, self.cloudformation.pause)

    @property
    def preparation(self) -> Preparation:
        account = FakeAccount(self.aws, self.cloudformation, FakeIam())
        progress = Progress(self.out, lambda: 0.0)
        return Preparation(self.stage, account, progress, self.cloudformation.pause)

    def parameters(self, email: str | None = None, sender: str | None = None) -> dict[str, str]:
        """What the template is given."""
        self.preparation.run(Wishes(email, sender))
        asked = self.cloudformation.requests("create_change_set")[-1]["Parameters"]
        return {each["ParameterKey"]: each["ParameterValue"] for each in asked}

    def refusal(self, email: str | None = None, sender: str | None = None) -> str:
        with pytest.raises(DeploymentError) as caught:
            self.preparation.run(Wishes(email, sender))
        assert self.cloudformation.requests("create_change_set") == []
        return str(caught.value)


def unchanged(**parameters: str) -> FakeCloudFormation:
    """A stack that is there, and to which nothing changes."""
    stack = FakeCloudFormation("CREATE_COMPLETE", outputs=outputs(), parameters=NOW | parameters)
    stack.change_set = ("FAILED", NO_CHANGES)
    return stack


def missing() -> FakeCloudFormation:
    """A stack that comes to be."""
    stack = FakeCloudFormation(outputs=outputs())
    stack.will_be("CREATE_COMPLETE", ("StoriesTable", "CREATE_COMPLETE"))
    return stack


def configure(project: Path, **stages: dict[str, Any]) -> None:
    config = json.loads((project / stage_folder.CONFIG).read_text())
    config["stages"] |= stages
    (project / stage_folder.CONFIG).write_text(json.dumps(config))


# Settings and tokens.


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_every_required_setting_but_the_tokens_is_an_output_of_the_stack(stage: str) -> None:
    required = {field.encode_name for field in msgspec.structs.fields(Settings) if field.required}

    found = settings_of(Stack(stage).outputs)

    assert found.keys() == required - {"API_TOKENS"}
    assert found["MEDIA_BUCKET"] == f"storytime-{stage}-media-123456789012-us-east-1"
    Settings.from_environment({**settings_of(outputs(stage)), "API_TOKENS": "open"})


def test_what_is_no_setting_is_left_out() -> None:
    assert settings_of({"AlarmTopicArn": "arn", "MediaBaseUrl": "https://x"}) == {
        "MEDIA_BASE_URL": "https://x"
    }


def own(stage: Stage) -> dict[str, Any]:
    return stage_folder.own_config(stage_folder.tracked_config(stage.project), stage)


def test_a_stages_tokens_are_its_digests(tmp_path: Path) -> None:
    stage = stage_at(tmp_path)
    other = "b" * 64
    (tmp_path / ".chalice" / "tokens" / "dev").write_text(f"{DIGEST}\n{other}\n")

    assert tokens_of(stage, own(stage)) == f"{DIGEST},{other}"


def test_a_stage_may_be_open_on_purpose(tmp_path: Path) -> None:
    stage = stage_at(tmp_path, "open")

    assert tokens_of(stage, own(stage)) == "open"


def test_without_tokens_a_stage_is_not_deployed(tmp_path: Path) -> None:
    stage = stage_at(tmp_path, "prod")

    with pytest.raises(DeploymentError) as caught:
        tokens_of(stage, own(stage))

    assert str(caught.value) == (
        "Stage 'prod' has no API token, so anybody could upload at your expense. Make one: make "
        "token STAGE=prod. Or open the stage on purpose: "
        '"environment_variables": {"API_TOKENS": "open"} in .chalice/config.json.'
    )


def test_a_stage_is_not_open_and_closed(tmp_path: Path) -> None:
    stage = stage_at(tmp_path, "open")
    (tmp_path / ".chalice" / "tokens" / "open").write_text(DIGEST)

    with pytest.raises(DeploymentError) as caught:
        tokens_of(stage, own(stage))

    assert str(caught.value) == (
        "Stage 'open' is open in .chalice/config.json (API_TOKENS), but has tokens in "
        ".chalice/tokens/open: remove one of the two."
    )


def test_prod_takes_more_requests_than_any_other() -> None:
    assert requests_per_second(Stage("prod")) == 100
    assert requests_per_second(Stage("dev")) == requests_per_second(Stage("prod2")) == 20


# The template's parameters.


def test_the_first_deployment_asks_for_an_address(aws: Aws, tmp_path: Path) -> None:
    deploying = Deploying(aws, stage_at(tmp_path), FakeCloudFormation())

    assert deploying.refusal() == (
        "Say who gets the stories and the alarms: the same command with EMAIL=you@example.com"
    )


@pytest.mark.parametrize(
    ("wishes", "address"),
    [
        ({"email": "reader"}, "reader"),
        ({"email": "a b@example.com"}, "a b@example.com"),
        ({"email": EMAIL, "sender": "me@localhost"}, "me@localhost"),
    ],
)
def test_what_is_no_address_is_said_before_anything_is_made(
    aws: Aws, tmp_path: Path, wishes: dict[str, str], address: str
) -> None:
    deploying = Deploying(aws, stage_at(tmp_path), FakeCloudFormation())

    assert deploying.refusal(**wishes) == f"{address!r} is no e-mail address."


def test_a_new_stage_gets_a_secret_of_its_own_and_one_address_for_both(
    aws: Aws, tmp_path: Path
) -> None:
    given = Deploying(aws, stage_at(tmp_path), missing()).parameters(email=EMAIL)

    assert uuid.UUID(given.pop("StoryNamespace")).version == 4
    assert given == {
        "Stage": "dev",
        "Email": EMAIL,
        "SenderEmail": EMAIL,
        "SenderIdentity": "create",
        "AllowedOrigin": "*",
    }


def test_no_two_stages_share_the_secret(aws: Aws, tmp_path: Path) -> None:
    secrets = [
        Deploying(aws, stage_at(tmp_path / name), missing()).parameters(email=EMAIL)[
            "StoryNamespace"
        ]
        for name in ("one", "two")
    ]

    assert secrets[0] != secrets[1]


def test_what_is_not_wished_otherwise_stays_as_it_is(aws: Aws, tmp_path: Path) -> None:
    assert Deploying(aws, stage_at(tmp_path)).parameters() == NOW


def test_what_is_wished_changes_and_nothing_else(aws: Aws, tmp_path: Path) -> None:
    given = Deploying(aws, stage_at(tmp_path)).parameters(email="other@example.com")

    assert given == NOW | {"Email": "other@example.com"}


def test_the_origin_is_the_stages_own_setting(aws: Aws, tmp_path: Path) -> None:
    stage = stage_at(tmp_path)
    origin = "https://app.example.com"
    configure(tmp_path, dev={"environment_variables": {"ALLOWED_ORIGIN": origin}})

    assert Deploying(aws, stage).parameters()["AllowedOrigin"] == origin


def test_a_sender_that_ses_knows_already_is_not_made(aws: Aws, tmp_path: Path) -> None:
    aws.stack_client("sesv2").create_email_identity(EmailIdentity=EMAIL)

    given = Deploying(aws, stage_at(tmp_path), missing()).parameters(email=EMAIL)

    assert given["SenderIdentity"] == "existing"


def test_a_sender_that_the_stack_made_stays_the_stacks(aws: Aws, tmp_path: Path) -> None:
    aws.stack_client("sesv2").create_email_identity(EmailIdentity=NOW["SenderEmail"])

    assert Deploying(aws, stage_at(tmp_path)).parameters()["SenderIdentity"] == "create"


def test_a_sender_of_another_stage_that_went_with_it_is_made_anew(aws: Aws, tmp_path: Path) -> None:
    shared = unchanged(SenderIdentity="existing")

    assert Deploying(aws, stage_at(tmp_path), shared).parameters()["SenderIdentity"] == "create"


def test_another_sender_is_looked_up(aws: Aws, tmp_path: Path) -> None:
    aws.stack_client("sesv2").create_email_identity(EmailIdentity="new@example.com")

    given = Deploying(aws, stage_at(tmp_path)).parameters(sender="new@example.com")

    assert (given["SenderEmail"], given["SenderIdentity"]) == ("new@example.com", "existing")


# What is there before the app.


def test_a_new_stage_is_prepared_and_shown(aws: Aws, tmp_path: Path) -> None:
    deploying = Deploying(aws, stage_at(tmp_path), missing())

    prepared = deploying.preparation.run(Wishes(EMAIL))

    assert deploying.out.getvalue() == (
        "Storytime: stage dev in account 123456789012, us-east-1\n"
        "\n"
        "  stack storytime-dev\n"
        "    StoriesTable create complete\n"
        "  stack storytime-dev ............... 0.0 s, up to date\n"
        "  face collection ................... 0.0 s, made\n"
    )
    collections = aws.stack_client("rekognition").list_collections()["CollectionIds"]
    assert collections == ["storytime-dev-faces"]
    folder = deploying.stage.folder / ".chalice"
    config = json.loads((folder / "config.json").read_text())["stages"]["dev"]
    assert config["environment_variables"] == prepared.environment
    assert prepared.environment == {
        **settings_of(outputs()),
        "MAXIMUM_CONCURRENCY": "5",
        "STAGE": "dev",
        "API_TOKENS": DIGEST,
    }
    assert config["lambda_functions"].keys() == GRANTS.keys()
    for function in GRANTS:
        policy = json.loads((folder / f"policy-{function}.json").read_text())
        assert policy == policy_of(function, names())


def test_prepared_again_nothing_is_made(aws: Aws, tmp_path: Path) -> None:
    aws.stack_client("rekognition").create_collection(CollectionId="storytime-dev-faces")
    deploying = Deploying(aws, stage_at(tmp_path))

    deploying.preparation.run(Wishes())

    assert deploying.out.getvalue().splitlines()[2:] == [
        "  stack storytime-dev ............... 0.0 s, nothing to change",
        "  face collection ................... 0.0 s, there",
    ]


def test_settings_with_which_no_function_could_start_are_not_deployed(
    aws: Aws, tmp_path: Path
) -> None:
    stage = stage_at(tmp_path)
    configure(tmp_path, dev={"environment_variables": {"MAXIMUM_CONCURRENCY": "1"}})

    with pytest.raises(DeploymentError) as caught:
        Deploying(aws, stage).preparation.run(Wishes())

    assert str(caught.value) == (
        "Stage 'dev' in .chalice/config.json: A setting is not valid: "
        "Expected `int` >= 2 - at `$.MAXIMUM_CONCURRENCY`."
    )
    assert not stage.folder.exists()


# The app.


@contextmanager
def api_that_answers(*statuses: int) -> Iterator[tuple[str, list[str]]]:
    """A server on this machine that answers so, the last for ever; and what it was asked."""
    left, asked = deque(statuses), []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            status = left.popleft() if len(left) > 1 else left[0]
            self.send_response(status)
            self.send_header("Content-Length", "7")
            self.end_headers()
            self.wfile.write(b"an api\n")

        def log_message(self, format: str, *arguments: object) -> None: ...  # noqa: A002

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def once_deployed(deploying: Deploying) -> None:
    """As a deployment leaves it: the record, and the fingerprint of what was deployed."""
    deploying.preparation.run(Wishes())
    stage, s3 = deploying.stage, deploying.aws.stack_client("s3")
    s3.create_bucket(Bucket=outputs()["MediaBucket"])
    file = chalice_record.record_file(stage)
    file.parent.mkdir()
    api = {"name": "rest_api", "resource_type": "rest_api", "rest_api_id": API}
    file.write_text(json.dumps({"schema_version": "2.0", "backend": "api", "resources": [api]}))
    deployed = f"{stage_folder.fingerprint(stage)} c0de="
    chalice_record.keep_record(s3, outputs()["MediaBucket"], stage, deployed)
    deploying.out.truncate(0)
    deploying.out.seek(0)


def test_deployed_again_it_says_what_there_is_and_what_to_do_next(
    aws: Aws, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deploying = Deploying(aws, stage_at(tmp_path))
    once_deployed(deploying)

    with api_that_answers(200) as (url, asked):
        deploying.deployment.run(Wishes(api_url=f"{url}/{{api_id}}"))

    assert asked == [f"/api/{API}/health"]
    assert deploying.out.getvalue().splitlines()[2:] == [
        "  stack storytime-dev ............... 0.0 s, nothing to change",
        "  face collection ................... 0.0 s, there",
        "  chalice deploy .................... 0.0 s, nothing to change",
        "  gateway ........................... 0.0 s",
        "  GET /health ....................... 0.0 s, 200",
    ]
    assert f"API        {url}/{API}\n" in capsys.readouterr().out
    assert deploying.gateway.put() != []
    limits = {each["path"]: each["value"] for each in deploying.gateway.patches}
    assert limits["/*/*/throttling/rateLimit"] == "20"
    assert limits["/accessLogSettings/destinationArn"] == outputs()["AccessLogGroupArn"]


def _edit_the_app(deploying: Deploying) -> None:
    app = deploying.stage.project / "app.py"
    app.write_text(app.read_text() + "# edited\n")


def _lose_the_function(deploying: Deploying) -> None:
    deploying.functions.functions.clear()


def _deploy_by_hand(deploying: Deploying) -> None:
    deploying.functions.code = "0ther="


@pytest.mark.parametrize("change", [_edit_the_app, _lose_the_function, _deploy_by_hand])
def test_the_app_is_deployed_if_it_is_not_what_was_deployed(
    aws: Aws, tmp_path: Path, change: Callable[[Deploying], None]
) -> None:
    deploying = Deploying(aws, stage_at(tmp_path))
    break_the_app(deploying)
    once_deployed(deploying)
    change(deploying)

    with pytest.raises(DeploymentError, match=r"^`chalice deploy` failed"):
        deploying.deployment.run(Wishes())

    assert_chalice_ran(deploying)


def test_it_is_deployed_anyway_if_asked_to(aws: Aws, tmp_path: Path) -> None:
    deploying = Deploying(aws, stage_at(tmp_path))
    break_the_app(deploying)
    once_deployed(deploying)

    with pytest.raises(DeploymentError, match=r"^`chalice deploy` failed"):
        deploying.deployment.run(Wishes(anyway=True))

    assert_chalice_ran(deploying)


def test_triggers_and_apis_without_a_record_are_removed_before(aws: Aws, tmp_path: Path) -> None:
    deploying = Deploying(aws, stage_at(tmp_path))
    break_the_app(deploying)
    once_deployed(deploying)
    leftover = "00000000-0000-0000-0000-000000000001"
    deploying.functions.functions["storytime-dev-erase"] = {leftover: "Deleting"}
    deploying.functions.gone_after = 1
    deploying.gateway.apis |= {"old": "storytime-dev", "other": "storytime-prod"}

    with pytest.raises(DeploymentError):
        deploying.deployment.run(Wishes(anyway=True))

    assert deploying.functions.functions["storytime-dev-erase"] == {}
    assert deploying.gateway.apis == {API: "storytime-dev", "other": "storytime-prod"}


def break_the_app(deploying: Deploying) -> None:
    (deploying.stage.project / "app.py").write_text('raise RuntimeError("broken")\n')


def assert_chalice_ran(deploying: Deploying) -> None:
    lines = deploying.out.getvalue().splitlines()
    assert lines[-2:] == [
        "    RuntimeError: broken",
        "  chalice deploy .................... 0.0 s, not done",
    ]
    assert deploying.gateway.put() == []


# Health.


def test_the_api_is_asked_until_it_answers() -> None:
    waits: list[str] = []

    with api_that_answers(503, 500, 200) as (url, asked):
        assert wait_for_health(url, lambda: waits.append("a moment")) == "200"

    assert asked == ["/api/health"] * 3
    assert len(waits) == 2


def test_an_api_that_never_answers_properly_is_said() -> None:
    with api_that_answers(503) as (url, asked), pytest.raises(DeploymentError) as caught:
        wait_for_health(url, lambda: None)

    assert str(caught.value) == (
        f"Everything is deployed, but {url}/health does not answer (503 an api). The function's "
        "log in CloudWatch says why: /aws/lambda/storytime-<stage>."
    )
    assert len(asked) == 20


def test_an_api_that_cannot_be_reached_is_said() -> None:
    with api_that_answers(200) as (url, _):
        pass

    with pytest.raises(DeploymentError, match=r"/health does not answer .*Connection refused"):
        wait_for_health(url, lambda: None)


# What a person sees.


def test_the_next_steps() -> None:
    assert next_steps(
        Stage("dev"),
        "https://abc123.execute-api.us-east-1.amazonaws.com/api",
        {"SenderEmail": EMAIL},
        is_open=False,
    ) == (
        """
API        https://abc123.execute-api.us-east-1.amazonaws.com/api
Dashboard  CloudWatch, Dashboards, storytime-dev

Next
  1. Confirm the two subscriptions that were sent by mail (stories and alarms).
  2. Confirm the mail from Amazon SES to reader@example.com; until your account is out of
     SES's sandbox, it writes to confirmed addresses only (docs/deploy.md).
  3. Send a page:
     curl -X POST -H 'Authorization: Bearer <token>' -H 'Content-Type: image/jpeg' \\
          --data-binary @samples/page.jpg https://abc123.execute-api.us-east-1.amazonaws.com/api/upload

For fast iteration: cd .stages/dev && ../../.venv/bin/chalice deploy --stage dev
"""
    )


def test_an_open_stage_needs_no_token() -> None:
    steps = next_steps(Stage("dev"), "https://x", {"SenderEmail": EMAIL}, is_open=True)

    assert "     curl -X POST -H 'Content-Type: image/jpeg' \\\n" in steps
    assert "token" not in steps


def never(_: Stage) -> Deployment:
    raise AssertionError("it asked AWS although it could not be done")


def test_a_name_that_is_no_stage_is_said_before_aws_is_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["local"], never) == 1
    assert capsys.readouterr().err.startswith("\ndeploy: 'local' cannot be a stage: ")


def test_what_cannot_be_done_is_one_clear_message(
    aws: Aws, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = project_at(tmp_path)
    (project / ".chalice" / "tokens" / "dev").write_text("st_a-token-by-mistake")

    def begin(stage: Stage) -> Deployment:
        return Deploying(aws, Stage(stage.name, project)).deployment

    assert main(["prod"], begin) == 1
    assert capsys.readouterr().err.startswith("\ndeploy: Stage 'prod' has no API token")
    assert main(["mine", "--email", EMAIL], begin) == 1
    assert capsys.readouterr().err.startswith("\ndeploy: Stage 'mine' is not in .chalice")
    assert main(["dev"], begin) == 1
    said = capsys.readouterr().err
    assert "line 1: not a SHA-256 digest" in said
    assert "by-mistake" not in said


class Forbidden(FakeCloudFormation):
    """To whoever is not allowed to change it."""

    def create_change_set(self, **_: object) -> Any:
        raise RefusalError("AccessDenied", "User me is not authorized", 403)


def test_what_aws_does_not_allow_is_one_clear_message(
    aws: Aws, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deploying = Deploying(aws, stage_at(tmp_path), Forbidden("CREATE_COMPLETE", parameters=NOW))

    assert main(["dev"], lambda _: deploying.deployment) == 1

    said = capsys.readouterr().err
    assert said.startswith("\ndeploy: An error occurred (AccessDenied)")
    assert said.endswith("docs/deploy.md lists what is needed), and run the same command again.\n")
    assert deploying.out.getvalue().endswith("storytime-dev ............... 0.0 s, not done\n")


def test_it_can_be_stopped(capsys: pytest.CaptureFixture[str]) -> None:
    def stop(_: Stage) -> Deployment:
        raise KeyboardInterrupt

    assert main(["dev"], stop) == 130
    assert capsys.readouterr().err == "\ndeploy: stopped; run it again to go on.\n"


def test_the_project_has_every_stage_that_the_readme_names() -> None:
    tracked = stage_folder.tracked_config(projects.ROOT)

    for name in ("dev", "prod"):
        assert stage_folder.own_config(tracked, Stage(name))
