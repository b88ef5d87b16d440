"""The same in plain requests, as a workshop shows it: store, enqueue, read, speak, store.

No check of the photo, no look for a duplicate, no retry, no turn, no order, no notice.
"""

import json
import time
import uuid
from functools import partial

import boto3

from bench.stack import RunningStack


class Plain:
    """What a story takes at least on this AWS; its clients are made and warm."""

    def __init__(self, stack: RunningStack) -> None:
        named = stack.environment
        session = boto3.session.Session(named["AWS_ACCESS_KEY_ID"], named["AWS_SECRET_ACCESS_KEY"])
        make = partial(session.client, region_name="us-east-1", endpoint_url=stack.aws_url)
        self._s3, self._sqs = make("s3"), make("sqs")
        self._rekognition, self._polly = make("rekognition"), make("polly")
        self._bucket = named["MEDIA_BUCKET"]
        self._queue = self._sqs.create_queue(QueueName="plain")["QueueUrl"]

    def upload(self, photo: bytes) -> float:
        """Store a photo and send its message; the seconds that took."""
        began = time.perf_counter()
        key = f"private/plain/{uuid.uuid4()}"
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=photo)
        self._sqs.send_message(QueueUrl=self._queue, MessageBody=json.dumps({"key": key}))
        return time.perf_counter() - began

    def make_story(self) -> float:
        """Take a message, and read, speak and store its page; the seconds that took."""
        began = time.perf_counter()
        (message,) = self._sqs.receive_message(QueueUrl=self._queue)["Messages"]
        key = json.loads(message["Body"])["key"]
        photo = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        found = self._rekognition.detect_text(Image={"Bytes": photo})["TextDetections"]
        text = " ".join(each["DetectedText"] for each in found if each["Type"] == "LINE")
        audio = self._polly.synthesize_speech(Text=text, VoiceId="Joanna", OutputFormat="mp3")
        self._s3.put_object(Bucket=self._bucket, Key=f"{key}.mp3", Body=audio["AudioStream"].read())
        self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        return time.perf_counter() - began
