"""What `make deploy` decides and prints. tests/deployed proves that it deploys."""

import io
import json
import re
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.settings import Settings
from infrastructure import chalice_record, stage_files
from infrastructure.commands.deploy import Deployment, main, next_steps, wait_for_health
from infrastructure.commands.preparation import Preparation, Prepared, Wishes, tokens_of
from infrastructure.commands.progress import Progress
from infrastructure.services import lacking_concurrency
from infrastructure.stack.outputs import settings_of
from infrastructure.stage import DeploymentError, Stage
from local.server.http_server import HttpServer
from tests.fakes.account import NO_CHANGES, STACK, FakeAccount, RefusalError, Request
from tests.infrastructure import projects
from tests.infrastructure.projects import DIGEST
from tests.infrastructure.resolved import Stack, outputs

EMAIL: Final = "reader@example.com"
NOW: Final = {
    "Stage": "dev",
    "Email": EMAIL,
    "SenderEmail": "stories@example.com",
    "SenderIdentity": "create",
    "AllowedOrigin": "*",
    "StoryNamespace": "2f6b1b0e-6c1c-4c0e-9d6a-5b0f0c6a7e11",
    "IndexProjection": "KEYS_ONLY",
    "ApiId": "",
}


class Deploying:
    """The deployment of a small project, and what it printed. Nothing changes in the stack."""

    def __init__(self, account: FakeAccount, stage: Stage) -> None:
        self.account = account
        self.stage = stage
        self.out = io.StringIO()
        self.progress = Progress(self.out, lambda: 0.0)
        account.stack.exists("CREATE_COMPLETE", outputs=outputs(), parameters=dict(NOW))
        account.stack.change_set = ("FAILED", NO_CHANGES)
        account.watch.exists("CREATE_COMPLETE")
        account.watch.change_set = ("FAILED", NO_CHANGES)
        account.functions.triggers = {"storytime-dev": []}

    def is_new(self) -> "Deploying":
        """The stack is created now."""
        self.account.stack.status, self.account.stack.parameters = None, {}
        self.account.stack.change_set = ("CREATE_COMPLETE", "")
        self.account.stack.will_be("CREATE_COMPLETE", ("StoriesTable", "CREATE_COMPLETE"))
        return self

    def deployment(self, stage: Stage | None = None) -> Deployment:
        pause = self.account.stacks.pause
        return Deployment(stage or self.stage, self.account, self.progress, pause)

    def preparation(self) -> Preparation:
        return Preparation(self.stage, self.account, self.progress, self.account.stacks.pause)

    def prepare(self, email: str | None = None, sender: str | None = None) -> Prepared:
        return self.preparation().run(Wishes(email, sender))

    def parameters(self, email: str | None = None, sender: str | None = None) -> dict[str, str]:
        """The template's parameters."""
        self.prepare(email, sender)
        asked = self.account.requests("create_change_set")
        parameters = [each["Parameters"] for each in asked if each["StackName"] == STACK][-1]
        return {each["ParameterKey"]: each["ParameterValue"] for each in parameters}

    def knows_sender(self, address: str) -> None:
        self.account.client("sesv2").create_email_identity(EmailIdentity=address)

    def configure(self, **variables: str) -> None:
        """Set variables of the stage dev in .chalice/config.json."""
        self.set(environment_variables={"STAGE": "dev", **variables})

    def set(self, **own: object) -> None:
        """Replace parts of the stage dev in .chalice/config.json."""
        file = self.stage.project / stage_files.CONFIG
        config = json.loads(file.read_text())
        config["stages"]["dev"] |= own
        file.write_text(json.dumps(config))


@pytest.fixture
def deploying(account: FakeAccount, stage: Stage) -> Deploying:
    return Deploying(account, stage)


# Settings and tokens.


@pytest.mark.parametrize("stage_name", ["dev", "prod"])
def test_every_required_setting_except_the_tokens_is_an_output(stage_name: str) -> None:
    required = {field.encode_name for field in msgspec.structs.fields(Settings) if field.required}

    outputs_of_stack = Stack(stage_name).outputs
    found = settings_of(outputs_of_stack)

    assert found.keys() == required - {"API_TOKENS"}
    more = {"AccessLogGroupArn", "AlarmTopicArn", "WebBucket"}
    assert len(outputs_of_stack) == len(found) + len(more & outputs_of_stack.keys())
    assert found["MEDIA_BUCKET"] == f"storytime-{stage_name}-media-123456789012-us-east-1"
    Settings.from_environment({**settings_of(outputs(stage_name)), "API_TOKENS": "open"})


