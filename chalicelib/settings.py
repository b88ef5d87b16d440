"""The settings of a deployment, read once from environment variables and the stage's file."""

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, Self

import msgspec

from chalicelib.errors import StorytimeError
from chalicelib.pages.readings import Reader
from chalicelib.speech.voices import ENGINES_WITH_MARKS, Engine
from chalicelib.stories.queues import MOST_AT_ONCE, Step

MIN_CONCURRENCY: Final = 2
"""The minimum of Lambda (AWS Lambda, "Configuring maximum concurrency")."""
LOCAL: Final = "local"
"""The stage of the local AWS."""
PREPARED: Final = Path(__file__).with_name("stage.json")
"""What `make deploy` wrote down of the stage that it prepared last, by the names of the variables.
Chalice packages it; git ignores it."""

Name = Annotated[str, msgspec.Meta(min_length=1)]
Url = Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s/]+.*[^/]$")]
ApiTokens = Annotated[str, msgspec.Meta(pattern=r"^(open|[0-9a-f]{64}(,[0-9a-f]{64})*)\Z")]
Origin = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(\*|https://[a-z0-9.-]+(:\d+)?|http://(localhost|127\.0\.0\.1)(:\d+)?)\Z"
    ),
]


class SettingsError(StorytimeError):
    """A setting is missing or invalid: the app cannot start."""

    code = "settings"


class Choices(msgspec.Struct, frozen=True, kw_only=True, rename="upper"):
    """The settings that have defaults: what a person chooses for a stage.

    Each has an environment variable with its name in capitals.

    Attributes:
        allowed_origin: The origin whose web pages may use the API; ``*``: any.
        reader: Which service reads pages: see `Reader`.
        textract_region: The region of Textract; empty: the app's own.
        speech_engine: Polly's engine, if the voice has it.
        read_along: Does each story get the times of its words? ``on``: Polly is asked for speech
            marks too, and billed for them.
        maximum_concurrency: How many functions work on one queue at once (Lambda allows 2 to
            1000).
        reading_concurrency: The same for reading; None: as many as DetectText's default quota
            allows, and at most `maximum_concurrency`.
        narration_concurrency: The same for narration and Polly.
        stage: The deployment's name; a dimension of its metrics.
        log_level: The lowest level that is logged.
    """

    allowed_origin: Origin = "*"
    reader: Reader = "auto"
    textract_region: Annotated[str, msgspec.Meta(pattern=r"^([a-z]{2}(-[a-z]+)+-\d)?\Z")] = ""
    speech_engine: Engine = "neural"
    read_along: Literal["on", "off"] = "on"
    maximum_concurrency: Annotated[int, msgspec.Meta(ge=MIN_CONCURRENCY, le=1000)] = 10
    reading_concurrency: Annotated[int, msgspec.Meta(ge=MIN_CONCURRENCY, le=1000)] | None = None
    narration_concurrency: Annotated[int, msgspec.Meta(ge=MIN_CONCURRENCY, le=1000)] | None = None
    stage: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]*$")] = LOCAL
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    def __post_init__(self) -> None:
        if self.read_along == "on" and self.speech_engine not in ENGINES_WITH_MARKS:
            raise ValueError(
                f"SPEECH_ENGINE={self.speech_engine} makes no speech marks; set READ_ALONG to off, "
                "or SPEECH_ENGINE to neural, standard or long-form"
            )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read and check all settings.

        Raises:
            SettingsError: A variable is missing or invalid; the message names it.
        """
        fields = msgspec.structs.fields(cls)
        given = {
            field.encode_name: environment[field.encode_name]
            for field in fields
            if environment.get(field.encode_name)
        }
        missing = [
            field.encode_name
            for field in fields
            if field.required and field.encode_name not in given
        ]
        if missing:
            raise SettingsError(f"Set these environment variables: {', '.join(missing)}.")
        try:
            return msgspec.convert(given, type=cls, strict=False)
        except msgspec.ValidationError as error:
            raise SettingsError(f"A setting is not valid: {error}.") from error


class Settings(Choices, frozen=True, kw_only=True):
    """All of the app's settings.

    Attributes:
        media_bucket: Bucket of photos, pages and audio.
        intake_bucket: Bucket where clients put photos themselves.
        stories_table: DynamoDB table of stories.
        queue_url_prefix: What the URLs of all queues begin with; the name of the step follows.
        notification_topic_arn: SNS topic whose subscribers get the e-mails.
        media_base_url: CloudFront's address; in links, ``/public/…`` follows.
        distribution_id: The CloudFront distribution, whose copies of deleted files are dropped.
        profile_workflow_arn: The Step Functions state machine for profile photos.
        face_collection_id: The Rekognition collection with the faces of profiles.
        sender_email: The sender of e-mails about profile photos; verified with SES.
        story_namespace: A secret UUID. Story ids are derived from it, and it signs cursors.
        api_tokens: SHA-256 digests (hex, separated by commas) of the tokens that may use the
            API; ``open``: everybody may use it.
    """

    media_bucket: Name
    intake_bucket: Name
    stories_table: Name
    queue_url_prefix: Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s/]+/[^\s/]+/\S+-$")]
    notification_topic_arn: Annotated[str, msgspec.Meta(pattern=r"^arn:aws[\w-]*:sns:")]
    media_base_url: Url
    distribution_id: Name
    profile_workflow_arn: Annotated[str, msgspec.Meta(pattern=r"^arn:aws[\w-]*:states:")]
    face_collection_id: Annotated[str, msgspec.Meta(pattern=r"^[a-zA-Z0-9_.\-]{1,255}$")]
    sender_email: Annotated[str, msgspec.Meta(pattern=r"^[^@\s]+@[^@\s]+$")]
    story_namespace: uuid.UUID
    api_tokens: ApiTokens

    def queue_name(self, step: Step, suffix: str = "") -> str:
        """The name of a step's queue, or of its dead-letter or parked queue."""
        return f"{self.queue_url_prefix}{step}{suffix}".rsplit("/", 1)[1]

    def concurrency_of(self, step: Step) -> int:
        """How many functions may work on a step's queue at once."""
        wished = {
            Step.READING: self.reading_concurrency,
            Step.NARRATION: self.narration_concurrency,
        }
        most = MOST_AT_ONCE.get(step, self.maximum_concurrency)
        return wished.get(step) or min(self.maximum_concurrency, most)

    @classmethod
    def of_app(cls, environment: Mapping[str, str], prepared: Path = PREPARED) -> "Settings":
        """Read and check all settings: those of the environment, and of the prepared stage.

        The stage ``local`` has all of them in its environment.

        Raises:
            SettingsError: A setting is missing or invalid.
            SystemExit: Another stage was prepared; Chalice's commands print the reason alone.
        """
        stage = environment.get("STAGE", LOCAL)
        if stage == LOCAL:
            return cls.from_environment(environment)
        known = (
            msgspec.json.decode(prepared.read_bytes(), type=dict[str, str])
            if prepared.exists()
            else {}
        )
        if known.get("STAGE") != stage:
            ready = f"for the stage {known['STAGE']!r}" if known else "for no stage"
            raise SystemExit(
                f"This folder is prepared {ready}, not for {stage!r}: make deploy STAGE={stage}"
            )
        return cls.from_environment({**known, **environment})
