"""``python -m infrastructure.deploy STAGE [--email ADDRESS]``: a stage in your own account.

What Chalice does not make is one CloudFormation stack; the app is Chalice's. Every step looks at
what is there first: run it again whenever it broke off, or to bring a stage up to date.
"""

import argparse
import os
import re
import sys
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import urllib3
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.settings import Settings, SettingsError
from infrastructure import api_tokens, chalice_command, gateway, stack, stage_folder
from infrastructure.account import Account, explained
from infrastructure.api_tokens import TokenFileError
from infrastructure.gateway_responses import put_requests
from infrastructure.names import Names
from infrastructure.permissions import GRANTS, policy_of
from infrastructure.progress import Progress
from infrastructure.settings import settings_of
from infrastructure.stack import Stack
from infrastructure.stack_template import assembled
from infrastructure.stage import API_STAGE, DeploymentError, Stage

OPEN: Final = "open"
_CONFIG: Final = ".chalice/config.json"
_ADDRESS: Final = r"[^@\s]+@[^@\s]+\.[^@\s]+"
_PROD: Final = "prod"
_LOOKS_AT_HEALTH: Final = 20
_SECONDS_BETWEEN_LOOKS: Final = 3.0


@dataclass(frozen=True)
class Wishes:
    """What the person who deploys decides; what is left out stays as it is in the stack.

    Attributes:
        email: Who gets the stories and the alarms.
        sender: Who writes to people about their profile photos; `email`, if nobody is named.
        api_url: The API's address, with ``{api_id}`` in it, where it is not AWS's own.
        anyway: Whether the app is deployed although nothing of it has changed.
    """

    email: str | None = None
    sender: str | None = None
    api_url: str | None = None
    anyway: bool = False


def main(
    arguments: Sequence[str],
    begin: "Callable[[Stage], Deployment]" = lambda stage: Deployment(stage, Account(), Progress()),
) -> int:
    """Deploy, and print what a person wants to know; the exit status."""
    parser = argparse.ArgumentParser(prog="make deploy", description=__doc__)
    parser.add_argument("stage", help="dev, prod, or another of .chalice/config.json")
    parser.add_argument("--email", help="who gets the stories and the alarms")
    parser.add_argument("--sender", help="who writes about profile photos (default: the same)")
    parser.add_argument("--api-url", help=argparse.SUPPRESS)
    parser.add_argument("--anyway", action="store_true", help="deploy the app also if unchanged")
    given = parser.parse_args(arguments)
    try:
        stage = Stage(given.stage)
        wishes = Wishes(given.email or None, given.sender or None, given.api_url, given.anyway)
        begin(stage).run(wishes)
    except (DeploymentError, TokenFileError, OSError, BotoCoreError, ClientError) as error:
        print(f"\ndeploy: {explained(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ndeploy: stopped; run it again to go on.", file=sys.stderr)
        return 130
    return 0


@dataclass(frozen=True)
class Prepared:
    """A stage that only lacks the app.

    Attributes:
        outputs: The stack's.
        environment: The functions' variables.
    """

    outputs: Mapping[str, str]
    environment: Mapping[str, str]

    @property
    def allowed_origin(self) -> str:
        return self.environment.get("ALLOWED_ORIGIN", "*")