def tokens_in(project: Path, name: str, *digests: str) -> str:
    stage = projects.stage_at(project, name)
    (project / ".chalice" / "tokens" / name).write_text("\n".join(digests))
    return tokens_of(stage, stage_files.own_config(projects.CONFIG, stage))


def test_a_stage_is_either_open_or_has_tokens(tmp_path: Path) -> None:
    assert tokens_in(tmp_path / "1", "dev", DIGEST, "b" * 64) == f"{DIGEST},{'b' * 64}"
    assert tokens_in(tmp_path / "2", "open") == "open"

    with pytest.raises(DeploymentError, match=r"^Stage 'prod' has no API token, .*STAGE=prod\. Or"):
        tokens_in(tmp_path / "3", "prod")
    with pytest.raises(
        DeploymentError, match=r"is open .* but has tokens in \.chalice/tokens/open"
    ):
        tokens_in(tmp_path / "4", "open", DIGEST)


# The stacks.


def test_alarms_leave_the_main_stack_before_the_other_one_makes_them(deploying: Deploying) -> None:
    """Earlier versions had one stack, and the names of alarms are unique."""
    account = deploying.account
    account.watch.status = None
    for stack in (account.stack, account.watch):
        stack.change_set = ("CREATE_COMPLETE", "")
    account.stack.will_be("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    account.stack.will_be("UPDATE_COMPLETE", ("ThrottlesAlarm", "DELETE_COMPLETE"))

    deploying.prepare()

    lines = deploying.out.getvalue().splitlines()
    assert lines[2:6] == [
        "  stack storytime-dev",
        "    ThrottlesAlarm delete complete",
        "  stack storytime-dev ............... 0.0 s, up to date",
        "  stack storytime-dev-watch ......... 0.0 s, up to date",
    ]
    assert account.watch.parameters == {"Stage": "dev"}
    assert account.watch.status == "CREATE_COMPLETE"


# The template's parameters.


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        ({}, "Say who receives the stories and the alarms: .* EMAIL=you@example.com$"),
        ({"email": "reader"}, "^'reader' is not an e-mail address"),
        ({"email": "a b@example.com"}, "^'a b@example.com' is not an e-mail address"),
        ({"email": EMAIL, "sender": "me@localhost"}, "^'me@localhost' is not an e-mail address"),
    ],
)
def test_without_a_valid_address_nothing_is_made(
    deploying: Deploying, wishes: dict[str, str], said: str
) -> None:
    with pytest.raises(DeploymentError, match=said):
        deploying.is_new().prepare(**wishes)

    assert deploying.account.requests("create_change_set") == []


def test_a_new_stage_gets_a_random_namespace_and_one_address_for_both(
    deploying: Deploying, tmp_path: Path
) -> None:
    given = deploying.is_new().parameters(email=EMAIL)
    other = Deploying(deploying.account, projects.stage_at(tmp_path / "other")).is_new()

    namespace = given["StoryNamespace"]
    assert uuid.UUID(namespace).version == 4
    assert other.parameters(email=EMAIL)["StoryNamespace"] != namespace
    assert given == NOW | {"SenderEmail": EMAIL, "StoryNamespace": namespace}


def test_the_indexes_of_a_stage_stay_as_they_are(deploying: Deploying) -> None:
    """CloudFormation can change no index; an older stage has whole records in its two."""
    del deploying.account.stack.parameters["IndexProjection"]  # type: ignore[attr-defined]

    assert deploying.parameters()["IndexProjection"] == "ALL"


EXISTING: Final = {"SenderIdentity": "existing"}
SHARED: Final = {"Email": "other@example.com", "SenderEmail": "new@example.com"}


@pytest.mark.parametrize(
    ("now", "wishes", "known", "expected"),
    [
        (NOW, {}, "", NOW),
        (NOW, {"email": "other@example.com"}, "", NOW | {"Email": "other@example.com"}),
        (NOW, {}, NOW["SenderEmail"], NOW),  # the stack made this identity
        (NOW | EXISTING, {}, "", NOW),  # another stage made the identity, and has deleted it
        (NOW, {"sender": "new@example.com"}, "", NOW | {"SenderEmail": "new@example.com"}),
        (
            NOW,
            {"email": "other@example.com", "sender": "new@example.com"},
            "new@example.com",
            NOW | SHARED | EXISTING,
        ),
    ],
)
def test_the_stack_keeps_its_parameters_unless_others_are_wished(
    deploying: Deploying,
    now: dict[str, str],
    wishes: dict[str, str],
    known: str,
    expected: dict[str, str],
) -> None:
    deploying.account.stack.parameters = now
    if known:
        deploying.knows_sender(known)

    assert deploying.parameters(**wishes) == expected


