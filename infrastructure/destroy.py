"""``python -m infrastructure.destroy STAGE``: take a stage out of your account, with all it holds.

It says what will be lost, and asks. Every step takes what is left: run it again if it broke off.
"""

import argparse
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final

from chalicelib.stories.queues import PARKED, Step
from infrastructure import chalice_command, chalice_record, elsewhere, stack, stage_folder
from infrastructure.account import Account
from infrastructure.command import ended
from infrastructure.leftovers import remove_leftovers
from infrastructure.permissions import GRANTS
from infrastructure.progress import Progress
from infrastructure.settings import settings_of
from infrastructure.stack import Stack
from infrastructure.stage import DeploymentError, Stage

_BUCKETS: Final = ("MediaBucket", "IntakeBucket")
_AT_ONCE: Final = 1000
"""Keys that one DeleteObjects takes (Amazon S3 API Reference)."""
_COUNTED: Final = 10_000


@dataclass(frozen=True)
class Loss:
    """What is deleted with a stage, counted as far as that is quick.

    Attributes:
        records: Stories, upload requests and profiles, as DynamoDB counted some hours ago.
        files: Objects in both buckets.
        faces: Faces in the collection.
        parked: Messages that wait to be put back.
    """

    records: int
    files: int
    faces: int
    parked: int

    def __str__(self) -> str:
        more = " or more" if self.files == _COUNTED else ""
        return "\n".join(
            [
                f"  {self.records:,} records of stories and profiles",
                f"  {self.files:,}{more} files: photos, pages, audio",
                f"  {self.faces:,} known faces",
                f"  {self.parked:,} parked messages",
                "  every log, alarm and the dashboard",
            ]
        )


def main(
    arguments: Sequence[str],
    ask: Callable[[str], str] = input,
    begin: "Callable[[Stage], Destruction]" = lambda stage: Destruction(
        stage, Account(), Progress()
    ),
) -> int:
    """Destroy what the arguments say, after asking; the exit status."""
    parser = argparse.ArgumentParser(prog="make destroy", description=__doc__)
    parser.add_argument("stage")
    parser.add_argument("--yes", help="the stage's name again: do not ask")
    given = parser.parse_args(arguments)

    def work() -> int:
        destruction = begin(Stage(given.stage))
        destruction.must_rest()
        if not destruction.has_anything():
            print(f"There is no stage {given.stage!r} in this account and region.")
            return 0
        print(destruction.warning())
        try:
            answer = given.yes or ask(f"\nType {given.stage} to destroy it: ")
        except EOFError:  # nobody is there to answer
            answer = ""
            print()
        if answer.strip() != given.stage:
            print("Nothing was done.")
            return 1
        print()
        destruction.run()
        print("\nEverything is gone. The stage's tokens are still in .chalice/tokens.")
        return 0

    return ended("destroy", work)


