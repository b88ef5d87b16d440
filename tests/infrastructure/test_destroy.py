"""What `make destroy` says, asks and takes away; that nothing is left is for tests/deployed."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infrastructure import chalice_record, stage_folder
from infrastructure.destroy import Destruction, Loss, main
from infrastructure.progress import Progress
from infrastructure.stage import DeploymentError, Stage
from tests.infrastructure import projects
from tests.infrastructure.deployed_outputs import outputs
from tests.infrastructure.fake_cloudformation import FakeCloudFormation
from tests.infrastructure.fake_gateway import FakeGateway
from tests.infrastructure.fake_lambda import FakeLambda
from tests.infrastructure.fake_service import FakeAccount, FakeService, RefusalError
from tests.infrastructure.projects import stage_at
from tests.local.conftest import Aws

QUEUES = ("intake", "reading", "narration", "renditions", "deletion")
COLLECTION = "storytime-dev-faces"
TABLE = "storytime-dev-stories"


class FakeTables(FakeService):
    """DynamoDB with the stage's table: how many records it counted, and whether it is protected."""

    service = "dynamodb"

    def __init__(self) -> None:
        super().__init__()
        self.table: dict[str, Any] | None = {
            "TableName": TABLE,
            "ItemCount": 1234,
            "TableStatus": "ACTIVE",
            "DeletionProtectionEnabled": True,
        }

    def describe_table(self, TableName: str) -> dict[str, Any]:  # noqa: N803  # AWS's name
        assert TableName == TABLE
        if self.table is None:
            raise RefusalError("ResourceNotFoundException")
        return {"Table": self.table}

    def update_table(self, TableName: str, **changes: Any) -> None:  # noqa: N803
        assert self.table is not None
        self.table |= changes


class Destroying:
    """A deployed stage dev, which is to go."""

    def __init__(self, aws: Aws, project: Path) -> None:
        self.aws = aws
        self.stage = stage_at(project)
        self.cloudformation = FakeCloudFormation("CREATE_COMPLETE", outputs=outputs())
        self.functions = FakeLambda()
        self.tables = FakeTables()
        self.buckets: FakeBuckets | None = None  # the local AWS's
        self.out = io.StringIO()
        self.asked: list[str] = []
        s3, sqs = aws.stack_client("s3"), aws.stack_client("sqs")
        for bucket in ("MediaBucket", "IntakeBucket"):
            s3.create_bucket(Bucket=outputs()[bucket])
        for queue in QUEUES:
            sqs.create_queue(QueueName=f"storytime-dev-{queue}-parked")
        aws.stack_client("rekognition").create_collection(CollectionId=COLLECTION)
        parked = sqs.get_queue_url(QueueName="storytime-dev-reading-parked")["QueueUrl"]
        prefix = parked.removesuffix("reading-parked")
        self.cloudformation.outputs = outputs() | {"QueueUrlPrefix": prefix}

    def put(self, count: int, bucket: str = "MediaBucket") -> None:
        s3 = self.aws.stack_client("s3")
        for number in range(count):
            s3.put_object(Bucket=outputs()[bucket], Key=f"public/{number}", Body=b"")

    def keys(self, bucket: str) -> list[str]:
        listed = self.aws.stack_client("s3").list_objects_v2(Bucket=outputs()[bucket])
        return [found["Key"] for found in listed.get("Contents", [])]

    def begin(self, stage: Stage) -> Destruction:
        played = (self.cloudformation, self.functions, self.tables, FakeGateway(), self.buckets)
        account = FakeAccount(self.aws, *filter(None, played))
        progress = Progress(self.out, lambda: 0.0)
        own = Stage(stage.name, self.stage.project)
        return Destruction(own, account, progress, self.cloudformation.pause)

    def main(self, *arguments: str, answer: str = "") -> int:
        def ask(question: str) -> str:
            self.asked.append(question)
            return answer

        return main(["dev", *arguments], ask, self.begin)

    def is_untouched(self) -> bool:
        return (
            self.cloudformation.requests("delete_stack") == []
            and self.functions.asked == []
            and self.tables.requests("update_table") == []
            and self.keys("MediaBucket") != []
        )