class Deployment:
    """The steps of a deployment, in their order."""

    def __init__(
        self,
        stage: Stage,
        account: Account,
        progress: Progress,
        pause: Callable[[], None] = stack.pause,
    ) -> None:
        self._stage = stage
        self._account = account
        self._progress = progress
        self._stack = Stack(
            account.client("cloudformation"), stage.prefix, report=progress.line, pause=pause
        )

    def run(self, wishes: Wishes) -> None:
        """Deploy all of it."""
        prepared = self.prepare(wishes)
        account, progress = self._account, self._progress
        api_id = self._deploy_app(prepared.outputs["MediaBucket"], anyway=wishes.anyway)
        with progress.step("gateway"):
            self._configure_gateway(api_id, prepared)
        url = (wishes.api_url or f"https://{{api_id}}.{account.api_domain}/{API_STAGE}").format(
            api_id=api_id
        )
        with progress.step("GET /health") as said:
            said(wait_for_health(url))
        is_open = prepared.environment["API_TOKENS"] == OPEN
        print(next_steps(self._stage, url, prepared.outputs, is_open=is_open))

    def prepare(self, wishes: Wishes) -> "Prepared":
        """Make what Chalice does not make, and the folder that Chalice goes by."""
        chalice_command.check_python()
        tracked = stage_folder.tracked_config(self._stage.project)
        own = stage_folder.own_config(tracked, self._stage)
        tokens = tokens_of(self._stage, own)
        parameters = self._parameters(wishes, own)
        account, progress = self._account, self._progress
        chalice_command.check_roles(account.client("iam"), self._stage, account.region)
        progress.headline(
            f"Storytime: stage {self._stage.name} in account {account.number}, {account.region}"
        )
        with progress.step(f"stack {self._stage.prefix}") as said:
            changed = self._stack.bring_up_to_date(assembled(), parameters)
            said("up to date" if changed else "nothing to change")
        outputs = self._stack.outputs()
        with progress.step("face collection") as said:
            said("made" if self._make_collection(outputs["FaceCollectionId"]) else "there")
        environment = {**settings_of(outputs), "STAGE": self._stage.name, "API_TOKENS": tokens}
        names = Names.from_environment(environment, self._stage.name)
        policies = {function: policy_of(function, names) for function in GRANTS}
        config = stage_folder.stage_config(tracked, self._stage, policies, environment)
        variables = config["stages"][self._stage.name]["environment_variables"]
        try:  # as the functions will, when they start
            Settings.from_environment(variables)
        except SettingsError as error:
            raise DeploymentError(f"Stage {self._stage.name!r} in {_CONFIG}: {error}") from error
        stage_folder.write(self._stage, config, policies)
        return Prepared(outputs, variables)

    def _parameters(self, wishes: Wishes, own: Mapping[str, Any]) -> dict[str, str]:
        """The template's parameters: what is wished, else what the stack has."""
        now = self._stack.parameters()
        email = wishes.email or now.get("Email")
        if email is None:
            raise DeploymentError(
                f"Say who gets the stories and the alarms: make deploy STAGE={self._stage.name} "
                "EMAIL=you@example.com"
            )
        sender = wishes.sender or now.get("SenderEmail") or email
        for address in (email, sender):
            if not re.fullmatch(_ADDRESS, address):
                raise DeploymentError(f"{address!r} is no e-mail address.")
        return {
            "Stage": self._stage.name,
            "Email": email,
            "SenderEmail": sender,
            "SenderIdentity": self._sender_identity(sender, now),
            "AllowedOrigin": own.get("environment_variables", {}).get("ALLOWED_ORIGIN", "*"),
            # Made once: every id of a story is derived from it.
            "StoryNamespace": now.get("StoryNamespace") or str(uuid.uuid4()),
        }

    def _sender_identity(self, sender: str, now: Mapping[str, str]) -> str:
        """Whether the stack makes the sender known to SES, or somebody did already."""
        if now.get("SenderEmail") == sender:
            return now["SenderIdentity"]
        ses = self._account.client("sesv2")
        try:
            ses.get_email_identity(EmailIdentity=sender)
        except ses.exceptions.NotFoundException:
            return "create"
        return "existing"

    def _make_collection(self, collection: str) -> bool:
        rekognition = self._account.client("rekognition")
        try:
            rekognition.create_collection(CollectionId=collection)
        except rekognition.exceptions.ResourceAlreadyExistsException:
            return False
        return True

    def _deploy_app(self, bucket: str, *, anyway: bool) -> str:
        """Have Chalice deploy, unless nothing has changed since it did; the REST API's id."""
        s3, functions = self._account.client("s3"), self._account.client("lambda")
        stage = self._stage
        chalice_command.forget_record_of_elsewhere(
            stage, self._account.region, self._account.number
        )
        kept = chalice_command.fetch_record(s3, bucket, stage)
        wanted = stage_folder.fingerprint(stage)
        with self._progress.step("chalice deploy") as said:
            code = chalice_command.code_in_lambda(functions, stage)
            if kept == f"{wanted} {code}" and not anyway:
                said("nothing to change")
            else:
                chalice_command.remove_unrecorded_triggers(functions, stage, GRANTS)
                chalice_command.remove_unrecorded_apis(self._account.client("apigateway"), stage)
                chalice_command.run(stage, ["deploy"], self._progress.line)
                code = chalice_command.code_in_lambda(functions, stage)
                chalice_command.keep_record(s3, bucket, stage, f"{wanted} {code}")
        return chalice_command.rest_api_id(self._stage)

    def _configure_gateway(self, api_id: str, prepared: "Prepared") -> None:
        client = self._account.client("apigateway")
        gateway.let_it_write_logs(client, self._account.client("iam"), self._account.partition)
        gateway.configure(
            client,
            api_id,
            responses=put_requests(api_id, prepared.allowed_origin),
            log_group_arn=prepared.outputs["AccessLogGroupArn"],
            requests_per_second=requests_per_second(self._stage),
        )


