"""What `make destroy` prints, asks and deletes. tests/deployed proves that nothing is left."""

import io
import json
from typing import Final

import pytest

from chalicelib.stories.queues import Step
from infrastructure import chalice_record, stage_files
from infrastructure.commands.destroy import Destruction, main
from infrastructure.commands.progress import Progress
from infrastructure.gateway.diagnostics import limit_log
from infrastructure.stage import DeploymentError, Stage
from tests.fakes.account import Answer, FakeAccount, RefusalError, Request
from tests.infrastructure import projects
from tests.infrastructure.resolved import outputs
from tests.infrastructure.test_deploy import api_that_answers

COLLECTION: Final = "storytime-dev-faces"
TABLE: Final = "storytime-dev-stories"
BUCKETS: Final = ("MediaBucket", "IntakeBucket", "WebBucket")
GONE: Final = "DELETE_COMPLETE"


class Buckets:
    """S3 with many objects: moto needs minutes to list them.

    Attributes:
        keys: The objects' keys, by the bucket's name.
    """

    def __init__(self) -> None:
        self.keys: dict[str, list[str]] = {outputs()[bucket]: [] for bucket in BUCKETS}

    def list_objects_v2(self, request: Request) -> Answer:
        if request["Bucket"] not in self.keys:
            raise RefusalError("NoSuchBucket")
        after = request.get("ContinuationToken", "")
        found = [key for key in self.keys[request["Bucket"]] if key > after]
        more = {"NextContinuationToken": found[999]} if len(found) > 1000 else {}
        contents = [{"Key": key} for key in found[:1000]]
        return {"IsTruncated": bool(more), "Contents": contents, **more}

    def delete_objects(self, request: Request) -> None:
        gone = {each["Key"] for each in request["Delete"]["Objects"]}
        assert 0 < len(gone) <= 1000
        keys = self.keys[request["Bucket"]]
        self.keys[request["Bucket"]] = [key for key in keys if key not in gone]


class Destroying:
    """A deployed stage dev that will be destroyed."""

    def __init__(self, account: FakeAccount, stage: Stage) -> None:
        self.account = account
        self.stage = stage
        self.stack = account.stack
        self.out = io.StringIO()
        self.asked: list[str] = []
        self.stack.exists("CREATE_COMPLETE", outputs=outputs())
        account.watch.exists("CREATE_COMPLETE")
        account.client("s3").create_bucket(Bucket=outputs()["MediaBucket"])
        self.buckets = Buckets()
        account.play("s3", "list_objects_v2", self.buckets.list_objects_v2)
        account.play("s3", "delete_objects", self.buckets.delete_objects)
        for step in Step:
            account.client("sqs").create_queue(QueueName=f"storytime-dev-{step}-parked")
        account.collections[COLLECTION] = 7
        account.client("dynamodb").create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            DeletionProtectionEnabled=True,
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        )
        self.put(1)
        account.asked.clear()

    def put(self, count: int, bucket: str = "MediaBucket") -> None:
        """Have so many objects in a bucket."""
        self.buckets.keys[outputs()[bucket]] = [f"{number:06}" for number in range(count)]

    def is_protected(self) -> bool:
        table = self.account.client("dynamodb").describe_table(TableName=TABLE)["Table"]
        return bool(table["DeletionProtectionEnabled"])

    def begin(self, stage: Stage) -> Destruction:
        own = Stage(stage.name, self.stage.project)
        progress = Progress(self.out, lambda: 0.0)
        return Destruction(own, self.account, progress, self.account.stacks.pause)

    def main(self, *arguments: str, answer: str | BaseException = "") -> int:
        def ask(question: str) -> str:
            self.asked.append(question)
            if isinstance(answer, BaseException):
                raise answer
            return answer

        return main(["dev", *arguments], ask, self.begin)

    def is_untouched(self) -> bool:
        return (
            self.account.requests("delete_stack") == []
            and "lambda" not in self.account.services_asked()
            and self.is_protected()
            and self.buckets.keys[outputs()["MediaBucket"]] != []
        )


@pytest.fixture
def destroying(account: FakeAccount, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Destroying:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")  # for chalice
    return Destroying(account, stage)


# Before it begins.


def test_everything_that_will_be_lost_is_counted(
    destroying: Destroying, capsys: pytest.CaptureFixture[str]
) -> None:
    destroying.put(1234)
    destroying.put(2, "IntakeBucket")
    destroying.put(30, "WebBucket")
    destroying.account.client("dynamodb").put_item(TableName=TABLE, Item={"pk": {"S": "story#1"}})
    sqs = destroying.account.client("sqs")
    for step in (Step.READING, Step.DELETION):
        url = sqs.get_queue_url(QueueName=f"storytime-dev-{step}-parked")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="given up")

    status = destroying.main(answer="no")

    assert capsys.readouterr() == (
        """\
Storytime: stage dev in account 123456789012, us-east-1

This will be lost for good:

  1 records of stories and profiles
  1,266 files: photos, pages, audio, and those of the web page
  7 known faces
  2 parked messages
  every log, alarm and the dashboard
  the address of the page, and with it each link to it: https://d123.cloudfront.net
Nothing was done.
""",
        "",
    )
    assert destroying.asked == ["\nType dev to destroy it: "]
    assert status == 1
    assert destroying.is_untouched()