@pytest.fixture
def destroying(aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Destroying:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")  # for chalice
    return Destroying(aws, tmp_path)


def test_what_will_be_lost_is_counted_and_named(
    destroying: Destroying, capsys: pytest.CaptureFixture[str]
) -> None:
    destroying.put(3)
    destroying.put(2, "IntakeBucket")
    sqs = destroying.aws.stack_client("sqs")
    for queue in ("reading", "deletion"):
        url = sqs.get_queue_url(QueueName=f"storytime-dev-{queue}-parked")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="given up")

    status = destroying.main(answer="no")

    assert capsys.readouterr() == (
        """\
Storytime: stage dev in account 123456789012, us-east-1

This will be lost for good:

  1,234 records of stories and profiles
  5 files: photos, pages, audio
  0 known faces
  2 parked messages
  every log, alarm and the dashboard
Nothing was done.
""",
        "",
    )
    assert destroying.asked == ["\nType dev to destroy it: "]
    assert status == 1
    assert destroying.is_untouched()


def test_very_many_files_are_not_counted_to_the_end() -> None:
    assert "  10,000 or more files" in str(Loss(0, 10_000, 0, 0))
    assert "  9,999 files" in str(Loss(0, 9_999, 0, 0))


class FakeBuckets(FakeService):
    """S3 with so many objects in a bucket, by its output's name; it lists a thousand at once."""

    service = "s3"

    def __init__(self, **counts: int) -> None:
        super().__init__()
        self.keys = {
            outputs()[bucket]: [f"{number:06}" for number in range(counts.get(bucket, 0))]
            for bucket in ("MediaBucket", "IntakeBucket")
        }

    def get_object(self, **_: Any) -> None:
        raise RefusalError("NoSuchKey", status=404)

    def list_objects_v2(
        self,
        Bucket: str,  # noqa: N803
        ContinuationToken: str = "",  # noqa: N803
        **_: Any,
    ) -> dict[str, Any]:
        found = [key for key in self.keys[Bucket] if key > ContinuationToken]
        contents = [{"Key": key} for key in found[:1000]]
        more = {"NextContinuationToken": found[999]} if len(found) > 1000 else {}
        return {"IsTruncated": bool(more), "Contents": contents, **more}

    def delete_objects(self, Bucket: str, Delete: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        gone = {each["Key"] for each in Delete["Objects"]}
        assert 0 < len(gone) <= 1000
        self.keys[Bucket] = [key for key in self.keys[Bucket] if key not in gone]
        return {}


class StubbornBuckets(FakeBuckets):
    """It keeps what it has."""

    def delete_objects(self, Bucket: str, Delete: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        return {"Errors": [{"Key": Delete["Objects"][0]["Key"], "Code": "InternalError"}]}


@pytest.mark.parametrize("bucket", ["MediaBucket", "IntakeBucket"])
def test_one_bucket_of_very_many_is_enough_for_or_more(destroying: Destroying, bucket: str) -> None:
    destroying.buckets = FakeBuckets(**{bucket: 10_001})

    warning = destroying.begin(destroying.stage).warning()

    assert "  10,000 or more files" in warning


@pytest.mark.parametrize("answer", ["", "y", "yes", "prod", "DEV"])
def test_any_other_answer_does_nothing(destroying: Destroying, answer: str) -> None:
    destroying.put(1)

    assert destroying.main(answer=answer) == 1
    assert destroying.is_untouched()


def test_a_wrong_yes_does_nothing_and_does_not_ask(destroying: Destroying) -> None:
    destroying.put(1)

    assert destroying.main("--yes", "prod") == 1
    assert (destroying.asked, destroying.is_untouched()) == ([], True)


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (KeyboardInterrupt, 130, "\ndestroy: stopped; run it again to go on.\n"),
        (EOFError, 1, "\nNothing was done.\n"),
    ],
)
def test_no_answer_does_nothing(
    destroying: Destroying,
    error: type[BaseException],
    status: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    destroying.put(1)

    def ask(_: str) -> str:
        raise error

    assert main(["dev"], ask, destroying.begin) == status
    assert destroying.is_untouched()
    captured = capsys.readouterr()
    assert (captured.out + captured.err).endswith(said)


def test_with_its_name_everything_goes_in_order(
    destroying: Destroying, capsys: pytest.CaptureFixture[str]
) -> None:
    destroying.put(1)
    destroying.functions.functions = {"storytime-dev": {}, "storytime-dev-erase": {}}
    destroying.cloudformation.will_be(
        "DELETE_COMPLETE", ("StoriesTable", "DELETE_COMPLETE"), ("MediaBucket", "DELETE_COMPLETE")
    )
    stage_folder.write(destroying.stage, {"stages": {}}, {})

    assert destroying.main(answer="dev") == 0

    assert destroying.out.getvalue() == (
        "  chalice delete .................... 0.0 s\n"
        "  empty MediaBucket ................. 0.0 s, 1 files\n"
        "  empty IntakeBucket ................ 0.0 s, 0 files\n"
        "  face collection ................... 0.0 s\n"
        "  stack storytime-dev\n"
        "    StoriesTable delete complete\n"
        "    MediaBucket delete complete\n"
        "  stack storytime-dev ............... 0.0 s\n"
    )
    assert capsys.readouterr().out.endswith(
        "\nEverything is gone. The stage's tokens are still in .chalice/tokens.\n"
    )
    assert destroying.functions.functions == {}
    assert destroying.keys("MediaBucket") == []
    assert destroying.aws.stack_client("rekognition").list_collections()["CollectionIds"] == []
    assert destroying.cloudformation.status == "DELETE_COMPLETE"
    assert not destroying.stage.folder.exists()
    assert (destroying.stage.project / ".chalice" / "tokens" / "dev").exists()


def test_yes_answers_the_question(destroying: Destroying) -> None:
    destroying.cloudformation.will_be("DELETE_COMPLETE")

    assert destroying.main("--yes", "dev") == 0
    assert destroying.asked == []


def test_more_files_than_one_request_takes_are_deleted(destroying: Destroying) -> None:
    destroying.buckets = buckets = FakeBuckets(MediaBucket=2001, IntakeBucket=1000)
    destroying.cloudformation.will_be("DELETE_COMPLETE")

    destroying.begin(destroying.stage).run()

    assert [*buckets.keys.values()] == [[], []]
    assert destroying.out.getvalue().splitlines()[1:3] == [
        "  empty MediaBucket ................. 0.0 s, 2,001 files",
        "  empty IntakeBucket ................ 0.0 s, 1,000 files",
    ]


def test_files_that_cannot_be_deleted_are_said_and_the_stack_stays(destroying: Destroying) -> None:
    destroying.buckets = StubbornBuckets(MediaBucket=1)

    with pytest.raises(DeploymentError) as caught:
        destroying.begin(destroying.stage).run()

    assert str(caught.value) == (
        "1 files of storytime-dev-media-123456789012-us-east-1 could not be deleted: "
        "InternalError. Run it again."
    )
    assert destroying.cloudformation.requests("delete_stack") == []


def test_a_protected_table_is_unprotected_before_the_stack_goes(destroying: Destroying) -> None:
    destroying.cloudformation.will_be("DELETE_COMPLETE")

    destroying.begin(destroying.stage).run()

    assert destroying.tables.requests("update_table") == [
        {"TableName": TABLE, "DeletionProtectionEnabled": False}
    ]


def _lose_the_buckets(destroying: Destroying) -> None:
    for bucket in ("MediaBucket", "IntakeBucket"):
        destroying.aws.stack_client("s3").delete_bucket(Bucket=outputs()[bucket])


def _lose_the_table(destroying: Destroying) -> None:
    destroying.tables.table = None


def _lose_the_collection(destroying: Destroying) -> None:
    destroying.aws.stack_client("rekognition").delete_collection(CollectionId=COLLECTION)


def _lose_the_queues(destroying: Destroying) -> None:
    sqs = destroying.aws.stack_client("sqs")
    for url in sqs.list_queues()["QueueUrls"]:
        sqs.delete_queue(QueueUrl=url)


@pytest.mark.parametrize(
    "lose", [_lose_the_buckets, _lose_the_table, _lose_the_collection, _lose_the_queues]
)
def test_it_goes_on_where_an_earlier_one_broke_off(
    destroying: Destroying, lose: Callable[[Destroying], None]
) -> None:
    lose(destroying)
    destroying.cloudformation.status = "DELETE_FAILED"
    destroying.cloudformation.will_be("DELETE_COMPLETE")

    assert destroying.main("--yes", "dev") == 0
    assert destroying.cloudformation.status == "DELETE_COMPLETE"


def test_an_account_without_the_stage_says_so(
    destroying: Destroying, capsys: pytest.CaptureFixture[str]
) -> None:
    destroying.put(1)
    destroying.cloudformation.status = None

    assert destroying.main() == 0

    assert capsys.readouterr().out == "There is no stage 'dev' in this account and region.\n"
    assert destroying.asked == []
    assert destroying.is_untouched()


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"])
def test_of_a_stack_that_never_came_to_be_only_the_stack_goes(
    destroying: Destroying, status: str, capsys: pytest.CaptureFixture[str]
) -> None:
    destroying.put(1)
    destroying.cloudformation.status = status
    destroying.cloudformation.outputs = {}
    destroying.cloudformation.will_be("DELETE_COMPLETE")

    assert destroying.main("--yes", "dev") == 0

    assert destroying.out.getvalue() == "  stack storytime-dev ............... 0.0 s\n"
    assert "\n  0 files: photos, pages, audio\n" in capsys.readouterr().out
    assert destroying.functions.asked == []
    assert destroying.tables.table is not None
    assert not destroying.tables.table["DeletionProtectionEnabled"]  # or it would stop the stack's


def test_while_somebody_changes_the_stack_nothing_is_asked(
    destroying: Destroying, capsys: pytest.CaptureFixture[str]
) -> None:
    destroying.put(1)
    destroying.cloudformation.status = "UPDATE_IN_PROGRESS"

    assert destroying.main("--yes", "dev") == 1

    assert capsys.readouterr() == (
        "",
        (
            "\ndestroy: Somebody else is changing the stack storytime-dev (UPDATE_IN_PROGRESS): "
            "try again when that is over.\n"
        ),
    )
    assert destroying.is_untouched()


def test_a_stage_that_somebody_else_deployed_is_deleted_by_their_record(
    destroying: Destroying,
) -> None:
    stage = destroying.stage
    (stage.project / "app.py").write_text(f"{projects.APP}{SAYS_ITS_SETTINGS}")
    config = json.loads((stage.project / stage_folder.CONFIG).read_text())
    del config["stages"]["dev"]
    (stage.project / stage_folder.CONFIG).write_text(json.dumps(config))
    record = {"schema_version": "2.0", "backend": "api", "resources": []}
    destroying.aws.stack_client("s3").put_object(
        Bucket=outputs()["MediaBucket"],
        Key=chalice_record.RECORD_KEY,
        Body=json.dumps(record).encode(),
    )
    destroying.cloudformation.will_be("DELETE_COMPLETE")

    destroying.begin(stage).run()

    shown = destroying.out.getvalue().splitlines()
    assert shown[:2] == ["  chalice delete", f"    {outputs()['MediaBucket']} open {record}"]


SAYS_ITS_SETTINGS = """
import json
import os
from pathlib import Path

record = json.loads(Path(".chalice/deployed/dev.json").read_text())
print(os.environ["MEDIA_BUCKET"], os.environ["API_TOKENS"], record)
"""


def test_an_app_that_cannot_be_deleted_keeps_everything_else(
    destroying: Destroying, capsys: pytest.CaptureFixture[str]
) -> None:
    destroying.put(1)
    (destroying.stage.project / "app.py").write_text('raise RuntimeError("broken")')

    assert destroying.main("--yes", "dev") == 1

    assert "destroy: `chalice delete` failed; its last lines above say why." in (
        capsys.readouterr().err
    )
    assert destroying.keys("MediaBucket") == ["public/0"]
    assert destroying.cloudformation.requests("delete_stack") == []