def test_a_new_stage_uses_a_sender_that_ses_knows(deploying: Deploying) -> None:
    deploying.knows_sender(EMAIL)

    assert deploying.is_new().parameters(email=EMAIL)["SenderIdentity"] == "existing"


def test_the_allowed_origin_is_the_stages_own_setting(deploying: Deploying) -> None:
    deploying.configure(ALLOWED_ORIGIN="https://app.example.com")

    assert deploying.parameters()["AllowedOrigin"] == "https://app.example.com"


def test_settings_with_which_no_function_could_start_are_not_deployed(
    deploying: Deploying,
) -> None:
    deploying.configure(MAXIMUM_CONCURRENCY="1")

    said = r"^Stage 'dev' in \.chalice/config\.json: .*>= 2 - at `\$\.MAXIMUM_CONCURRENCY`\.$"
    with pytest.raises(DeploymentError, match=said):
        deploying.prepare()

    assert not (deploying.stage.project / stage_files.SETTINGS).exists()


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"READ_ALONG": "no"}, r"Invalid enum value 'no' - at `\$\.READ_ALONG`\.$"),
        ({"SPEECH_ENGINE": "generative"}, "makes no speech marks; set READ_ALONG to off, or"),
    ],
)
def test_a_choice_that_is_not_valid_is_named_before_aws_is_asked(
    deploying: Deploying, variables: dict[str, str], said: str
) -> None:
    deploying.configure(**variables)

    with pytest.raises(DeploymentError, match=rf"^Stage 'dev' in \.chalice/config\.json: .*{said}"):
        deploying.prepare()

    assert deploying.account.services_asked() == set()


@pytest.mark.parametrize(
    ("region", "variables"),
    [("eu-west-1", {"TEXTRACT_REGION": "eu-north-1"}), ("sa-east-1", {"READER": "textract"})],
)
def test_a_region_without_textract_is_named_before_anything_is_made(
    deploying: Deploying, region: str, variables: dict[str, str]
) -> None:
    deploying.account.region = region
    deploying.configure(**variables)

    said = (
        r"is not in (eu-north|sa-east)-1\. Set TEXTRACT_REGION .* eu-west-1, .*; or set READER to"
    )
    with pytest.raises(DeploymentError, match=said):
        deploying.prepare()

    assert deploying.account.asked == []


@pytest.mark.parametrize("variables", [{"TEXTRACT_REGION": "us-east-1"}, {"READER": "rekognition"}])
def test_a_region_without_textract_may_use_another_one_or_none(
    deploying: Deploying, variables: dict[str, str]
) -> None:
    deploying.account.region = "sa-east-1"
    deploying.configure(**variables)

    assert deploying.prepare().environment.items() >= variables.items()


@pytest.mark.parametrize(
    ("service", "operation", "engine", "said"),
    [
        ("rekognition", "list_collections", "neural", "^Rekognition, .* is not in us-.* eu-west-1"),
        ("polly", "describe_voices", "neural", '^Polly has no neural .*"standard", or.* eu-west-1'),
        ("polly", "describe_voices", "long-form", "^Polly has no long-form .*example us-east-1: A"),
    ],
)
def test_a_region_without_a_service_is_named_before_anything_is_made(
    deploying: Deploying, service: str, operation: str, engine: str, said: str
) -> None:
    deploying.configure(SPEECH_ENGINE=engine)

    def is_not_there(_: Request) -> None:
        raise EndpointConnectionError(endpoint_url=f"https://{service}.us-east-1.amazonaws.com")

    deploying.account.play(service, operation, is_not_there)

    with pytest.raises(DeploymentError, match=said):
        deploying.prepare()

    assert deploying.account.services_asked() <= {"rekognition", "polly"}


def test_a_region_with_standard_voices_only_is_enough_if_a_stage_wants_no_others(
    deploying: Deploying,
) -> None:
    def voices(request: Request) -> dict[str, Any]:
        if request["Engine"] != "standard":
            raise RefusalError("ValidationException", "1 validation error detected: engine")
        return {"Voices": [{"Id": "Joanna"}]}

    deploying.account.play("polly", "describe_voices", voices)
    with pytest.raises(DeploymentError, match=r"^Polly has no neural voices"):
        deploying.prepare()
    deploying.configure(SPEECH_ENGINE="standard")

    assert deploying.prepare().settings.speech_engine == "standard"


