"""Profile photos through the state machine that is deployed, executed by the local AWS."""

import io
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

from chalicelib.aws.requests import PAID_OPERATIONS
from local.demo import pictures_of_faces as pictures
from local.demo import profile as profile_demo
from local.runner.launcher import RunningStack
from tests.end_to_end.client import TIMEOUT, Client
from tests.end_to_end.profiles import ProfileClient, astronaut, picture

pytestmark = pytest.mark.engines

FACES = Path(__file__).resolve().parents[3] / "shared" / "faces"
PAID = [f"rekognition.{each}" for each in PAID_OPERATIONS["rekognition"] if each != "DetectText"]
PAGE = pictures.page().resize((640, 480))
THROUGH = {
    "FaceDetection",
    "CheckFaceDuplicate",
    "ParallelProcessing",
    "AddFaceToIndex",
    "Thumbnail",
    "PersistMetadata",
}


@pytest.fixture
def profiles(client: Client, stack: RunningStack) -> Iterator[ProfileClient]:
    profiles = ProfileClient(client, stack)
    yield profiles
    profiles.forget_everybody()
    profiles.faces_when_there_are(0)


def test_a_good_portrait_becomes_the_photo_of_one_profile(
    profiles: ProfileClient, client: Client
) -> None:
    sent = profiles.put("user_a", astronaut())

    profile = profiles.ended("user_a")

    assert sent.status_code == 202
    assert sent.json()["status"] == "processing"
    assert profile["status"] == "ready"
    assert profile["execution_id"] == sent.json()["execution_id"]
    assert set(profiles.path(profile["execution_id"])) == THROUGH
    assert profiles.execution(profile["execution_id"]) == "SUCCEEDED"
    (face,) = profiles.faces()
    assert face["FaceId"] == profile["photo"]["face_id"]
    assert profile["photo"]["face"]["eyes_open"]["value"] is True
    thumbnail = requests.get(profile["photo"]["thumbnail_url"], timeout=TIMEOUT)
    with Image.open(io.BytesIO(thumbnail.content)) as image:
        assert image.width == image.height > 100

    # The same photo again is the same execution, and paid once.
    paid = client.requests_made()
    again = profiles.put("user_a", astronaut())
    assert (again.status_code, again.json()["duplicate"]) == (202, True)
    assert again.json()["status"] == "ready"
    assert again.json()["execution_id"] == profile["execution_id"]
    made = client.requests_made()
    assert [made[operation] for operation in PAID] == [paid[operation] for operation in PAID]

    # Another user with the same face is refused. The seed's closing question.
    sent = profiles.put("user_b", astronaut(), email="b@example.com")
    refused = profiles.ended("user_b")
    assert refused["status"] == "rejected"
    assert refused["reason"]["code"] == "face_already_exists"
    assert profiles.path(sent.json()["execution_id"]) == [
        "FaceDetection",
        "CheckFaceDuplicate",
        "PhotoDoesNotMeetRequirement",
    ]
    (email,) = client.mail()
    assert email["to"] == "b@example.com"
    assert "registered with another profile" in email["body"]
    assert len(profiles.faces()) == 1


def test_a_photo_can_be_replaced_and_its_profile_deleted(profiles: ProfileClient) -> None:
    profiles.put("user_a", astronaut())
    old = profiles.ended("user_a")
    assert status_of_thumbnail(old) == 200

    profiles.put("user_a", astronaut(1))

    new = profiles.ended("user_a")
    assert new["status"] == "ready"
    assert new["photo"]["face_id"] != old["photo"]["face_id"]
    (face,) = profiles.faces_when_there_are(1)
    assert face["FaceId"] == new["photo"]["face_id"]
    profiles.client.until(lambda: True if status_of_thumbnail(old) == 403 else None)
    assert profiles.get("user_a", execution_id=old["execution_id"]).status_code == 404
    assert profiles.get("user_a", execution_id=new["execution_id"]).status_code == 200
    assert {key.rsplit("/", 1)[1] for key in profiles.files_of(new)} == {
        "photo",
        "portrait.jpg",
        "thumbnail.jpg",
    }

    deleted = profiles.delete("user_a")

    assert (deleted.status_code, deleted.json()["status"]) == (202, "deleted")
    assert profiles.get("user_a").status_code == 404
    assert profiles.faces() == []
    left = {key.rsplit("/", 1)[1] for key in profiles.files_of(new)}
    assert left == {"portrait.jpg"}, "kept while a worker may be adding its face"
    assert status_of_thumbnail(new) == 403


