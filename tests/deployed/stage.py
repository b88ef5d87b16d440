"""A stage in an emulated account, deployed from a copy of this project as the README says."""

import json
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import requests

from chalicelib.aws.dynamodb.stories_table import StoriesTable
from chalicelib.delivery.messages import about
from infrastructure.stack.outputs import settings_of
from samples.draw_page import SAMPLE_PHOTO
from tests.deployed import version_before
from tests.deployed.emulated_account import PROJECT, EmulatedAccount
from tests.fakes.builders import story
from tests.infrastructure.projects import git
from tests.waiting import until

NAME: Final = "proof"
PHOTOS_BEFORE: Final = [SAMPLE_PHOTO.read_bytes() + copy for copy in (b"a copy", b"another one")]
EMAIL: Final = "reader@example.com"


class CommandFailedError(Exception):
    """A command of the project ended with another status than 0."""


class DeployedStage:
    """The stage, after `deploy`; its requests have the token.

    Args:
        folder: Receives the copy of the project.
    """

    def __init__(self, account: EmulatedAccount, folder: Path) -> None:
        self.account = account
        self.project = folder / "storytime"
        self.api = ""
        self.token = ""
        self.said = ""  # by the deployment
        self.lost_id = str(uuid.uuid4())  # of a story without a photo
        self.stories_before: list[dict[str, Any]] = []  # that an earlier version made
        self.audio_before: list[bytes] = []
        self.http = requests.Session()
        self.http.verify = str(account.certificate)
        self.http.trust_env = False  # else the environment's certificates replace this one
        self.outputs: dict[str, str] = {}  # of the stack
        self.settings: dict[str, str] = {}

    def deploy(self) -> None:
        """Run `make token` and `make deploy` as the README says, over an earlier version's stage.

        Without that version, on an empty account.
        """
        self._copy_project()
        if version_before.is_here():
            self._deploy_before()
        self.token = self.make("token").splitlines()[0]
        self.said = self.make("deploy", f"EMAIL={EMAIL}")
        self._look_up()
        self._send_a_page_without_a_photo()

    def _deploy_before(self) -> None:
        """Have an earlier version deploy the stage, and make a story of each photo."""
        folder = self.project.parent / "before"
        self.token = version_before.deploy(self.account, folder, NAME, EMAIL, self._own_config())
        version_before.hand_over_tokens(folder, self.project)
        self._look_up()
        ids = [self.upload(photo).json()["id"] for photo in PHOTOS_BEFORE]
        self.stories_before = [self.ended(story_id).json() for story_id in ids]
        self.audio_before = [self.content(each["audio_url"]) for each in self.stories_before]

    def _send_a_page_without_a_photo(self) -> None:
        """Make a story that can never be read: its message is given up in some minutes.

        Meanwhile, other tests run.
        """
        now = datetime.now(UTC)
        lost = story(id=self.lost_id, created_at=now, enqueued_at=now, unfinished_since=now)
        StoriesTable(self.account.client("dynamodb"), self.settings["STORIES_TABLE"]).claim(lost)
        self.account.client("sqs").send_message(
            QueueUrl=f"{self.settings['QUEUE_URL_PREFIX']}reading",
            MessageBody=msgspec.json.encode(about(lost)).decode(),
        )

    def _look_up(self) -> None:
        """Find the API and the stack's outputs."""
        described = self.account.client("cloudformation").describe_stacks(
            StackName=f"storytime-{NAME}"
        )
        self.outputs = {
            each["OutputKey"]: each["OutputValue"] for each in described["Stacks"][0]["Outputs"]
        }
        self.settings = settings_of(self.outputs)
        (api,) = self.account.client("apigateway").get_rest_apis()["items"]
        self.api = self.account.api_url(api["id"])

    def make(self, target: str, *settings: str) -> str:
        """Run a command for this stage; print its output, and return it.

        Raises:
            CommandFailedError: Its exit status is not 0.
        """
        # This interpreter has what the commands need; `make` shall install nothing.
        installed = (f"RUN={sys.executable}", "LOCAL=")
        return self.run("make", target, *installed, f"STAGE={NAME}", *settings)

    def run(self, *command: str) -> str:
        """Run a command in the project's folder, as `make`."""
        said = []
        with subprocess.Popen(
            command,
            cwd=self.project,
            env=self.account.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                print(line, end="", flush=True)
                said.append(line)
        if process.returncode:
            raise CommandFailedError(f"{' '.join(command)}: {process.returncode}")
        return "".join(said)

    def request(self, method: str, path: str, **given: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", **given.pop("headers", {})}
        return self.http.request(method, f"{self.api}{path}", headers=headers, timeout=60, **given)

    def upload(self, photo: bytes, **headers: str) -> requests.Response:
        dashed = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request(
            "POST", "/upload", data=photo, headers={"Content-Type": "image/jpeg", **dashed}
        )

    def ended(self, story_id: str) -> requests.Response:
        """Poll like a client until the story is ready or failed."""

        def look() -> requests.Response | None:
            answer = self.request("GET", f"/retrieve/{story_id}")
            return answer if answer.status_code != requests.codes.unavailable else None

        return until(look)

    def correct(self, story_id: str, revision: int, **changes: str) -> requests.Response:
        return self.request(
            "PATCH", f"/stories/{story_id}", json=changes, headers={"If-Match": str(revision)}
        )

    def spoken(self, story_id: str) -> Any:
        """Poll until what is to be spoken of a story is heard; meanwhile, what was is heard."""

        def look() -> Any:
            heard = self.request("GET", f"/retrieve/{story_id}")
            assert (heard.status_code, bool(heard.json()["audio_url"])) == (200, True), heard.text
            story = self.request("GET", f"/stories/{story_id}").json()
            return story if story["spoken_revision"] == story["revision"] else None

        return until(look)

    @contextmanager
    def resting(self, function: str) -> Iterator[None]:
        """Let a function take no messages meanwhile; they wait in its queue."""
        functions = self.account.client("lambda")
        (trigger,) = functions.list_event_source_mappings(
            FunctionName=f"storytime-{NAME}-{function}"
        )["EventSourceMappings"]
        functions.update_event_source_mapping(UUID=trigger["UUID"], Enabled=False)
        try:
            yield
        finally:
            functions.update_event_source_mapping(UUID=trigger["UUID"], Enabled=True)

    def keys(self, bucket: str, prefix: str) -> list[str]:
        """Return the keys in a bucket, which a setting names."""
        listed = self.account.client("s3").list_objects_v2(
            Bucket=self.settings[bucket], Prefix=prefix
        )
        return [found["Key"] for found in listed.get("Contents", [])]

    def put_by_hand(self, name: str, photo: bytes) -> dict[str, str]:
        """Put a photo where a person does; return its part of an execution's input."""
        place = {"s3Bucket": self.settings["INTAKE_BUCKET"], "s3Key": f"by-hand/{name}"}
        self.account.client("s3").put_object(
            Bucket=place["s3Bucket"], Key=place["s3Key"], Body=photo
        )
        return place

    def start_workflow(self, given: dict[str, str]) -> str:
        """Start an execution of the profile workflow; return its ARN."""
        arn: str = self.account.client("stepfunctions").start_execution(
            stateMachineArn=self.settings["PROFILE_WORKFLOW_ARN"], input=json.dumps(given)
        )["executionArn"]
        return arn

    def execution(self, arn: str) -> Any:
        return self.account.client("stepfunctions").describe_execution(executionArn=arn)

    def parked(self, step: str) -> int | None:
        """Return the number of a step's parked messages; None if there is none."""
        name = "ApproximateNumberOfMessages"
        url = f"{self.settings['QUEUE_URL_PREFIX']}{step}-parked"
        sqs = self.account.client("sqs")
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
        return int(answer["Attributes"][name]) or None

    def content(self, url: str) -> bytes:
        """Return what CloudFront serves at a URL of a story."""
        path = url.removeprefix(self.settings["MEDIA_BASE_URL"])
        assert path.startswith("/public/")
        answer = self.get(path)
        assert answer.status_code == requests.codes.ok, answer.text
        return answer.content

    def get(self, path: str, **headers: str) -> requests.Response:
        """Request a path of the stage's distribution, at the emulator."""
        domain = self.settings["MEDIA_BASE_URL"].removeprefix("https://")
        return self.http.get(
            f"{self.account.url}{path}",
            headers={"Host": domain, **headers},
            timeout=60,
            allow_redirects=False,
        )

    def paid(self) -> dict[str, int]:
        """Return the numbers of requests to the engines so far."""
        counts: dict[str, int] = requests.get(
            f"{self.account.engines.aws_url}/_local/requests", timeout=10
        ).json()
        return counts

    def log_lines(self) -> list[str]:
        """Return all log lines of the stage's functions."""
        logs = self.account.client("logs")
        groups = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/storytime-{NAME}")
        return [
            event["message"]
            for group in groups["logGroups"]
            for page in logs.get_paginator("filter_log_events").paginate(
                logGroupName=group["logGroupName"]
            )
            for event in page["events"]
        ]

    def _own_config(self) -> dict[str, Any]:
        """Return the stage's part of .chalice/config.json."""
        return {
            # Without it, the emulator sends an empty number, which Chalice cannot read.
            "minimum_compression_size": 10_485_760,
            "environment_variables": {
                "STAGE": NAME,
                **self.account.functions_environment,
                "MAXIMUM_CONCURRENCY": "2",
            },
        }

    def _copy_project(self) -> None:
        """Copy the files that git tracks or would track; add a stage that uses the engines."""
        listed = git(PROJECT, "ls-files", "--cached", "--others", "--exclude-standard")
        for name in listed.splitlines():
            if (PROJECT / name).is_file():
                target = self.project / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(PROJECT / name, target)
        file = self.project / ".chalice" / "config.json"
        config = json.loads(file.read_text())
        config["stages"][NAME] = self._own_config() | {
            "gateway": {"execution_log": "ERROR", "detailed_metrics": True}
        }
        file.write_text(json.dumps(config))
        # `make` installs nothing where it finds this.
        (self.project / ".venv").symlink_to(PROJECT / ".venv")
        git(self.project, "init", "--quiet")
        git(self.project, "add", "--all")