@pytest.mark.parametrize(("allowed", "is_said"), [(10, True), (1000, False)])
def test_an_account_with_little_concurrency_is_told_how_to_ask_for_more(
    deploying: Deploying, allowed: int, *, is_said: bool
) -> None:
    limit = {"ConcurrentExecutions": allowed}
    deploying.account.play("lambda", "get_account_settings", lambda _: {"AccountLimit": limit})
    settings = deploying.prepare().settings

    said = lacking_concurrency(settings, deploying.account)

    assert ("at most 10 functions" in said) is is_said
    assert ("--service-code lambda --quota-code L-B99A9384" in said) is is_said


# The app.


@contextmanager
def api_that_answers(*statuses: int) -> Iterator[tuple[str, list[str]]]:
    """A server that answers with each status, then always with the last; and the paths it got."""
    left, asked = deque(statuses), list[str]()

    def answer(environ: Any, start_response: Any) -> list[bytes]:
        asked.append(environ["PATH_INFO"])
        start_response(f"{left.popleft() if len(left) > 1 else left[0]} status", [])
        return [b"an api\n"]

    server = HttpServer(0)
    server.start(answer)
    try:
        yield f"{server.url}/api", asked
    finally:
        server.stop()


def deployed_once(deploying: Deploying) -> str:
    """Leave what a deployment leaves; return the API's id."""
    prepared = deploying.prepare()
    s3, bucket = deploying.account.client("s3"), outputs()["MediaBucket"]
    s3.create_bucket(Bucket=bucket)
    s3.create_bucket(Bucket=outputs()["WebBucket"])
    api = deploying.account.api()
    deploying.account.stack.parameters = NOW | {"ApiId": api}
    deploying.preparation().publish_page(prepared)
    file = chalice_record.record_file(deploying.stage)
    file.parent.mkdir()
    resource = {"name": "rest_api", "resource_type": "rest_api", "rest_api_id": api}
    record = {"schema_version": "2.0", "backend": "api", "resources": [resource]}
    file.write_text(json.dumps(record))
    fingerprint = f"{stage_files.fingerprint(deploying.stage)} c0de="
    chalice_record.keep_record(s3, bucket, deploying.stage, fingerprint)
    deploying.out.truncate(0)
    deploying.out.seek(0)
    return api


def test_a_second_deployment_changes_nothing_and_prints_the_next_steps(
    deploying: Deploying, capsys: pytest.CaptureFixture[str]
) -> None:
    api = deployed_once(deploying)

    with api_that_answers(200) as (url, asked):
        deploying.deployment().run(Wishes(api_url=f"{url}/{{api_id}}"))

    assert asked == [f"/api/{api}/health"]
    assert deploying.out.getvalue().splitlines()[2:] == [
        "  stack storytime-dev ............... 0.0 s, nothing to change",
        "  stack storytime-dev-watch ......... 0.0 s, nothing to change",
        "  face collection ................... 0.0 s, there",
        "  chalice deploy .................... 0.0 s, nothing to change",
        "  gateway ........................... 0.0 s",
        "  GET /health ....................... 0.0 s, 200",
        "  /api in CloudFront ................ 0.0 s, nothing to change",
        "  web page .......................... 0.0 s, nothing to change",
    ]
    said = capsys.readouterr().out
    assert said.startswith(f"\nPage       {outputs()['MediaBaseUrl']}\nAPI        {url}/{api}\n")
    assert deploying.account.requests("put_gateway_response") != []
    stage = deploying.account.client("apigateway").get_stage(restApiId=api, stageName="api")
    assert stage["methodSettings"]["*/*"]["throttlingRateLimit"] == 20
    assert stage["methodSettings"]["*/*"]["loggingLevel"] == "OFF"
    assert stage["accessLogSettings"]["destinationArn"] == outputs()["AccessLogGroupArn"]
    assert deploying.account.requests("create_log_group") == []


def test_the_execution_log_is_switched_on_without_deploying_the_app(deploying: Deploying) -> None:
    api = deployed_once(deploying)
    deploying.set(gateway={"execution_log": "ERROR"})

    with api_that_answers(200) as (url, _):
        deploying.deployment().run(Wishes(api_url=url))

    assert (
        "chalice deploy .................... 0.0 s, nothing to change" in deploying.out.getvalue()
    )
    stage = deploying.account.client("apigateway").get_stage(restApiId=api, stageName="api")
    assert stage["methodSettings"]["*/*"]["loggingLevel"] == "ERROR"
    (group,) = deploying.account.client("logs").describe_log_groups()["logGroups"]
    assert (api in group["logGroupName"], group["retentionInDays"]) == (True, 7)


