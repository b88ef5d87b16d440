"""``make destroy STAGE=dev`` removes a stage with everything it holds.

It lists what will be lost, and asks. Run it again if it was interrupted: each step removes what
is left.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from typing import Any, Final

from chalicelib.http.tokens import OPEN
from chalicelib.stories.queues import PARKED, Step
from infrastructure import chalice_record, elsewhere, stage_files
from infrastructure.account import Account
from infrastructure.chalice.command import run_chalice
from infrastructure.chalice.leftovers import remove_leftovers
from infrastructure.commands.ending import ended
from infrastructure.commands.progress import Progress
from infrastructure.gateway import diagnostics
from infrastructure.iam.permissions import GRANTS
from infrastructure.stack.outputs import settings_of
from infrastructure.stack.stack import Stack, pause, stacks_of
from infrastructure.stage import DeploymentError, Stage

_BUCKETS: Final = ("MediaBucket", "IntakeBucket", "WebBucket")
_MAX_KEYS: Final = 1000
"""Keys in one DeleteObjects request (Amazon S3 API Reference)."""
_MAX_COUNTED: Final = 10_000


def main(
    arguments: Sequence[str],
    ask: Callable[[str], str] = input,
    begin: "Callable[[Stage], Destruction]" = lambda stage: Destruction(
        stage, Account(), Progress()
    ),
) -> int:
    """Ask, destroy the stage, and return the exit status."""
    parser = argparse.ArgumentParser(usage="make destroy STAGE=dev [YES=dev]", description=__doc__)
    parser.add_argument("stage")
    parser.add_argument("--yes", help="the stage's name again: do not ask")
    given = parser.parse_args(arguments)

    def work() -> int:
        destruction = begin(Stage(given.stage))
        destruction.require_idle()
        if not destruction.has_anything():
            raise DeploymentError(f"There is no stage {given.stage!r} in this account and region.")
        print(destruction.warning())
        try:
            answer = given.yes or ask(f"\nType {given.stage} to destroy it: ")
        except EOFError:  # there is no terminal
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


@dataclass(frozen=True)
class Destruction:
    """The steps that remove a stage, in order."""

    stage: Stage
    account: Account
    progress: Progress
    pause: Callable[[], None] = pause

    @cached_property
    def _stacks(self) -> list[Stack]:
        client = self.account.client("cloudformation")
        return stacks_of(client, self.stage, self.progress.line, self.pause)

    @cached_property
    def _outputs(self) -> dict[str, str]:
        return self._stacks[0].outputs()

    @property
    def _table_name(self) -> str:
        return f"{self.stage.prefix}-stories"  # a failed stack has no outputs

    def require_idle(self) -> None:
        for stack in self._stacks:
            stack.require_idle()
        if self._outputs and not self._outputs.keys() >= {*_BUCKETS, "QueueUrlPrefix"}:
            raise DeploymentError(
                "An earlier version of Storytime deployed this stage. Bring it up to date first: "
                f"make deploy STAGE={self.stage.name}"
            )

    def has_anything(self) -> bool:
        return any(stack.status() for stack in self._stacks)

    def warning(self) -> str:
        """List what will be lost. DynamoDB counted the records some hours ago."""
        records = files = faces = parked = 0
        if self._outputs:
            records = self._table().get("ItemCount", 0)
            keys = chain.from_iterable(map(self._keys, _BUCKETS))
            files = sum(1 for _ in islice(keys, _MAX_COUNTED))
            faces = self._count_faces()
            parked = self._count_parked()
        page = self._outputs.get("MediaBaseUrl", "none yet")
        more = " or more" if files == _MAX_COUNTED else ""
        return f"""\
Storytime: stage {self.stage.name} in account {self.account.number}, {self.account.region}