def status_of_thumbnail(profile: dict[str, Any]) -> int:
    return requests.get(profile["photo"]["thumbnail_url"], timeout=TIMEOUT).status_code


@pytest.mark.parametrize(
    ("image", "code"),
    [
        (pictures.twins(), "several_faces"),
        (pictures.behind_sunglasses(), "sunglasses"),
        (PAGE, "no_face"),
        (pictures.portrait().resize((80, 80)), "face_too_small"),
    ],
    ids=["twins", "sunglasses", "page", "30 pixels"],
)
def test_an_unsuitable_photo_is_rejected_with_the_reason(
    profiles: ProfileClient, client: Client, image: Image.Image, code: str
) -> None:
    sent = profiles.put("user_c", picture(image), email="c@example.com")

    profile = profiles.ended("user_c")

    assert (profile["status"], profile["reason"]["code"]) == ("rejected", code)
    assert profiles.path(sent.json()["execution_id"]) == [
        "FaceDetection",
        "PhotoDoesNotMeetRequirement",
    ]
    assert profiles.output(sent.json()["execution_id"]) == profile["reason"]["message"]
    (email,) = client.mail()
    assert profile["reason"]["message"] in email["body"]
    assert profiles.faces() == []


@pytest.mark.shared
@pytest.mark.skipif(not FACES.is_dir(), reason="the workshop's four photos are not at hand")
@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("1_happy_face.jpg", "ready", None),
        ("2_sunglass_face.jpg", "rejected", "sunglasses"),
        ("3_multiple_faces.jpg", "rejected", "several_faces"),
        ("4_no_face.jpg", "rejected", "no_face"),
    ],
)
def test_a_photo_of_the_seed(
    profiles: ProfileClient, name: str, status: str, code: str | None
) -> None:
    """By the seed's own input."""
    place = profiles.put_by_hand(name, (FACES / name).read_bytes())

    profiles.start(f"seed-{name}", userId="user_a", **place)

    profile = profiles.ended("user_a")
    assert profile["status"] == status
    assert (profile["reason"] or {}).get("code") == code


def test_two_users_racing_with_one_face_end_with_one(profiles: ProfileClient) -> None:
    with ThreadPoolExecutor(2) as senders:
        list(senders.map(lambda user: profiles.put(user, astronaut()), ["user_a", "user_b"]))

    ended = [profiles.ended(user) for user in ("user_a", "user_b")]

    assert sorted(profile["status"] for profile in ended) == ["ready", "rejected"]
    (ready,) = [profile for profile in ended if profile["status"] == "ready"]
    (face,) = profiles.faces_when_there_are(1)
    assert face["FaceId"] == ready["photo"]["face_id"]


def test_a_photo_straight_to_s3_starts_the_workflow_too(
    profiles: ProfileClient, client: Client
) -> None:
    permit = client.post_json(
        "/profiles/user_a/uploads", {"content_type": "image/jpeg"}, X_Email="a@example.com"
    )
    assert permit.status_code == 201

    assert client.post(permit.json(), astronaut()).status_code == 201

    assert profiles.ended("user_a")["status"] == "ready"


def test_a_file_that_is_no_photo_is_rejected_with_mail(
    profiles: ProfileClient, client: Client
) -> None:
    permit = client.post_json(
        "/profiles/user_a/uploads", {"content_type": "image/jpeg"}, X_Email="a@example.com"
    )

    client.post(permit.json(), b"%PDF-1.7 a letter")

    profile = profiles.ended("user_a")
    assert profile["status"] == "rejected"
    assert profile["reason"]["code"] == "unsupported_media_type"
    (email,) = client.mail()
    assert email["to"] == "a@example.com"


