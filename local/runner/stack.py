"""Runs everything in one process: AWS, the functions and their triggers, API and web page."""

import importlib
import json
import os
import resource
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from chalice.app import Chalice
from chalice.config import Config

from chalicelib.http.tokens import OPEN
from infrastructure.website import WEB, files_of, publish
from local.engines.allocator import keep_large_buffers
from local.engines.neural_speaker import speak_english
from local.resources.creation import StackClients, create
from local.resources.environment import point_at
from local.resources.names import STAGE, WEB_BUCKET
from local.runner.api_gateway import ApiGateway
from local.runner.functions import functions_of
from local.runner.queue_triggers import QueueTrigger, queue_triggers
from local.runner.s3_triggers import S3Trigger, s3_triggers
from local.runner.schedules import ScheduleTrigger, schedule_triggers
from local.server.http_server import HttpServer
from local.server.local_aws import LocalAws
from local.server.tls import TlsPort
from local.services.polly.synthesis import Polly
from local.services.polly.voices import describe_voices
from local.services.rekognition.detect_text import Rekognition
from local.services.rekognition.face_recognition import FaceRecognition
from local.services.request_constraints import Operation
from local.services.textract import Textract

PROJECT: Final = Path(__file__).resolve().parents[2]

_OPEN_FILES: Final = 10_240  # macOS grants no more


def storytime() -> Chalice:
    """Import the app only now: its decorators read the environment."""
    sys.path.insert(0, str(PROJECT))
    app: Chalice = importlib.import_module("app").app
    return app


def real_engines(*, neural: bool) -> Mapping[str, Operation]:
    """The operations of the engines by boto3's name; an engine loads with its first call."""
    return {
        **FaceRecognition().operations,
        "rekognition.DetectText": Rekognition().detect_text,
        "polly.DescribeVoices": describe_voices,
        "polly.SynthesizeSpeech": Polly(speak_english if neural else None).synthesize_speech,
        "textract.DetectDocumentText": Textract().detect_document_text,
    }


class LocalStorytime:
    """A stack that takes requests and keeps schedules from `start` until its process ends.

    Args:
        api_port: The API's port; 0 is any free port.
        aws_port: The local AWS's port; 0 is any free port.
        web_port: Of what stands for the distribution; 0 is any free port.
        https: Speak TLS on the web port, and listen to the whole network there.
        neural: Speak English with the neural voice instead of espeak-ng.

    Raises:
        PortUnavailableError: One of the ports cannot be listened on.

    Attributes:
        web_urls: The page's addresses; the first one is that of links in e-mails.
    """

    def __init__(
        self,
        api_port: int,
        aws_port: int,
        web_port: int = 0,
        *,
        neural: bool = False,
        https: bool = False,
    ) -> None:
        self._aws_server = HttpServer(aws_port)
        self._api_server = HttpServer(api_port)
        self._tls = TlsPort(web_port) if https else None
        self._web_server = HttpServer(0 if https else web_port)
        self.web_urls = self._tls.urls if self._tls else [self._web_server.url]
        self._aws = LocalAws(self._aws_server, real_engines(neural=neural))
        self.api_url = self._api_server.url
        self.aws_url = self._aws_server.url
        self.triggers: list[QueueTrigger] = []
        self.schedules: list[ScheduleTrigger] = []
        self.bucket_triggers: list[S3Trigger] = []
        self.is_open = True

    def start(self) -> None:
        """Start everything; requests can be taken when this returns.

        Raises:
            TriggerError: One of the app's triggers is impossible here.
        DeploymentError: The project's page cannot be published.
        """
        keep_large_buffers()  # before any thread: each would keep an arena of its own
        _allow_many_open_files()
        point_at(self._aws_server.port, os.environ, self.web_urls[0])
        self.is_open = os.environ["API_TOKENS"] == OPEN
        self._aws.start()
        clients = StackClients(self.aws_url)
        create(clients)
        if WEB.is_dir():
            publish(clients.s3, WEB_BUCKET, files_of(WEB))
        self._aws.calls.listen()
        app, config = storytime(), chalice_config()
        self._aws.declare_functions(functions_of(app, config))
        self.triggers = queue_triggers(app, config, clients.sqs)
        self.schedules = schedule_triggers(app, config)
        self.bucket_triggers = s3_triggers(app, config)
        for trigger in self.triggers:
            trigger.start()
        for schedule in self.schedules:
            schedule.start()
        for bucket_trigger in self.bucket_triggers:
            self._aws.listen_to_buckets(bucket_trigger.notice)
        gateway = ApiGateway(app, config)
        self._api_server.start(gateway)
        host = self.api_url.partition("://")[2]
        self._web_server.start(self._aws.distribution(gateway, host))
        if self._tls is not None:
            self._tls.start(self._web_server.port)


def chalice_config() -> Config:
    on_disk = json.loads((PROJECT / ".chalice" / "config.json").read_text())
    return Config(chalice_stage=STAGE, config_from_disk=on_disk)


def _allow_many_open_files() -> None:
    """Raise the process's limit: each large stored object is an open temporary file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
