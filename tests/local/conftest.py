"""A local AWS for each test: empty, with engines that answer at once."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPMessage
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError
from werkzeug.wrappers import Request, Response

from local.resources.creation import StackClients, create
from local.resources.names import APP_KEYS, HOST, REGION, STACK_KEYS
from local.runner.lambda_function import LambdaFunction
from local.server.http_server import HttpServer
from local.server.local_aws import LocalAws
from local.services.rekognition.face_recognition import FaceRecognition
from local.services.request_constraints import Operation
from local.services.s3.buckets import Listener

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_FEW_RETRIES_AT_ONCE = Config(
    retries={"mode": "standard", "total_max_attempts": 3},
    s3={"addressing_style": "path"},
    signature_version="v4",
)


@dataclass
class Clock:
    """The time as the local AWS sees it."""

    ahead: timedelta = timedelta(0)
    stopped_at: datetime | None = None

    def __call__(self) -> datetime:
        return (self.stopped_at or datetime.now(UTC)) + self.ahead

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Let no time pass meanwhile but what `pass_by` says."""
        self.stopped_at = datetime.now(UTC)
        yield
        self.stopped_at = None

    def pass_by(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


@dataclass
class Engines:
    """Stand-ins for OCR and speech, which keep what they were asked."""

    asked: list[dict[str, Any]] = field(default_factory=list)

    def detect_text(self, request: dict[str, Any]) -> Mapping[str, Any]:
        self.asked.append(request)
        return {"TextDetections": [], "TextModelVersion": "3.0"}

    def detect_document_text(self, request: dict[str, Any]) -> Mapping[str, Any]:
        self.asked.append(request)
        return {"DocumentMetadata": {"Pages": 1}, "Blocks": [{"BlockType": "PAGE", "Id": "1"}]}

    def synthesize_speech(self, request: dict[str, Any]) -> Mapping[str, Any]:
        self.asked.append(request)
        return {"AudioStream": b"\xff\xf3mp3", "ContentType": "audio/mpeg", "RequestCharacters": 5}


@dataclass(frozen=True)
class Aws:
    """A running local AWS and its clients.

    Attributes:
        listen: Has a listener called for every new object.
        declare: Has functions invoked by their names.
        distribution: Makes what stands for CloudFront, with an API at a host.
    """

    url: str
    clock: Clock
    engines: Engines
    session: boto3.session.Session
    listen: Callable[[Listener], None]
    declare: Callable[[Iterable[LambdaFunction]], None]
    distribution: Callable[["WSGIApplication", str], "WSGIApplication"]
    clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str, keys: tuple[str, str] = APP_KEYS, **config: Any) -> Any:
        """A boto3 client; a client of the same arguments is made only once."""
        key = repr((service, keys, sorted(config.items())))
        if key not in self.clients:
            self.clients[key] = self.session.client(  # type: ignore[call-overload]
                service,
                endpoint_url=self.url,
                aws_access_key_id=keys[0],
                aws_secret_access_key=keys[1],
                config=_FEW_RETRIES_AT_ONCE.merge(Config(**config)),
            )
        return self.clients[key]

    def stack_client(self, service: str) -> Any:
        return self.client(service, STACK_KEYS)

    def with_resources(self) -> StackClients:
        """Create the app's resources."""
        clients = StackClients(self.url, self.stack_client)
        create(clients)
        return clients

    def http(self, method: str, path: str, **parts: Any) -> urllib3.BaseHTTPResponse:
        url = f"{self.url}{path}"
        return urllib3.request(method, url, retries=False, redirect=False, timeout=60, **parts)

    def control(self, name: str) -> Any:
        return self.http("GET", f"/_local/{name}").json()

    def inject(self, **fault: Any) -> urllib3.BaseHTTPResponse:
        return self.http("POST", "/_local/faults", body=json.dumps(fault))


class SharedServer(HttpServer):
    """One server for all tests: each test's AWS answers in its turn, and clients stay.

    Attributes:
        clients: boto3 clients of all tests.
    """

    def __init__(self) -> None:
        super().__init__(0)
        self.clients: dict[str, Any] = {}
        super().start(self._answer)

    def _answer(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        return self._application(environ, start_response)

    def start(self, application: "WSGIApplication") -> None:
        self._application = application

    def stop(self) -> None:
        """Go on: the next test's AWS answers."""

    def end(self) -> None:
        super().stop()


@dataclass(frozen=True)
class EdgeAnswer:
    """An answer of what stands for CloudFront."""

    status: int
    headers: HTTPMessage
    data: bytes


@dataclass
class Edge:
    """What stands for CloudFront, and the API that it asks.

    Attributes:
        api: Answers below ``/api/``; replace it.
    """

    port: int
    api: Callable[[Request], Response] = field(default=lambda _request: Response(status=404))

    def answer_as_api(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        application: WSGIApplication = self.api(Request(environ))
        return application(environ, start_response)

    def http(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] = {}
    ) -> EdgeAnswer:
        """Send a request whose path goes out as it is: libraries take dots off it."""
        connection = HTTPConnection(HOST, self.port, timeout=60)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return EdgeAnswer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()


API_HOST = "api.example:8000"


def refusal(call: Callable[..., Any], **parameters: Any) -> tuple[str, int]:
    """The code and the HTTP status with which a boto3 call is refused."""
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    response = refused.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.fixture(scope="session")
def boto3_session() -> boto3.session.Session:
    """One for all tests: it reads the services' models once."""
    return boto3.session.Session(region_name=REGION)


@pytest.fixture(scope="session")
def aws_server() -> Iterator[SharedServer]:
    server = SharedServer()
    yield server
    server.end()


@pytest.fixture
def aws(boto3_session: boto3.session.Session, aws_server: SharedServer) -> Iterator[Aws]:
    engines = Engines()
    by_name = {
        **FaceRecognition().operations,
        "rekognition.DetectText": engines.detect_text,
        "polly.SynthesizeSpeech": engines.synthesize_speech,
        "textract.DetectDocumentText": engines.detect_document_text,
    }
    with running_aws(boto3_session, by_name, engines, aws_server) as aws:
        yield aws


@pytest.fixture(scope="session")
def web_server() -> Iterator[SharedServer]:
    server = SharedServer()
    yield server
    server.end()


@pytest.fixture
def edge(aws: Aws, web_server: SharedServer) -> Edge:
    edge = Edge(web_server.port)
    web_server.start(aws.distribution(edge.answer_as_api, API_HOST))
    return edge


@pytest.fixture
def sqs(aws: Aws) -> Any:
    return aws.client("sqs")


@contextmanager
def running_aws(
    session: boto3.session.Session,
    operations: Mapping[str, Operation],
    engines: Engines | None = None,
    server: HttpServer | None = None,
) -> Iterator[Aws]:
    clock, server = Clock(), server or HttpServer(0)
    local_aws = LocalAws(server, operations, now=clock)
    local_aws.start()
    yield Aws(
        server.url,
        clock,
        engines or Engines(),
        session,
        local_aws.listen_to_buckets,
        local_aws.declare_functions,
        local_aws.distribution,
        server.clients if isinstance(server, SharedServer) else {},
    )
    local_aws.stop()