def test_throttled_requests_are_tried_again(profiles: ProfileClient, client: Client) -> None:
    """The client tries twice; after that the state machine tries the task again."""
    client.inject("rekognition.IndexFaces", "ThrottlingException", times=1)
    client.inject("rekognition.SearchFacesByImage", "InternalServerError", times=2)

    profiles.put("user_a", astronaut())

    assert profiles.ended("user_a")["status"] == "ready"
    assert len(profiles.faces()) == 1


def test_a_photo_that_keeps_failing_ends_as_failed(profiles: ProfileClient, client: Client) -> None:
    """By the deployed state machine with one short retry instead of 30 seconds of them."""
    client.inject("rekognition.DetectFaces", "AccessDeniedException", times=1000)
    place = profiles.put_by_hand("me.jpg", astronaut())

    name = profiles.start_impatiently(userId="user_a", **place)

    profile = profiles.ended("user_a")
    assert profile["status"] == "failed"
    assert profile["reason"]["code"] == "processing_failed"
    assert "AccessDenied" not in str(profile)
    assert profiles.execution(name) == "FAILED"


def test_an_address_that_ses_refuses_changes_nothing_else(
    profiles: ProfileClient, client: Client
) -> None:
    client.inject("sesv2.SendEmail", "MessageRejected", times=1)

    profiles.put("user_a", picture(PAGE), email="a@example.com")

    assert profiles.ended("user_a")["status"] == "rejected"


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        ("user_a", b"%PDF-1.7", {"Content-Type": "image/jpeg"}, 415),
        ("user_a", b"", {"Content-Type": "image/jpeg"}, 400),
        ("user_a", bytes(4_400_001), {"Content-Type": "image/jpeg"}, 413),
        ("user_a", bytes(20_000_000), {"Content-Type": "image/jpeg"}, 413),
        ("user_a", b"x", {"Content-Type": "text/plain"}, 415),
        ("a%2Fb", b"x", {"Content-Type": "image/jpeg"}, 400),
        ("x" * 300, b"x", {"Content-Type": "image/jpeg"}, 400),
        ("user_a", b"x", {"Content-Type": "image/jpeg", "X-Email": "anna"}, 400),
        ("a/b", b"x", {"Content-Type": "image/jpeg"}, 404),
    ],
)
def test_a_refused_photo_gets_a_clear_error(
    profiles: ProfileClient, path: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = requests.put(
        f"{profiles.client.api}/profiles/{path}/photo", data=body, headers=headers, timeout=TIMEOUT
    )

    assert answer.status_code == status
    assert set(answer.json()) == {"code", "message"}
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("user_id", ["nobody", "anna%40example.com"])
def test_an_unknown_profile_is_404(profiles: ProfileClient, method: str, user_id: str) -> None:
    answer = requests.request(method, f"{profiles.client.api}/profiles/{user_id}", timeout=TIMEOUT)

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_an_execution_with_a_malformed_input_fails(profiles: ProfileClient) -> None:
    profiles.start("no-input")

    assert profiles.execution("no-input") == "FAILED"
    assert profiles.path("no-input") == ["FaceDetection", "ProcessingFailed", "Failed"]


def test_the_demo_shows_the_states_of_each_photo_as_documented(
    profiles: ProfileClient, stack: RunningStack, capsys: pytest.CaptureFixture[str]
) -> None:
    profiles.will_send("user-1", "user-2", "user-3", "user-4", "user-5")

    status = profile_demo.main([], lambda *_log, **_settings: nullcontext(stack))

    said, complaint = capsys.readouterr()
    assert (status, complaint) == (0, "")
    documented = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
    shown = documented.split("$ make demo-profile\n")[1].split("  ...\n```")[0]
    assert _without_figures(said).startswith(_without_figures(shown))
    assert "rejected (sunglasses)" in said
    assert "rejected (no_face)" in said
    assert "rejected (face_already_exists)" in said
    assert "E-mail to user-2@example.com: Your profile photo was not accepted" in said


def _without_figures(shown: str) -> str:
    """Leave the times out, and put the two branches into one order."""
    without_start = re.sub(r"  start the local AWS .*\n\n", "", shown)
    words = " ".join(re.sub(r"[0-9.]+ s\b", "", without_start).split())
    return words.replace("Thumbnail > AddFaceToIndex", "AddFaceToIndex > Thumbnail")
