"""What Chalice does not make: the stack, the face collection, and the folder that it goes by."""

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.http.tokens import OPEN
from chalicelib.settings import Settings, SettingsError
from infrastructure import api_tokens, chalice_command, elsewhere, stack, stage_folder
from infrastructure.account import Account
from infrastructure.names import Names
from infrastructure.permissions import GRANTS, policy_of
from infrastructure.progress import Progress
from infrastructure.settings import settings_of
from infrastructure.stack import Stack
from infrastructure.stack_template import assembled
from infrastructure.stage import DeploymentError, Stage

_ADDRESS: Final = r"[^@\s]+@[^@\s]+\.[^@\s]+"


@dataclass(frozen=True)
class Wishes:
    """What the person who deploys decides; what is left out stays as it is in the stack.

    Attributes:
        email: Who gets the stories and the alarms.
        sender: Who writes to people about their profile photos; `email`, if nobody is named.
        api_url: The API's address, with ``{api_id}`` in it, where it is not AWS's own.
        anyway: Whether the app is deployed although nothing of it has changed.

    Raises:
        DeploymentError: An address is none.
    """

    email: str | None = None
    sender: str | None = None
    api_url: str | None = None
    anyway: bool = False

    def __post_init__(self) -> None:
        for address in filter(None, (self.email, self.sender)):
            if not re.fullmatch(_ADDRESS, address):
                raise DeploymentError(f"{address!r} is no e-mail address.")


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


def check(stage: Stage) -> None:
    """See, before AWS is asked, whether the stage could be deployed.

    Raises:
        DeploymentError: It is not in .chalice/config.json, has no tokens, or this Python is not
            one of Lambda's.
    """
    chalice_command.check_python()
    tokens_of(stage, stage_folder.own_config(stage_folder.tracked_config(stage.project), stage))


class Preparation:
    """Makes a stage, or brings it up to date, but for the app."""

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

    def run(self, wishes: Wishes) -> Prepared:
        """Make what Chalice does not make, and the folder that Chalice goes by."""
        tracked = stage_folder.tracked_config(self._stage.project)
        own = stage_folder.own_config(tracked, self._stage)
        tokens = tokens_of(self._stage, own)
        parameters = self._parameters(wishes, own)
        account, progress = self._account, self._progress
        elsewhere.check_roles(account.client("iam"), self._stage, account.region)
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
            where = f"Stage {self._stage.name!r} in {stage_folder.CONFIG}"
            raise DeploymentError(f"{where}: {error}") from error
        stage_folder.write(self._stage, config, policies)
        return Prepared(outputs, variables)

    def _parameters(self, wishes: Wishes, own: Mapping[str, Any]) -> dict[str, str]:
        """The template's parameters: what is wished, else what the stack has."""
        now = self._stack.parameters()
        email = wishes.email or now.get("Email")
        if email is None:
            raise DeploymentError(
                "Say who gets the stories and the alarms: the same command with "
                "EMAIL=you@example.com"
            )
        sender = wishes.sender or now.get("SenderEmail") or email
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
        if now.get("SenderEmail") == sender and now["SenderIdentity"] == "create":
            return "create"  # and would take the address along, were it "existing"
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
