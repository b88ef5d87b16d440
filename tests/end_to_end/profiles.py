"""A client of the profiles, and of Step Functions."""

import json
from typing import Any

import requests
from PIL import Image

from local.demo import pictures_of_faces as pictures
from local.demo.profile import execution_arn, path_of
from local.resources.names import ACCOUNT_ID, PREFIX, REGION
from local.runner.launcher import RunningStack
from tests.end_to_end.client import Client
from tests.fakes.workflow import DEFINITION


class ProfileClient:
    def __init__(self, client: Client, stack: RunningStack) -> None:
        self.client = client
        self.stack = stack
        self._api = client.api
        self._sent: set[str] = set()

    def put(
        self,
        user_id: str,
        photo: bytes,
        *,
        email: str | None = None,
    ) -> Any:
        self._sent.add(user_id)
        headers = {"Content-Type": "image/jpeg"} | ({"X-Email": email} if email else {})
        return self.client.call("PUT", f"/profiles/{user_id}/photo", data=photo, headers=headers)

    def get(self, user_id: str, **parameters: str) -> Any:
        return self.client.call("GET", f"/profiles/{user_id}", params=parameters)

    def delete(self, user_id: str) -> Any:
        return self.client.call("DELETE", f"/profiles/{user_id}")

    def ended(self, user_id: str) -> dict[str, Any]:
        """The profile, once its last photo is through."""
        self._sent.add(user_id)
        found: dict[str, Any] = self.client.until(lambda: self._when_ended(user_id))
        return found

    def _when_ended(self, user_id: str) -> dict[str, Any] | None:
        answer = self.get(user_id)
        if answer.status_code == requests.codes.not_found:
            return None
        profile: dict[str, Any] = answer.json()
        return None if profile["status"] == "processing" else profile

    def start(self, name: str, **sent: str) -> None:
        """Start an execution at the console, with any input."""
        self._sent |= {sent["userId"]} if "userId" in sent else set()
        machine = self.stack.environment["PROFILE_WORKFLOW_ARN"]
        self.stack.clients.stepfunctions.start_execution(
            stateMachineArn=machine, name=name, input=json.dumps(sent)
        )

    def put_by_hand(self, name: str, photo: bytes) -> dict[str, str]:
        """Put a photo where an operator does; return its part of an execution's input."""
        place = {"s3Bucket": self.stack.environment["INTAKE_BUCKET"], "s3Key": f"by-hand/{name}"}
        self.stack.clients.s3.put_object(
            Bucket=place["s3Bucket"], Key=place["s3Key"], Body=photo, ContentType="image/jpeg"
        )
        return place

    def start_impatiently(self, **sent: str) -> str:
        """Start an execution by a copy of the state machine that tries a task twice; its ARN."""
        self._sent.add(sent["userId"])
        retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}]
        states = {
            name: {**state, "Retry": retry} if "Retry" in state else state
            for name, state in DEFINITION["States"].items()
        }
        definition = json.dumps({**DEFINITION, "States": states})
        functions = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{PREFIX}"
        client = self.stack.clients.stepfunctions
        machine = client.create_state_machine(
            name="impatient",
            definition=definition.replace("${FunctionArnPrefix}", functions),
            roleArn=f"arn:aws:iam::{ACCOUNT_ID}:role/{PREFIX}profile-photo",
        )
        started = client.start_execution(
            stateMachineArn=machine["stateMachineArn"], input=json.dumps(sent)
        )
        return started["executionArn"]

    def execution(self, name: str) -> str:
        """The status of an execution, by its name or ARN, once it has ended."""
        status: str = self._ended_execution(name)["status"]
        return status

    def output(self, name: str) -> Any:
        """The output of an execution, once it has ended."""
        return json.loads(self._ended_execution(name)["output"])

    def _ended_execution(self, name: str) -> Any:
        describe = self.stack.clients.stepfunctions.describe_execution
        arn = name if name.startswith("arn:") else execution_arn(self.stack, name)

        def look() -> Any:
            found = describe(executionArn=arn)
            return None if found["status"] == "RUNNING" else found

        return self.client.until(look)

    def path(self, name: str) -> list[str]:
        """The states that an execution entered, once it has ended."""
        self.execution(name)
        return path_of(self.stack, name)

    def faces(self) -> list[dict[str, Any]]:
        found = self.stack.clients.rekognition.list_faces(
            CollectionId=self.stack.environment["FACE_COLLECTION_ID"]
        )
        return [dict(face) for face in found["Faces"]]

    def faces_when_there_are(self, count: int) -> list[dict[str, Any]]:
        """The collection's faces, once there are so many: what ended is cleaned up in a moment."""

        def look() -> list[dict[str, Any]] | None:
            faces = self.faces()
            return faces if len(faces) == count else None

        found: list[dict[str, Any]] = self.client.until(look)
        return found

    def files_of(self, profile: dict[str, Any]) -> list[str]:
        """The keys of everything that the media bucket has of a profile that had a photo."""
        profile_id = profile["photo"]["thumbnail_url"].split("/profiles/")[1].split("/")[0]
        bucket = self.stack.environment["MEDIA_BUCKET"]
        listed = [
            self.stack.clients.s3.list_objects_v2(
                Bucket=bucket, Prefix=f"{area}/profiles/{profile_id}/"
            )
            for area in ("private", "public")
        ]
        return [entry["Key"] for answer in listed for entry in answer.get("Contents", [])]

    def will_send(self, *user_ids: str) -> None:
        """Delete these users' profiles as well, afterwards."""
        self._sent |= set(user_ids)

    def forget_everybody(self) -> None:
        """Delete the profiles of a test, so that the next one meets none of its faces."""
        for user_id in self._sent:
            if self.get(user_id).status_code == requests.codes.ok:
                self.ended(user_id)
                self.delete(user_id)


def astronaut(number: int = 0) -> bytes:
    """A good portrait; each number is another file of the same face."""
    return pictures.as_jpeg(pictures.portrait(), quality=90 - number)


def picture(image: Image.Image) -> bytes:
    return pictures.as_jpeg(image)