class Destruction:
    """The steps of taking a stage away, in their order."""

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
        self._outputs = self._stack.outputs()
        self._table_name = f"{stage.prefix}-stories"  # the template's; a failed stack says none

    def must_rest(self) -> None:
        """See that nobody is changing the stage; otherwise a `DeploymentError`."""
        self._stack.must_rest()

    def has_anything(self) -> bool:
        return self._stack.status() is not None

    def warning(self) -> str:
        loss = self._loss()
        return (
            f"Storytime: stage {self._stage.name} in account {self._account.number}, "
            f"{self._account.region}\n\nThis will be lost for good:\n\n{loss}"
        )

    def run(self) -> None:
        if self._outputs:  # else only a stack is left that never came to be
            self._delete_app()
            self._empty_buckets()
            with self._progress.step("face collection"):
                self._delete_collection()
        self._unprotect_table()  # also one that is left of a stack whose making failed
        with self._progress.step(f"stack {self._stage.prefix}"):
            self._stack.remove()
        shutil.rmtree(self._stage.folder, ignore_errors=True)

    def _loss(self) -> Loss:
        if not self._outputs:
            return Loss(0, 0, 0, 0)
        return Loss(
            records=self._table().get("ItemCount", 0),
            files=sum(1 for _ in islice(chain.from_iterable(map(self._keys, _BUCKETS)), _COUNTED)),
            faces=self._faces(),
            parked=sum(
                self._waiting(f"{self._outputs['QueueUrlPrefix']}{step}{PARKED}") for step in Step
            ),
        )

    def _keys(self, bucket: str) -> Iterator[str]:
        s3 = self._account.client("s3")
        try:
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=self._outputs[bucket]):
                for found in page.get("Contents", []):
                    yield found["Key"]
        except s3.exceptions.NoSuchBucket:
            return

    def _faces(self) -> int:
        rekognition = self._account.client("rekognition")
        try:
            count: int = rekognition.describe_collection(
                CollectionId=self._outputs["FaceCollectionId"]
            )["FaceCount"]
        except rekognition.exceptions.ResourceNotFoundException:
            return 0
        return count

    def _waiting(self, queue_url: str) -> int:
        name = "ApproximateNumberOfMessages"
        sqs = self._account.client("sqs")
        try:
            answer = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=[name])
        except sqs.exceptions.QueueDoesNotExist:
            return 0
        return int(answer["Attributes"][name])

    def _table(self) -> dict[str, Any]:
        """The table as DynamoDB describes it; empty if it is gone."""
        dynamodb = self._account.client("dynamodb")
        try:
            table: dict[str, Any] = dynamodb.describe_table(TableName=self._table_name)["Table"]
        except dynamodb.exceptions.ResourceNotFoundException:
            return {}
        return table

    def _delete_app(self) -> None:
        """Have Chalice delete what it made; its folder may have to be written again first."""
        with self._progress.step("chalice delete"):
            elsewhere.forget_record_of_elsewhere(
                self._stage, self._account.region, self._account.number
            )
            chalice_record.fetch_record(
                self._account.client("s3"), self._outputs["MediaBucket"], self._stage
            )
            if not (self._stage.folder / stage_folder.CONFIG).exists():
                settings = settings_of(self._outputs) | {"API_TOKENS": "open"}
                tracked = stage_folder.tracked_config(self._stage.project)
                tracked["stages"].setdefault(self._stage.name, {})
                config = stage_folder.stage_config(tracked, self._stage, [], settings)
                stage_folder.write(self._stage, config, {})
            chalice_command.run(self._stage, ["delete"], self._progress.line)
            remove_leftovers(self._account, self._stage, GRANTS)

    def _empty_buckets(self) -> None:
        s3 = self._account.client("s3")
        for bucket in _BUCKETS:
            with self._progress.step(f"empty {bucket}") as said:
                removed = 0
                keys = self._keys(bucket)
                while batch := list(islice(keys, _AT_ONCE)):
                    answer = s3.delete_objects(
                        Bucket=self._outputs[bucket],
                        Delete={"Objects": [{"Key": key} for key in batch], "Quiet": True},
                    )
                    if refused := answer.get("Errors"):
                        raise DeploymentError(
                            f"{len(refused)} files of {self._outputs[bucket]} could not be "
                            f"deleted: {refused[0]['Code']}. Run it again."
                        )
                    removed += len(batch)
                said(f"{removed:,} files")

    def _delete_collection(self) -> None:
        rekognition = self._account.client("rekognition")
        try:
            rekognition.delete_collection(CollectionId=self._outputs["FaceCollectionId"])
        except rekognition.exceptions.ResourceNotFoundException:
            return

    def _unprotect_table(self) -> None:
        """A table may be protected from being deleted; whoever came here means it."""
        if self._table().get("DeletionProtectionEnabled"):
            dynamodb = self._account.client("dynamodb")
            dynamodb.update_table(TableName=self._table_name, DeletionProtectionEnabled=False)
            dynamodb.get_waiter("table_exists").wait(TableName=self._table_name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
