"""Prepare a stage: everything that must exist before Chalice deploys the app."""

import argparse
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass
from functools import cached_property
from typing import Any, Final, TypeVar

from chalicelib.http.tokens import OPEN
from chalicelib.settings import Choices, Settings, SettingsError
from infrastructure import api_tokens, elsewhere, stage_files, website
from infrastructure.account import Account
from infrastructure.chalice.bytecode import put_bytecode
from infrastructure.chalice.command import check_python
from infrastructure.commands.progress import Progress
from infrastructure.gateway.diagnostics import Diagnostics
from infrastructure.iam.names import Names
from infrastructure.iam.permissions import GRANTS, policy_of
from infrastructure.services import check_services
from infrastructure.stack.outputs import settings_of
from infrastructure.stack.stack import Stack, pause, stacks_of
from infrastructure.stack.template import MAIN, WATCH, assembled
from infrastructure.stage import DeploymentError, Stage

_Kind = TypeVar("_Kind", bound=Choices)
_ADDRESS: Final = r"[^@\s]+@[^@\s]+\.[^@\s]+"


@dataclass(frozen=True)
class Wishes:
    """Choices of the person who deploys. The stack keeps its present value where one is None.

    Attributes:
        email: Receives the stories and the alarms.
        sender: Sends the e-mails about profile photos; `email` is the default.
        api_url: The API's address, with ``{api_id}``, if it is not AWS's own.
        anyway: Deploy the app even if it did not change.
        api_id: The REST API that CloudFront serves beside the page.

    Raises:
        DeploymentError: An e-mail address or the id is not valid.
    """

    email: str | None = None
    sender: str | None = None
    api_url: str | None = None
    anyway: bool = False
    api_id: str | None = None

    def __post_init__(self) -> None:
        for address in filter(None, (self.email, self.sender)):
            if not re.fullmatch(_ADDRESS, address):
                raise DeploymentError(f"{address!r} is not an e-mail address.")
        if self.api_id and not re.fullmatch("[a-z0-9]+", self.api_id):
            raise DeploymentError(f"{self.api_id!r} is not the id of a REST API.")


