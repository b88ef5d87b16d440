"""The deployed app over HTTP: API Gateway, the package, and a role for each function."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import uuid
import zipfile
from itertools import product
from typing import Any

import pytest
import soundfile
from PIL import Image

from chalicelib.speech.voices import VOICES
from infrastructure.chalice.command import CHALICE
from infrastructure.gateway.responses import RESPONSES
from local.demo import pictures_of_faces as pictures
from samples.draw_page import SAMPLE_PHOTO, SAMPLE_TEXT
from tests.deployed import version_before
from tests.deployed.kept import how_to_use
from tests.deployed.stage import NAME, PHOTOS_BEFORE, DeployedStage
from tests.end_to_end.test_main_path import words_of
from tests.fakes.builders import encoded
from tests.infrastructure.printed import hurdles
from tests.infrastructure.projects import git
from tests.test_openapi import KEPT
from tests.waiting import until

pytestmark = pytest.mark.deployed

PHOTO = SAMPLE_PHOTO.read_bytes()


def test_only_health_and_the_description_are_open_without_a_token(stage: DeployedStage) -> None:
    assert stage.http.get(f"{stage.api}/health", timeout=60).json() == {"status": "ok"}
    described = stage.http.get(f"{stage.api}/openapi.json", timeout=60)
    assert {**described.json(), "servers": []} == {**json.loads(KEPT.read_text()), "servers": []}

    for headers, path in product(({}, {"Authorization": "Bearer st_wrong"}), ("stories", "voices")):
        refused = stage.http.get(f"{stage.api}/{path}", headers=headers, timeout=60)

        assert refused.status_code == 401
        assert refused.json().keys() == {"code", "message"}
        assert refused.headers["Access-Control-Allow-Origin"] == "*"
        assert refused.headers["Cache-Control"] == "no-store"


def test_only_what_changes_with_a_deployment_may_be_kept(stage: DeployedStage) -> None:
    kept = {"/health": "no-store", "/stories": "no-store", "/nothing/here": "no-store"}
    kept |= dict.fromkeys(("/voices", "/openapi.json"), "private, max-age=3600")

    answers = {path: stage.request("GET", path) for path in kept}

    assert {path: each.headers["Cache-Control"] for path, each in answers.items()} == kept
    assert {each["name"] for each in answers["/voices"].json()["languages"]} == VOICES.keys()


def test_web_pages_of_other_origins_may_correct_stories(stage: DeployedStage) -> None:
    asked = {
        "Origin": "https://books.example.com",
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization,content-type,if-match",
    }

    answer = stage.http.options(f"{stage.api}/stories/{uuid.uuid4()}", headers=asked, timeout=60)

    assert answer.status_code == 200
    allowed = {
        name: answer.headers[f"Access-Control-Allow-{name}"].lower().split(",")
        for name in ("Origin", "Methods", "Headers")
    }
    assert allowed["Origin"] == ["*"]
    assert "patch" in allowed["Methods"]
    assert {"authorization", "content-type", "if-match"} <= {*allowed["Headers"]}


def test_a_story_of_the_version_before_is_still_heard_listed_and_known(
    stage: DeployedStage,
) -> None:
    if not version_before.is_here():
        pytest.skip(version_before.NOT_HERE)
    story, paid = stage.stories_before[0], stage.paid()
    assert story["status"] == "ready"

    listed = stage.request("GET", "/stories").json()["stories"]
    assert story["id"] in {each["id"] for each in listed}
    found = stage.request("GET", f"/retrieve/{story['id']}").json()
    assert (found["text"], found["audio_url"]) == (story["text"], story["audio_url"])
    assert stage.content(found["audio_url"]) == stage.audio_before[0]
    again = stage.upload(PHOTOS_BEFORE[0]).json()
    assert (again["id"], again["duplicate"]) == (story["id"], True)
    assert stage.paid() == paid

    assert stage.request("DELETE", f"/stories/{story['id']}").status_code == 202
    assert stage.request("GET", f"/retrieve/{story['id']}").status_code == 410


def test_the_api_has_no_cloudfront_of_its_own_in_front(stage: DeployedStage) -> None:
    (api,) = stage.account.client("apigateway").get_rest_apis()["items"]

    assert api["endpointConfiguration"]["types"] == ["REGIONAL"]


def test_deploying_again_changes_nothing(stage: DeployedStage) -> None:
    said = stage.make("deploy")

    for stack in ("storytime-proof", "storytime-proof-watch"):
        assert re.search(rf"stack {stack} \.+ [\d.]+ s, nothing to change", said)
    for step in ("chalice deploy", "/api in CloudFront", "web page"):
        assert re.search(rf"{step} \.+ [\d.]+ s, nothing to change", said)
    assert hurdles(said, stage.project, stage.account.certificate) == []
    changed = git(stage.project, "ls-files", "--modified", "--others", "--exclude-standard")
    assert changed == ""


def test_every_line_that_is_printed_can_be_followed(stage: DeployedStage) -> None:
    for said in (stage.said, how_to_use(stage)):
        assert hurdles(said, stage.project, stage.account.certificate) == []

    # A command finds the account, although the person uses another one.
    (enter,) = re.findall(r"^ +(cd .+)$", how_to_use(stage), re.MULTILINE)
    person = {"PATH": os.environ["PATH"], "AWS_PROFILE": "own", "AWS_ENDPOINT_URL_S3": "http://no"}
    destroying = f"{enter} && make destroy STAGE=nosuch RUN={sys.executable} LOCAL="
    ended = subprocess.run(
        ["/bin/sh", "-c", destroying], env=person, capture_output=True, text=True, check=False
    )
    assert ended.returncode != 0
    assert "\ndestroy: There is no stage 'nosuch' in this account" in ended.stderr


def test_the_app_can_be_packaged_for_terraform(stage: DeployedStage) -> None:
    said = stage.make("package", "FOLDER=out")

    assert hurdles(said, stage.project) == []
    assert re.search(r"web page \.+ [\d.]+ s, nothing to change", said)
    assert re.search(rf"make package STAGE={NAME} FOLDER=\S+ \\\n +API_ID=", said)
    out = stage.project / "out"
    packaged = json.loads((out / "chalice.tf.json").read_text())
    described = packaged["resource"]
    # Terraform's provider before 5.76 does not know all Lambda runtimes of this package.
    assert packaged["terraform"]["required_providers"]["aws"]["version"] == ">= 5.76, < 6"
    functions = {each["function_name"] for each in described["aws_lambda_function"].values()}
    running = stage.account.client("lambda").list_functions(MaxItems=100)["Functions"]
    assert functions == {each["FunctionName"] for each in running}
    assert len(described["aws_iam_role"]) == len(functions)
    assert packaged["output"]["RestAPIId"]  # which the second step reads
    definition = json.loads(packaged["locals"]["chalice_api_swagger"])
    assert definition["paths"]["/stories/{story_id}"].keys() >= {
        "get",
        "patch",
        "delete",
        "options",
    }
    assert definition["x-amazon-apigateway-gateway-responses"].keys() == RESPONSES.keys()
    rules = {each["name"] for each in described["aws_cloudwatch_event_rule"].values()}
    assert rules == {rule["Name"] for rule in stage.account.client("events").list_rules()["Rules"]}
    assert zipfile.is_zipfile(out / "deployment.zip")
    shutil.rmtree(out)


def test_api_gateway_reports_what_the_stage_switches_on(stage: DeployedStage) -> None:
    client = stage.account.client("apigateway")
    (api,) = client.get_rest_apis()["items"]

    settings = client.get_stage(restApiId=api["id"], stageName="api")["methodSettings"]["*/*"]

    assert (settings["loggingLevel"], settings["metricsEnabled"]) == ("ERROR", True)
    assert settings["dataTraceEnabled"] is False
    groups = stage.account.client("logs").describe_log_groups(
        logGroupNamePrefix="API-Gateway-Execution-Logs"
    )["logGroups"]
    assert [group["retentionInDays"] for group in groups] == [7]


def test_an_unknown_path_gets_our_own_404(stage: DeployedStage) -> None:
    answer = stage.request("GET", "/nothing/here")

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_a_photo_becomes_a_story_and_a_duplicate_costs_nothing(stage: DeployedStage) -> None:
    uploaded = stage.upload(PHOTO, Content_Disposition='attachment; filename="lighthouse.jpg"')
    assert uploaded.status_code == 200, uploaded.text
    story = stage.ended(uploaded.json()["id"]).json()

    assert story["status"] == "ready"
    assert words_of(story["text"]) == words_of(SAMPLE_TEXT)
    audio, _rate = soundfile.read(io.BytesIO(stage.content(story["audio_url"])))
    assert len(audio) > 0
    assert not Image.open(io.BytesIO(stage.content(story["image_url"]))).getexif()

    paid = stage.paid()
    again = stage.upload(PHOTO)

    assert (again.json()["id"], again.json()["duplicate"]) == (story["id"], True)
    assert again.json()["audio_url"] == story["audio_url"]
    assert stage.paid() == paid


def test_a_photo_posted_to_s3_becomes_a_story_with_renditions(stage: DeployedStage) -> None:
    wanted = {"name": "page.jpg", "content_type": "image/jpeg", "voice": "Joanna"}
    form = stage.request("POST", "/uploads", json=wanted).json()

    posted = stage.http.post(
        form["url"], data=form["fields"], files={"file": ("page.jpg", PHOTO)}, timeout=60
    )
    assert posted.status_code in {200, 201, 204}, posted.text

    story_id = stage.ended(form["id"]).json()["id"]
    story = until(lambda: story_with_renditions(stage, story_id))
    sizes = {
        name: Image.open(io.BytesIO(stage.content(each["url"]))).size
        for name, each in story["renditions"].items()
    }
    assert {name: max(size) for name, size in sizes.items()} == {
        "thumbnail": 160,
        "small": 480,
        "medium": 1080,
        "large": 1920,
    }
    assert until(lambda: stage.keys("INTAKE_BUCKET", "images/") == [] or None)


def story_with_renditions(stage: DeployedStage, story_id: str) -> Any:
    story = stage.request("GET", f"/retrieve/{story_id}").json()
    return story if len(story["renditions"]) == 4 else None


def test_a_deleted_story_leaves_no_files(stage: DeployedStage) -> None:
    uploaded = stage.upload(PHOTO, X_Duplication_Check_Required="false").json()
    stage.ended(uploaded["id"])

    assert stage.request("DELETE", f"/stories/{uploaded['id']}").status_code == 202

    def when_erased() -> Any:
        answer = stage.request("GET", f"/retrieve/{uploaded['id']}")
        assert answer.status_code == 410
        return answer.json().get("erased_at")

    assert until(when_erased, patience=240)
    for prefix in ("public", "private"):
        assert stage.keys("MEDIA_BUCKET", f"{prefix}/{uploaded['id']}") == []


def test_a_profile_photo_goes_through_the_workflow(stage: DeployedStage) -> None:
    sent = stage.request(
        "PUT",
        "/profiles/anna/photo",
        data=encoded(pictures.astronaut(), "JPEG"),
        headers={"Content-Type": "image/jpeg"},
    )
    assert sent.status_code == 202, sent.text

    def when_ended() -> Any:
        profile = stage.request("GET", "/profiles/anna").json()
        return profile if profile["status"] != "processing" else None

    profile = until(when_ended, patience=120)

    assert profile["status"] == "ready", profile
    thumbnail = Image.open(io.BytesIO(stage.content(profile["photo"]["thumbnail_url"])))
    assert max(thumbnail.size) <= 512

    # The seed's example input, with a photo that a person put: another photo of the same face.
    place = stage.put_by_hand("1_happy_face.jpg", pictures.as_jpeg(pictures.astronaut(), 80))
    execution = stage.start_workflow({"userId": "anna", **place})

    def when_by_hand() -> Any:
        ended = stage.execution(execution)
        return ended if ended["status"] != "RUNNING" else None

    ended = until(when_by_hand, patience=120)

    assert ended["status"] == "SUCCEEDED", ended
    profile = stage.request("GET", "/profiles/anna").json()
    assert (profile["status"], profile["execution_id"]) == ("ready", ended["name"])
    assert stage.request("DELETE", "/profiles/anna").status_code == 202


def test_chalice_deploy_is_enough_while_people_edit(stage: DeployedStage) -> None:
    """In the project's own folder, while the message of the next test fails again and again.

    Afterwards, API Gateway lacks its own answers until the next `make deploy`.
    """
    with (stage.project / "chalicelib" / "errors.py").open("a") as module:
        module.write("# edited\n")

    said = stage.run(*CHALICE, "deploy", "--stage", NAME)

    assert f"Updating lambda layer: storytime-{NAME}-managed-layer" in said
    versions = stage.account.client("lambda").list_layer_versions(
        LayerName=f"storytime-{NAME}-managed-layer"
    )["LayerVersions"]
    assert len(versions) == 1
    assert stage.request("GET", "/stories").status_code == 200
    packages = list((stage.project / ".chalice" / "deployments").glob("*.zip"))
    assert len(packages) > 1
    for package in packages:  # bytecode is sent once: in the layer
        compiled = [each for each in zipfile.ZipFile(package).namelist() if each.endswith(".pyc")]
        assert any("/chalicelib/" in each for each in compiled) == ("layer" in package.name)


def test_a_message_that_fails_for_good_is_parked(stage: DeployedStage) -> None:
    """After five receives, which take some minutes: it was sent when the stage was deployed."""
    assert until(lambda: stage.parked("reading"), patience=240) == 1

    failed = stage.ended(stage.lost_id)
    assert failed.status_code == 422
    assert "the photo never arrived" in failed.json()["message"]


def test_parked_messages_can_be_put_back(stage: DeployedStage) -> None:
    """On the local AWS of the engines, because the emulator moves no messages."""
    there = ("STAGE=local", f"AWS_ENDPOINT_URL={stage.account.engines.aws_url}")

    said = stage.make("redrive", "QUEUE=intake", *there)

    assert "Nothing is parked in storytime-local-intake-parked." in said
