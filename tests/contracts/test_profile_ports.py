"""The ports of profiles, in memory and on the local AWS. Both must pass the same tests."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import boto3
import pytest

from chalicelib.aws.rekognition import RekognitionFaceCollection
from chalicelib.aws.s3 import SentPhotosInS3
from chalicelib.aws.ses import SesMailer
from chalicelib.aws.stepfunctions import StateMachine
from chalicelib.errors import RejectedError, TooLargeError, TransientError
from chalicelib.profiles.faces import Owner
from chalicelib.profiles.ports import FaceCollection, SentPhotos, Workflow
from local.engines.face_reader import FaceReader
from local.runner.lambda_function import LambdaFunction
from local.services.rekognition.face_recognition import FaceRecognition
from tests.fakes.clock import Clock
from tests.fakes.engines import InMemoryFaces, portrait
from tests.fakes.media import InMemoryMedia
from tests.fakes.outputs import InMemoryMailer
from tests.fakes.profiles import InMemorySentPhotos
from tests.fakes.workflow import InMemoryWorkflow, Interpreter
from tests.local.conftest import Aws, running_aws
from tests.local.runner.handlers import SECONDS, Gate
from tests.local.services.faces import GREEN, RED, ColouredFaces, squares
from tests.local.services.workflows import ROLE, definition, task
from tests.waiting import until

ANNA = Owner("5a1f9f52-6b1c-5f0e-9d3c-0123456789ab", "a1b2c3d4")
BEN = Owner("0f8fad5b-d9cb-469f-a165-70867728950e", "a1b2c3d4")
SENDER = "stories@example.com"


@pytest.fixture
def local(boto3_session: boto3.session.Session) -> Iterator[Aws]:
    """The local AWS, to which a coloured square is a face."""
    recognition = FaceRecognition(FaceReader(ColouredFaces))
    with running_aws(boto3_session, recognition.operations) as aws:
        yield aws


@dataclass(frozen=True)
class Collection:
    """A collection, a picture of each of two people, and one without a face."""

    faces: FaceCollection
    anna: bytes
    ben: bytes
    no_face: bytes


@pytest.fixture(params=["memory", "local"])
def collection(request: pytest.FixtureRequest) -> Collection:
    if request.param == "memory":
        memory = InMemoryFaces(Clock())
        memory.seen[9] = []
        return Collection(memory, portrait(3), portrait(7), portrait(9))
    anna, ben = squares((RED, 100, 60, 160)), squares((GREEN, 100, 60, 160))
    return Collection(collection_of(request.getfixturevalue("local")), anna, ben, squares())


def collection_of(aws: Aws) -> RekognitionFaceCollection:
    client = aws.client("rekognition")
    client.create_collection(CollectionId="faces")
    return RekognitionFaceCollection(client, "faces", quick=client)


def test_a_face_is_seen_and_none_where_there_is_none(collection: Collection) -> None:
    (face,) = collection.faces.detect(collection.anna)

    assert 0 < face.box.width < 1
    assert 0 < face.sharpness <= 100
    assert not face.sunglasses.value
    assert collection.faces.detect(collection.no_face) == []


def test_a_face_that_was_added_is_found_with_its_owner_until_it_is_removed(
    collection: Collection,
) -> None:
    assert collection.faces.search(collection.anna) == []
    face_id = collection.faces.add(collection.anna, ANNA)
    assert face_id is not None
    assert collection.faces.add(collection.ben, BEN) != face_id

    found = collection.faces.search(collection.anna)
    assert [(match.face_id, match.owner) for match in found] == [(face_id, ANNA)]

    for _ in range(2):
        collection.faces.remove([face_id])
    assert collection.faces.search(collection.anna) == []


def test_one_person_of_two_owners_is_found_twice(collection: Collection) -> None:
    collection.faces.add(collection.anna, ANNA)
    collection.faces.add(collection.anna, BEN)

    owners = {match.owner for match in collection.faces.search(collection.anna)}
    assert owners == {ANNA, BEN}


def test_what_is_no_face_has_no_match_and_is_not_added(local: Aws) -> None:
    faces = collection_of(local)

    assert faces.search(squares()) == []
    assert faces.add(squares(), ANNA) is None
    with pytest.raises(RejectedError):
        faces.detect(b"%PDF-1.7")


def test_a_face_without_our_name_has_no_owner(local: Aws) -> None:
    red, faces = squares((RED, 100, 60, 160)), collection_of(local)
    local.client("rekognition").index_faces(CollectionId="faces", Image={"Bytes": red})

    assert [match.owner for match in faces.search(red)] == [None]


def test_a_search_without_its_collection_is_an_error(local: Aws) -> None:
    client = local.client("rekognition")
    faces = RekognitionFaceCollection(client, "no-such-collection", quick=client)

    with pytest.raises(TransientError, match="ResourceNotFoundException"):
        faces.search(squares((RED, 100, 60, 160)))


@dataclass(frozen=True)
class Machine:
    """A workflow whose executions wait until they are released, and their inputs."""

    workflow: Workflow
    let_go: Callable[[], object]
    given: Callable[[str], Any]


@pytest.fixture(params=["memory", "local"])
def machine(request: pytest.FixtureRequest) -> Iterator[Machine]:
    if request.param == "memory":
        memory = InMemoryWorkflow(Clock())
        only = {"StartAt": "Wait", "States": {"Wait": {"Type": "Succeed"}}}
        yield Machine(
            memory,
            partial(memory.run, Interpreter({}, definition=only)),
            lambda name: memory.executions[name].input,
        )
        return
    aws: Aws = request.getfixturevalue("local")
    gate, client = Gate(), aws.client("stepfunctions")
    aws.declare([LambdaFunction("wait", gate, timeout=60, memory=128)])
    made = client.create_state_machine(
        name="profile-photo", definition=definition({"Wait": task("wait")}), roleArn=ROLE
    )
    arn = made["stateMachineArn"]
    executions = arn.replace(":stateMachine:", ":execution:")

    def let_go() -> None:
        gate.opened.set()
        assert gate.left.wait(SECONDS)

    def given(name: str) -> Any:
        return json.loads(client.describe_execution(executionArn=f"{executions}:{name}")["input"])

    yield Machine(StateMachine(client, arn, media_bucket="media"), let_go, given)
    gate.opened.set()


def test_an_execution_starts_once_and_gets_its_input(machine: Machine) -> None:
    assert not machine.workflow.is_running("anna-1")
    for _ in range(2):
        machine.workflow.start("anna-1", "anna", "private/photo")
    assert machine.workflow.is_running("anna-1")
    given = {"userId": "anna", "s3Bucket": "media", "s3Key": "private/photo"}
    assert machine.given("anna-1") == given
    machine.let_go()
    until(lambda: None if machine.workflow.is_running("anna-1") else True)

    machine.workflow.start("anna-1", "anna", "private/photo")

    assert not machine.workflow.is_running("anna-1"), "an execution that has ended starts again"


@pytest.mark.parametrize("kind", ["memory", "local"])
def test_an_email_arrives_as_it_was_written(kind: str, request: pytest.FixtureRequest) -> None:
    email = ("a@example.com", "Photo \N{FOX FACE}", "Hello,\n\nüber die Augen.\n")
    if kind == "memory":
        memory = InMemoryMailer()
        memory.send(*email)
        assert memory.sent == [email]
        return
    aws: Aws = request.getfixturevalue("local")
    aws.stack_client("sesv2").create_email_identity(EmailIdentity=SENDER)

    SesMailer(aws.client("sesv2"), SENDER).send(*email)

    (arrived,) = aws.control("inbox")
    assert (arrived["to"], arrived["subject"], arrived["body"]) == email


@pytest.mark.parametrize(
    ("code", "raised"),
    [
        ("MessageRejected", RejectedError),
        ("BadRequestException", RejectedError),
        ("TooManyRequestsException", TransientError),
        ("SendingPausedException", TransientError),
    ],
)
def test_an_address_that_ses_refuses_is_rejected_and_a_limit_of_the_account_is_temporary(
    local: Aws, code: str, raised: type[Exception]
) -> None:
    local.inject(operation="sesv2.SendEmail", error=code, times=10)

    with pytest.raises(raised, match=code):
        SesMailer(local.client("sesv2"), SENDER).send("a@example.com", "Photo", "Hello")


@pytest.mark.parametrize("kind", ["memory", "moto"])
def test_a_photo_is_read_by_bucket_and_key_unless_it_is_too_large(
    kind: str, request: pytest.FixtureRequest
) -> None:
    photos: SentPhotos
    if kind == "memory":
        photos = InMemorySentPhotos({"photos": InMemoryMedia()})
        photos.buckets["photos"].put("me.jpg", b"a photo", "image/jpeg")
    else:
        client = request.getfixturevalue("aws").client("s3")
        client.create_bucket(Bucket="photos")
        client.put_object(Bucket="photos", Key="me.jpg", Body=b"a photo")
        photos = SentPhotosInS3(client)

    assert photos.get("photos", "me.jpg", max_bytes=7) == b"a photo"
    assert photos.get("photos", "you.jpg", max_bytes=7) is None
    with pytest.raises(TooLargeError):
        photos.get("photos", "me.jpg", max_bytes=6)