def add_addresses(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--email", help="receives the stories and the alarms")
    parser.add_argument("--sender", help="sends e-mails about profile photos (default: --email)")


@dataclass(frozen=True)
class Prepared:
    """A stage that lacks only the app.

    Attributes:
        parameters: The stack's parameters.
        outputs: The stack's outputs.
        environment: The functions' environment variables.
        diagnostics: What API Gateway reports.
        settings: The app's settings, of that environment.
    """

    parameters: Mapping[str, str]
    outputs: Mapping[str, str]
    environment: Mapping[str, str]
    diagnostics: Diagnostics
    settings: Settings

    @property
    def allowed_origin(self) -> str:
        return self.environment.get("ALLOWED_ORIGIN", "*")

    @property
    def page(self) -> str:
        """The address of the page; the API is below it, at ``/api``."""
        return self.outputs["MediaBaseUrl"]


def check(stage: Stage) -> None:
    """Check what can be checked without AWS.

    Raises:
        DeploymentError: The stage is not in .chalice/config.json or has no tokens, or Lambda
            cannot run this Python.
    """
    check_python()
    tokens_of(stage, stage_files.own_config(stage_files.tracked_config(stage.project), stage))


@dataclass(frozen=True)
class Preparation:
    """Creates or updates everything of a stage except the app."""

    stage: Stage
    account: Account
    progress: Progress
    pause: Callable[[], None] = pause

    @cached_property
    def _stacks(self) -> list[Stack]:
        client = self.account.client("cloudformation")
        return stacks_of(client, self.stage, self.progress.line, self.pause)

    def run(self, wishes: Wishes) -> Prepared:
        """Create or update the stacks and the face collection; write the stage's files."""
        own = stage_files.own_config(stage_files.tracked_config(self.stage.project), self.stage)
        tokens = tokens_of(self.stage, own)
        diagnostics = Diagnostics.of_stage(self.stage, own)
        self._checked(Choices, own["environment_variables"])
        check_services(own["environment_variables"], self.account)
        parameters = self._parameters(wishes, own)
        account, progress = self.account, self.progress
        elsewhere.check_roles(account.client("iam"), self.stage, account.region)
        progress.headline(
            f"Storytime: stage {self.stage.name} in account {account.number}, {account.region}"
        )
        main, watch = self._stacks
        # First the main stack: earlier versions had the alarms in it, and their names are unique.
        self._bring_up_to_date(main, assembled(MAIN), parameters)
        self._bring_up_to_date(watch, assembled(WATCH), {"Stage": self.stage.name})
        outputs = main.outputs()
        with progress.step("face collection") as said:
            said("made" if self._make_collection(outputs["FaceCollectionId"]) else "there")
        settings = {**settings_of(outputs), "STAGE": self.stage.name, "API_TOKENS": tokens}
        variables = {**settings, **own["environment_variables"]}
        checked = self._checked(Settings, variables)
        names = Names.from_environment(variables, self.stage.name)
        policies = {function: policy_of(function, names) for function in GRANTS}
        stage_files.write(self.stage, settings, policies)
        put_bytecode(self.stage.project)
        return Prepared(parameters, outputs, variables, diagnostics, checked)

    def show_api(self, prepared: Prepared, api_id: str) -> None:
        """Have CloudFront serve the API beside the page, which takes it some minutes."""
        with self.progress.step("/api in CloudFront") as said:
            if prepared.parameters["ApiId"] == api_id:
                said("nothing to change")
            else:
                wanted = {**prepared.parameters, "ApiId": api_id}
                self._stacks[0].bring_up_to_date(assembled(MAIN), wanted)
                said("up to date")

    def publish_page(self, prepared: Prepared) -> None:
        """Upload the files of the page that changed.

        No invalidation: the files in the hashed folder never change, and for the others CloudFront
        asks the bucket each time (no-cache, MinTTL 0).
        """
        s3, bucket = self.account.client("s3"), prepared.outputs["WebBucket"]
        with self.progress.step("web page") as said:
            done = website.publish(s3, bucket, website.files_of(self.stage.project / "web"))
            changed = f"{done.uploaded} files uploaded, {done.removed} older ones removed"
            said(changed if any(astuple(done)) else "nothing to change")

    def _checked(self, kind: type[_Kind], variables: Mapping[str, str]) -> _Kind:
        """Check settings as the functions do when they start."""
        try:
            return kind.from_environment(variables)
        except SettingsError as error:
            where = f"Stage {self.stage.name!r} in {stage_files.CONFIG}"
            raise DeploymentError(f"{where}: {error}") from error

    def _bring_up_to_date(self, stack: Stack, template: str, parameters: Mapping[str, str]) -> None:
        with self.progress.step(f"stack {stack.name}") as said:
            changed = stack.bring_up_to_date(template, parameters)
            said("up to date" if changed else "nothing to change")

    def _parameters(self, wishes: Wishes, own: Mapping[str, Any]) -> dict[str, str]:
        """Return the template's parameters: the wishes, else the stack's present values."""
        now = self._stacks[0].parameters()
        email = wishes.email or now.get("Email")
        if email is None:
            raise DeploymentError(
                "Say who receives the stories and the alarms: the same command with "
                "EMAIL=you@example.com"
            )
        sender = wishes.sender or now.get("SenderEmail") or email
        return {
            "Stage": self.stage.name,
            "Email": email,
            "SenderEmail": sender,
            "SenderIdentity": self._sender_identity(sender, now),
            "AllowedOrigin": own.get("environment_variables", {}).get("ALLOWED_ORIGIN", "*"),
            # Never changes: the ids of all stories are derived from it.
            "StoryNamespace": now.get("StoryNamespace") or str(uuid.uuid4()),
            # Without it CloudFront serves no API, so each update keeps it.
            "ApiId": wishes.api_id or now.get("ApiId", ""),
            # CloudFormation can change no index, and replace one of them in an update at most.
            "IndexProjection": now.get("IndexProjection") or ("ALL" if now else "KEYS_ONLY"),
        }

    def _sender_identity(self, sender: str, now: Mapping[str, str]) -> str:
        """Return "create" if the stack must register the sender with SES, else "existing"."""
        if now.get("SenderEmail") == sender and now["SenderIdentity"] == "create":
            return "create"  # with "existing", the stack would delete the identity it made
        ses = self.account.client("sesv2")
        try:
            ses.get_email_identity(EmailIdentity=sender)
        except ses.exceptions.NotFoundException:
            return "create"
        return "existing"

    def _make_collection(self, collection: str) -> bool:
        rekognition = self.account.client("rekognition")
        try:
            rekognition.create_collection(CollectionId=collection)
        except rekognition.exceptions.ResourceAlreadyExistsException:
            return False
        return True


def tokens_of(stage: Stage, own: Mapping[str, Any]) -> str:
    """Return a stage's API_TOKENS: its tokens' digests, or "open".

    `own` is the stage's part of .chalice/config.json.

    Raises:
        DeploymentError: The stage has no tokens and is not open, or has tokens and is open.
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
