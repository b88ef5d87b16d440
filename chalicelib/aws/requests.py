"""AWS requests: their timeouts and retries, their errors, and which of them are paid."""

import itertools
import threading
from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar

import boto3
import botocore
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.delivery import deadlines
from chalicelib.errors import StorytimeError, ThrottledError, TransientError
from chalicelib.telemetry import CHARACTERS_NARRATED, PAID_CALLS, Meter

_Parameters = ParamSpec("_Parameters")
_Response = TypeVar("_Response")

PAID_OPERATIONS: Final = {
    "rekognition": ("DetectText", "DetectFaces", "SearchFacesByImage", "IndexFaces"),
    "polly": ("SynthesizeSpeech",),
    "textract": ("DetectDocumentText",),
}
"""Operations that AWS bills by the request or the character, by service."""

_PAID: Final = frozenset(itertools.chain.from_iterable(PAID_OPERATIONS.values()))

_THROTTLED: Final = frozenset(
    {"LimitExceededException", "ProvisionedThroughputExceededException", "ThrottlingException"}
)
"""Of Rekognition, Textract and Polly (their API references, "Errors")."""
_OK: Final = 200
_MIN_BOTOCORE: Final = (1, 35, 67)
"""Before it, DeleteObject takes no IfMatch."""

# boto3 waits up to 1, 2 and 4 seconds between attempts. Limits: API Gateway waits 29 s for an
# answer, and a step's lease ends. AWS may bill a paid request that timed out, so its timeout is
# long.
_CLIENT: Final = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 4},
    max_pool_connections=50,
)
# Forms for a new bucket need signature version 4. The virtual address posts to the bucket's own
# region without a redirect.
_S3_CLIENT: Final = _CLIENT.merge(
    Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
)
_PAID_CLIENT: Final = Config(
    connect_timeout=2, read_timeout=25, retries={"mode": "standard", "total_max_attempts": 2}
)


class RequestFailedError(TransientError):
    """AWS answered with an error, or not at all, after the client's own retries.

    Attributes:
        aws_code: The service's error code; without an answer, the name of botocore's exception.
        response: The error response; empty without an answer.
    """

    def __init__(self, operation: str, aws_code: str, response: Any) -> None:
        super().__init__(f"{operation} failed with {aws_code}")
        self.aws_code = aws_code
        self.response = response


class RequestThrottledError(RequestFailedError, ThrottledError):
    """AWS takes no more paid requests of this kind for a moment, and billed nothing."""


class NoTimeLeftError(BotoCoreError):
    """The client must be answered before another request could end."""

    fmt = "no time is left for another request"


def end_in_time(client: Any) -> Any:
    """Send no request, and no retry, when a client must be answered; returns the client."""

    def stop(**_event: Any) -> None:
        if deadlines.is_over():
            raise NoTimeLeftError

    client.meta.events.register("before-send", stop)
    return client


def request(
    operation: Callable[_Parameters, _Response],
    /,
    *args: _Parameters.args,
    **parameters: _Parameters.kwargs,
) -> _Response:
    """Call a client's operation.

    Raises:
        RequestFailedError: It failed.
    """
    try:
        return operation(*args, **parameters)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "Unknown")
        is_busy = code in _THROTTLED and error.operation_name in _PAID
        kind = RequestThrottledError if is_busy else RequestFailedError
        raise kind(error.operation_name, code, error.response) from error
    except BotoCoreError as error:  # no connection, no answer in time, an unreadable answer
        name = getattr(operation, "__name__", "request")
        raise RequestFailedError(name, type(error).__name__, {}) from error


def check_botocore(version: str = botocore.__version__) -> None:
    """Check that botocore knows all parameters that the app sends; Lambda brings its own.

    Raises:
        StorytimeError: It is too old.
    """
    if tuple(map(int, version.split(".")[:3])) < _MIN_BOTOCORE:
        least = ".".join(map(str, _MIN_BOTOCORE))
        raise StorytimeError(
            f"This is botocore {version}; Storytime needs {least} or newer. Deploy with a newer "
            "Python (docs/deploy.md), or add boto3 to requirements/lambda.in."
        )


class Clients:
    """boto3's clients, each created once.

    Args:
        meter: Returns the meter that counts paid requests; called for the first paid client.

    Raises:
        StorytimeError: botocore is too old.
    """

    def __init__(self, meter: Callable[[], Meter]) -> None:
        check_botocore()
        self._meter = meter
        self._session = boto3.session.Session()
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, bool], Any] = {}

    def __call__(self, service: str) -> Any:
        """A client that answers in time for API Gateway."""
        return self._once(service, _S3_CLIENT if service == "s3" else _CLIENT, is_paid=False)

    def paid(self, service: str, region: str = "") -> Any:
        """A client that waits longer for paid requests, and counts them.

        Args:
            service: By boto3's name.
            region: Empty: that of the environment.
        """
        config = _PAID_CLIENT.merge(Config(region_name=region)) if region else _PAID_CLIENT
        return self._once(service, config, is_paid=True)

    def _once(self, service: str, config: Config, *, is_paid: bool) -> Any:
        with self._lock:  # threads may share clients, but not create them at once
            if (service, is_paid) not in self._clients:
                client: Any = self._session.client(service, config=config)  # type: ignore[call-overload]
                if is_paid:
                    count_paid_requests(client, self._meter())
                else:
                    end_in_time(client)
                self._clients[service, is_paid] = client
            return self._clients[service, is_paid]


def count_paid_requests(client: Any, meter: Meter) -> Any:
    """Count a client's paid requests from now on; returns the client.

    AWS does not bill requests that it refuses. It may bill a request that timed out, which is not
    counted here, so the bill may be higher.
    """
    service = client.meta.service_model.service_name
    for operation in PAID_OPERATIONS[service]:

        def note(http_response: Any, parsed: Any, operation: str = operation, **_: object) -> None:
            if http_response.status_code == _OK:
                meter.record(PAID_CALLS, dimension=operation)
                if "RequestCharacters" in parsed:
                    meter.record(CHARACTERS_NARRATED, parsed["RequestCharacters"])

        client.meta.events.register(f"after-call.{service}.{operation}", note)
    return client