def test_a_wrong_setting_of_api_gateway_is_named_before_anything_is_made(
    deploying: Deploying,
) -> None:
    deploying.set(gateway={"execution_log": "DEBUG"})

    with pytest.raises(DeploymentError, match=r'^"gateway" of stage'):
        deploying.prepare()

    assert deploying.account.asked == []


def edit_the_app(deploying: Deploying) -> None:
    app = deploying.stage.project / "app.py"
    app.write_text(app.read_text() + "# edited\n")


def lose_the_function(deploying: Deploying) -> None:
    deploying.account.functions.triggers.clear()


def deploy_by_hand(deploying: Deploying) -> None:
    deploying.account.functions.code = "0ther="


@pytest.mark.parametrize(
    ("change", "anyway"),
    [
        (edit_the_app, False),
        (lose_the_function, False),
        (deploy_by_hand, False),
        (lambda _: None, True),
    ],
)
def test_the_app_is_deployed_if_it_differs_or_if_that_is_wished(
    deploying: Deploying, change: Callable[[Deploying], None], *, anyway: bool
) -> None:
    (deploying.stage.project / "app.py").write_text('raise RuntimeError("broken")\n')
    api = deployed_once(deploying)
    leftover = "00000000-0000-0000-0000-000000000001"
    functions, apis = deploying.account.functions, deploying.account.client("apigateway")
    functions.looks_until_gone = 0
    old, other = deploying.account.api(), deploying.account.api("storytime-prod")
    change(deploying)
    functions.triggers["storytime-dev-erase"] = [leftover]

    with pytest.raises(DeploymentError, match=r"^`chalice deploy` failed"):
        deploying.deployment().run(Wishes(anyway=anyway))

    assert deploying.out.getvalue().splitlines()[-2:] == [
        "    RuntimeError: broken",
        "  chalice deploy .................... 0.0 s, not done",
    ]
    assert deploying.account.requests("put_gateway_response") == []
    # Triggers and APIs that Chalice would make a second time were deleted before.
    assert functions.triggers["storytime-dev-erase"] == []
    left = {each["id"] for each in apis.get_rest_apis()["items"]}
    assert left == {api, other} != {api, other, old}


# Health.


def test_health_is_requested_until_it_answers_200() -> None:
    waits: list[str] = []

    with api_that_answers(503, 500, 200) as (url, asked):
        assert wait_for_health(url, lambda: waits.append("a moment")) == "200"

    assert asked == ["/api/health"] * 3
    assert len(waits) == 2


def test_an_api_that_does_not_answer_200_is_an_error() -> None:
    with api_that_answers(503) as (url, asked), pytest.raises(DeploymentError) as caught:
        wait_for_health(url, lambda: None)
    with pytest.raises(DeploymentError, match=r"/health does not answer .*Connection refused"):
        wait_for_health(url, lambda: None)  # nobody listens there any more

    assert str(caught.value) == (
        f"Everything is deployed, but {url}/health does not answer (503 an api). The function's "
        "log in CloudWatch says why: /aws/lambda/storytime-<stage>."
    )
    assert len(asked) == 20


# What the command prints.


@pytest.mark.parametrize(
    ("setting", "said"),
    [("on", "speech marks double Polly's part of the price"), ("off", "no times of their words")],
)
def test_the_command_says_what_read_along_costs(
    deploying: Deploying, capsys: pytest.CaptureFixture[str], setting: str, said: str
) -> None:
    deploying.configure(READ_ALONG=setting)
    deployed_once(deploying)
    capsys.readouterr()

    with api_that_answers(200) as (url, _):
        deploying.deployment().run(Wishes(api_url=f"{url}/{{api_id}}"))

    (line,) = [line for line in capsys.readouterr().out.splitlines() if "Read-along" in line]
    assert line.startswith(f"Read-along is {setting}: ")
    assert said in line


def parameters_of_updates(deploying: Deploying) -> list[str]:
    """The APIs that CloudFront was told to serve, one for each update of the main stack."""
    asked = deploying.account.requests("create_change_set")
    return [
        each["ParameterValue"]
        for request in asked
        for each in request["Parameters"]
        if each["ParameterKey"] == "ApiId"
    ]