def test_at_most_10_000_files_are_counted(destroying: Destroying) -> None:
    destroying.put(9_998)
    destroying.put(1, "IntakeBucket")
    assert "  9,999 files" in destroying.begin(destroying.stage).warning()

    destroying.put(3, "IntakeBucket")
    assert "  10,000 or more files" in destroying.begin(destroying.stage).warning()


@pytest.mark.parametrize(
    ("arguments", "answer", "ending"),
    [
        *(([], answer, (1, "Nothing was done.\n")) for answer in ("", "y", "yes", "prod", "DEV")),
        (["--yes", "prod"], "", (1, "Nothing was done.\n")),
        ([], EOFError(), (1, "\nNothing was done.\n")),
        ([], KeyboardInterrupt(), (130, "\ndestroy: stopped; run it again to continue.\n")),
    ],
)
def test_without_the_stages_name_nothing_is_deleted(
    destroying: Destroying,
    arguments: list[str],
    answer: str | BaseException,
    ending: tuple[int, str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    status = destroying.main(*arguments, answer=answer)

    said = "".join(capsys.readouterr())
    assert (status, said[-len(ending[1]) :]) == ending
    assert len(destroying.asked) == (0 if arguments else 1)
    assert destroying.is_untouched()


def test_a_stage_that_does_not_exist_is_an_error(
    destroying: Destroying, capsys: pytest.CaptureFixture[str]
) -> None:
    destroying.stack.status = destroying.account.watch.status = None

    assert destroying.main() == 1

    said = "\ndestroy: There is no stage 'dev' in this account and region.\n"
    assert capsys.readouterr() == ("", said)
    assert destroying.asked == []
    assert destroying.is_untouched()


OLDER: Final = {name: value for name, value in outputs().items() if name != "QueueUrlPrefix"}


@pytest.mark.parametrize(
    ("status", "has", "said"),
    [
        ("CREATE_COMPLETE", OLDER, "first: make deploy STAGE=dev\n"),
        ("UPDATE_IN_PROGRESS", outputs(), "try again when that has ended.\n"),
    ],
)
def test_a_stage_that_is_older_or_being_changed_stays(
    destroying: Destroying,
    status: str,
    has: dict[str, str],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    destroying.stack.exists(status, outputs=has)

    assert destroying.main("--yes", "dev") == 1

    assert capsys.readouterr().err.endswith(said)
    assert destroying.is_untouched()


# The steps.


def test_after_the_stages_name_everything_is_deleted_in_order(
    destroying: Destroying, capsys: pytest.CaptureFixture[str]
) -> None:
    destroying.account.functions.triggers = {"storytime-dev": [], "storytime-dev-erase": []}
    destroying.put(2001)  # more than one request can name
    destroying.put(1000, "IntakeBucket")
    destroying.put(30, "WebBucket")
    destroying.stack.will_be(GONE, ("StoriesTable", GONE), ("MediaBucket", GONE))

    assert destroying.main(answer="dev") == 0

    assert destroying.out.getvalue() == (
        "  chalice delete .................... 0.0 s\n"
        "  empty MediaBucket ................. 0.0 s, 2,001 files\n"
        "  empty IntakeBucket ................ 0.0 s, 1,000 files\n"
        "  empty WebBucket ................... 0.0 s, 30 files\n"
        "  face collection ................... 0.0 s\n"
        "  stack storytime-dev\n"
        "    StoriesTable delete complete\n"
        "    MediaBucket delete complete\n"
        "  stack storytime-dev ............... 0.0 s\n"
        "  stack storytime-dev-watch ......... 0.0 s\n"
    )
    assert capsys.readouterr().out.endswith(
        "\nEverything is gone. The stage's tokens are still in .chalice/tokens.\n"
    )
    assert destroying.account.functions.triggers == {}
    assert [*destroying.buckets.keys.values()] == [[], [], []]
    assert destroying.account.collections == {}
    assert not destroying.is_protected()
    operations = [name for _, name, _ in destroying.account.asked]
    assert operations.index("update_table") < operations.index("delete_stack")
    assert destroying.stack.status == GONE
    assert not (destroying.stage.project / stage_files.SETTINGS).exists()
    assert (destroying.stage.project / ".chalice" / "tokens" / "dev").exists()


def test_files_that_s3_does_not_delete_are_an_error_and_the_stack_stays(
    destroying: Destroying,
) -> None:
    errors = [{"Key": "000000", "Code": "InternalError"}]
    destroying.account.play("s3", "delete_objects", lambda _: {"Errors": errors})

    said = r"^1 files of storytime-dev-media.* could not be deleted: InternalError\. Run the same"
    with pytest.raises(DeploymentError, match=said):
        destroying.begin(destroying.stage).run()

    assert destroying.account.requests("delete_stack") == []


def test_an_interrupted_destruction_can_be_continued(destroying: Destroying) -> None:
    account = destroying.account
    destroying.buckets.keys.clear()
    account.client("s3").delete_bucket(Bucket=outputs()["MediaBucket"])
    account.collections.clear()
    dynamodb, sqs = account.client("dynamodb"), account.client("sqs")
    dynamodb.update_table(TableName=TABLE, DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName=TABLE)
    for url in sqs.list_queues()["QueueUrls"]:
        sqs.delete_queue(QueueUrl=url)
    destroying.stack.status = "DELETE_FAILED"
    destroying.stack.will_be(GONE)

    assert destroying.main("--yes", "dev") == 0
    assert destroying.asked == []
    assert destroying.stack.status == GONE


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"])
def test_of_an_incomplete_stack_only_the_stack_is_deleted(
    destroying: Destroying, status: str, capsys: pytest.CaptureFixture[str]
) -> None:
    destroying.stack.status = status
    destroying.stack.outputs = {}
    destroying.stack.will_be(GONE)
    destroying.account.watch.status = None

    assert destroying.main("--yes", "dev") == 0

    assert destroying.out.getvalue() == "  stack storytime-dev ............... 0.0 s\n"
    assert (
        "\n  0 files: photos, pages, audio, and those of the web page\n" in capsys.readouterr().out
    )
    assert "lambda" not in destroying.account.services_asked()
    assert not destroying.is_protected()  # else the stack could not be deleted


SAYS_ITS_SETTINGS: Final = """
import json
import os
from pathlib import Path

record = json.loads(Path(".chalice/deployed/dev.json").read_text())
known = json.loads(Path("chalicelib/stage.json").read_text())
print(os.environ["STAGE"], known["MEDIA_BUCKET"], known["API_TOKENS"], record)
"""


def test_a_stage_of_another_clone_is_deleted_by_its_record(destroying: Destroying) -> None:
    project, bucket = destroying.stage.project, outputs()["MediaBucket"]
    (project / "app.py").write_text(f"{projects.APP}{SAYS_ITS_SETTINGS}")
    config = json.loads((project / stage_files.CONFIG).read_text())
    del config["stages"]["dev"]
    (project / stage_files.CONFIG).write_text(json.dumps(config))
    record = {"schema_version": "2.0", "backend": "api", "resources": []}
    body = json.dumps(record).encode()
    destroying.account.client("s3").put_object(
        Bucket=bucket, Key=chalice_record.RECORD_KEY, Body=body
    )
    destroying.stack.will_be(GONE)

    destroying.begin(destroying.stage).run()

    shown = destroying.out.getvalue().splitlines()
    assert shown[:2] == ["  chalice delete", f"    dev {bucket} open {record}"]


def test_the_execution_log_of_the_deleted_api_is_deleted(
    destroying: Destroying, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = {"name": "rest_api", "resource_type": "rest_api", "rest_api_id": "abc123"}
    record = {"schema_version": "2.0", "backend": "api", "resources": [api]}
    file = chalice_record.record_file(destroying.stage)
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(record))
    logs = destroying.account.client("logs")
    for owner in ("abc123", "def456"):
        limit_log(logs, owner)
    destroying.account.client("apigateway")  # the account's own answers it, Chalice's the server
    destroying.stack.will_be(GONE)

    with api_that_answers(202) as (url, asked):
        monkeypatch.setenv("AWS_ENDPOINT_URL_API_GATEWAY", url.removesuffix("/api"))
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "fake")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "fake")
        destroying.begin(destroying.stage).run()

    assert "/restapis/abc123" in asked
    (left,) = logs.describe_log_groups()["logGroups"]
    assert "def456" in left["logGroupName"]


def test_if_chalice_cannot_delete_the_app_everything_else_stays(
    destroying: Destroying, capsys: pytest.CaptureFixture[str]
) -> None:
    (destroying.stage.project / "app.py").write_text('raise RuntimeError("broken")')

    assert destroying.main("--yes", "dev") == 1

    assert "destroy: `chalice delete` failed;" in capsys.readouterr().err
    assert destroying.buckets.keys[outputs()["MediaBucket"]] == ["000000"]
    assert destroying.account.requests("delete_stack") == []
