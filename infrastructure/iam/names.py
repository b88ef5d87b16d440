"""The names of one stage's resources, as its policies need them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from infrastructure.stage import APP, function_name


@dataclass(frozen=True)
class Names:
    """The names of one stage's resources.

    Attributes:
        partition: AWS's partition: ``aws``, or another in China and GovCloud.
        functions: The prefix of function names: ``storytime-dev``.
        queues: The prefix of queue names: ``storytime-dev-``.
        workflow: The state machine.
    """

    partition: str
    region: str
    account: str
    functions: str
    media_bucket: str
    intake_bucket: str
    table: str
    queues: str
    topic: str
    distribution: str
    workflow: str
    collection: str
    sender: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], stage: str) -> Self:
        """Read the names from the app's environment variables.

        Raises:
            KeyError: A variable is missing.
        """
        _, partition, _, region, account, topic = environment["NOTIFICATION_TOPIC_ARN"].split(":")
        return cls(
            partition=partition,
            region=region,
            account=account,
            functions=f"{APP}-{stage}",
            media_bucket=environment["MEDIA_BUCKET"],
            intake_bucket=environment["INTAKE_BUCKET"],
            table=environment["STORIES_TABLE"],
            queues=environment["QUEUE_URL_PREFIX"].rsplit("/", 1)[1],
            topic=topic,
            distribution=environment["DISTRIBUTION_ID"],
            workflow=environment["PROFILE_WORKFLOW_ARN"].rsplit(":", 1)[1],
            collection=environment["FACE_COLLECTION_ID"],
            sender=environment["SENDER_EMAIL"],
        )

    def function(self, name: str) -> str:
        return function_name(self.functions, name)