@pytest.mark.parametrize("served", ["", "an0ther"])
def test_cloudfront_serves_the_api_that_chalice_made(deploying: Deploying, served: str) -> None:
    """In a second update of the stack: the first one keeps what is served."""
    api, stack = deployed_once(deploying), deploying.account.stack
    stack.parameters = NOW | {"ApiId": served}
    stack.change_set = ("CREATE_COMPLETE", "")
    for _ in range(2):
        stack.will_be("UPDATE_COMPLETE", ("Distribution", "UPDATE_COMPLETE"))
    deploying.account.asked.clear()

    with api_that_answers(200) as (url, _):
        deploying.deployment().run(Wishes(api_url=f"{url}/{{api_id}}"))

    assert parameters_of_updates(deploying) == [served, api]
    assert stack.parameters == NOW | {"ApiId": api}
    assert deploying.out.getvalue().splitlines()[-4:-1] == [
        "  /api in CloudFront",
        "    Distribution update complete",
        "  /api in CloudFront ................ 0.0 s, up to date",
    ]


def test_terraforms_api_is_told_by_the_person(deploying: Deploying) -> None:
    deploying.preparation().run(Wishes(api_id="terra4m"))

    assert parameters_of_updates(deploying) == ["terra4m"]
    with pytest.raises(DeploymentError, match="'None!' is not the id of a REST API"):
        Wishes(api_id="None!")


def test_only_files_of_the_page_that_changed_are_uploaded(deploying: Deploying) -> None:
    deployed_once(deploying)
    (deploying.stage.project / "web" / "index.html").write_text("another\n")
    deploying.account.asked.clear()

    with api_that_answers(200) as (url, _):
        deploying.deployment().run(Wishes(api_url=f"{url}/{{api_id}}"))

    assert (
        "\n  web page .......................... 0.0 s, 1 files uploaded, 0 "
        in deploying.out.getvalue()
    )
    (put,) = deploying.account.requests("put_object")
    assert (put["Bucket"], put["Key"]) == (outputs()["WebBucket"], "index.html")
    assert "cloudfront" not in deploying.account.services_asked()


@pytest.mark.parametrize("is_open", [True, False])
def test_the_next_steps_show_how_to_send_a_page(*, is_open: bool) -> None:
    of_stack = outputs() | {"SenderEmail": EMAIL}

    steps = next_steps(Stage("dev"), "https://x", "us-east-1", of_stack, None, is_open=is_open)

    assert "\nAPI        https://x\n" in steps
    assert f"Amazon SES to {EMAIL}." in steps
    assert "--data-binary @samples/page.jpg https://x/upload\n" in steps
    assert ("-H 'Authorization: Bearer <token>'" in steps) is not is_open
    assert f"\nPage       {of_stack['MediaBaseUrl']}\n" in steps
    assert (f"{of_stack['MediaBaseUrl']}/#join=<token>" in steps) is not is_open
    assert ("make token STAGE=dev NAME=phone" in steps) is not is_open


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["local"], "'local' cannot be a stage: "),
        (["prod"], "Stage 'prod' has no API token"),
        (["mine", "--email", EMAIL], "Stage 'mine' is not in .chalice"),
        (["dev"], ".chalice/tokens/dev, line 1: not a SHA-256 digest"),
    ],
)
def test_what_cannot_be_deployed_is_one_clear_message_before_aws_is_asked(
    deploying: Deploying,
    arguments: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    project = deploying.stage.project
    (project / ".chalice" / "tokens" / "dev").write_text("st_a-token-by-mistake")

    def begin(stage: Stage) -> Deployment:
        return deploying.deployment(Stage(stage.name, project))

    assert main(arguments, begin) == 1

    message = capsys.readouterr().err.replace(str(project) + "/", "")
    assert message.startswith(f"\ndeploy: {said}")
    assert "by-mistake" not in message
    assert deploying.account.asked == []


def test_a_missing_permission_is_one_clear_message(
    deploying: Deploying, capsys: pytest.CaptureFixture[str]
) -> None:
    error = RefusalError("AccessDenied", "User me is not authorized")
    deploying.account.refuse("cloudformation", "create_change_set", error)

    assert main(["dev"], lambda _: deploying.deployment()) == 1

    assert re.match(
        r"\ndeploy: .*\(AccessDenied\).*\n.*make deployer-policy prints what is needed",
        capsys.readouterr().err,
    )
    assert deploying.out.getvalue().endswith("storytime-dev ............... 0.0 s, not done\n")