def requests_per_second(stage: Stage) -> int:
    """What the API takes, on average: a stolen token costs money only so fast."""
    return 100 if stage.name == _PROD else 20


def tokens_of(stage: Stage, own: Mapping[str, Any]) -> str:
    """What API_TOKENS is for a stage: its tokens' digests, or that it is open on purpose.

    `own` is the stage in .chalice/config.json.

    Raises:
        DeploymentError: It has no tokens, and does not say that it is open; or it says both.
    """
    is_open = own.get("environment_variables", {}).get("API_TOKENS") == OPEN
    digests = api_tokens.digests(stage.name, stage.project / ".chalice" / "tokens")
    if is_open and digests:
        raise DeploymentError(
            f"Stage {stage.name!r} is open in .chalice/config.json (API_TOKENS), but has tokens in "
            f".chalice/tokens/{stage.name}: remove one of the two."
        )
    if not is_open and not digests:
        raise DeploymentError(
            f"Stage {stage.name!r} has no API token, so anybody could upload at your expense. "
            f"Make one: make token STAGE={stage.name}. Or open the stage on purpose: "
            f'"environment_variables": {{"API_TOKENS": "open"}} in .chalice/config.json.'
        )
    return OPEN if is_open else ",".join(digests)


def wait_for_health(url: str, pause: Callable[[], object] | None = None) -> str:
    """Ask until the API answers; its first request is a cold start.

    Raises:
        DeploymentError: It does not.
    """
    wait = pause or (lambda: threading.Event().wait(_SECONDS_BETWEEN_LOOKS))
    http = urllib3.PoolManager(retries=False, timeout=30, ca_certs=os.environ.get("AWS_CA_BUNDLE"))
    seen = ""
    for _ in range(_LOOKS_AT_HEALTH):
        try:
            answer = http.request("GET", f"{url}/health")
        except urllib3.exceptions.HTTPError as error:
            seen = str(error)
        else:
            if answer.status == HTTPStatus.OK:
                return "200"
            seen = f"{answer.status} {answer.data[:200].decode(errors='replace')}".strip()
        wait()
    raise DeploymentError(
        f"Everything is deployed, but {url}/health does not answer ({seen}). The function's log "
        "says why: chalice logs in the stage's folder."
    )


def next_steps(stage: Stage, url: str, outputs: Mapping[str, str], *, is_open: bool) -> str:
    """What a person does after a deployment."""
    authorization = "" if is_open else " -H 'Authorization: Bearer <token>'"
    return f"""
API        {url}
Dashboard  CloudWatch, Dashboards, {stage.prefix}

Next
  1. Confirm the two subscriptions that were sent by mail (stories and alarms).
  2. Confirm the mail from Amazon SES to {outputs["SenderEmail"]}; until your account is out of
     SES's sandbox, it writes to confirmed addresses only (docs/deploy.md).
  3. Send a page:
     curl -X POST{authorization} -H 'Content-Type: image/jpeg' \\
          --data-binary @samples/page.jpg {url}/upload

For fast iteration: cd .stages/{stage.name} && chalice deploy --stage {stage.name}
"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