This will be lost for good:

  {records:,} records of stories and profiles
  {files:,}{more} files: photos, pages, audio, and those of the web page
  {faces:,} known faces
  {parked:,} parked messages
  every log, alarm and the dashboard
  the address of the page, and with it each link to it: {page}"""

    def run(self) -> None:
        if self._outputs:  # else the stack was never complete, and holds nothing
            self._delete_app()
            self._empty_buckets()
            with self.progress.step("face collection"):
                self._delete_collection()
        self._unprotect_table()  # a stack that failed may have left one, too
        for stack in self._stacks:
            if stack.status() is not None:
                with self.progress.step(f"stack {stack.name}"):
                    stack.remove()
        stage_files.remove(self.stage)

    def _keys(self, bucket: str) -> Iterator[str]:
        s3 = self.account.client("s3")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=self._outputs[bucket])
        with suppress(s3.exceptions.NoSuchBucket):
            for page in pages:
                yield from (found["Key"] for found in page.get("Contents", []))

    def _count_faces(self) -> int:
        rekognition = self.account.client("rekognition")
        collection = self._outputs["FaceCollectionId"]
        with suppress(rekognition.exceptions.ResourceNotFoundException):
            return int(rekognition.describe_collection(CollectionId=collection)["FaceCount"])
        return 0

    def _count_parked(self) -> int:
        name = "ApproximateNumberOfMessages"
        sqs = self.account.client("sqs")
        count = 0
        for step in Step:
            url = f"{self._outputs['QueueUrlPrefix']}{step}{PARKED}"
            with suppress(sqs.exceptions.QueueDoesNotExist):
                answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
                count += int(answer["Attributes"][name])
        return count

    def _table(self) -> dict[str, Any]:
        """Return DynamoDB's description of the table; empty if the table is gone."""
        dynamodb = self.account.client("dynamodb")
        table: dict[str, Any] = {}
        with suppress(dynamodb.exceptions.ResourceNotFoundException):
            table = dynamodb.describe_table(TableName=self._table_name)["Table"]
        return table

    def _delete_app(self) -> None:
        """Run `chalice delete`, with the record of another clone if that one deployed."""
        with self.progress.step("chalice delete"):
            elsewhere.forget_record_of_elsewhere(
                self.stage, self.account.region, self.account.number
            )
            chalice_record.fetch_record(
                self.account.client("s3"), self._outputs["MediaBucket"], self.stage
            )
            # Chalice loads the app, which needs them.
            settings = settings_of(self._outputs) | {"STAGE": self.stage.name, "API_TOKENS": OPEN}
            stage_files.write(self.stage, settings, {})
            apis = chalice_record.recorded_values(self.stage, "rest_api_id")
            run_chalice(self.stage, ["delete"], self.progress.line)
            remove_leftovers(self.account, self.stage, GRANTS)
            for api_id in apis:
                diagnostics.remove_log(self.account.client("logs"), api_id)

    def _empty_buckets(self) -> None:
        s3 = self.account.client("s3")
        for bucket in _BUCKETS:
            with self.progress.step(f"empty {bucket}") as said:
                removed = 0
                keys = self._keys(bucket)
                while batch := list(islice(keys, _MAX_KEYS)):
                    answer = s3.delete_objects(
                        Bucket=self._outputs[bucket],
                        Delete={"Objects": [{"Key": key} for key in batch], "Quiet": True},
                    )
                    if refused := answer.get("Errors"):
                        raise DeploymentError(
                            f"{len(refused)} files of {self._outputs[bucket]} could not be "
                            f"deleted: {refused[0]['Code']}. Run the same command again."
                        )
                    removed += len(batch)
                said(f"{removed:,} files")

    def _delete_collection(self) -> None:
        rekognition = self.account.client("rekognition")
        with suppress(rekognition.exceptions.ResourceNotFoundException):
            rekognition.delete_collection(CollectionId=self._outputs["FaceCollectionId"])

    def _unprotect_table(self) -> None:
        """Switch off the table's protection from deletion: the person has confirmed."""
        if self._table().get("DeletionProtectionEnabled"):
            dynamodb = self.account.client("dynamodb")
            dynamodb.update_table(TableName=self._table_name, DeletionProtectionEnabled=False)
            dynamodb.get_waiter("table_exists").wait(TableName=self._table_name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
