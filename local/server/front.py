"""The AWS port: sends every request to the part that answers it."""

import logging
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from werkzeug.wrappers import Response

from local.control import endpoint
from local.control.endpoint import Control
from local.control.faults import Faults
from local.control.inbox import Inbox
from local.control.measures import Requests, Timings
from local.services.dynamodb import Tables
from local.services.moto_backend import MotoBackend
from local.services.protocol import Call, failure, identify, parse, success
from local.services.received import Received
from local.services.request_constraints import Operation
from local.services.s3.buckets import Buckets
from local.services.s3.cors import Cors
from local.services.s3.post_upload import PostUploads, is_post_upload
from local.services.service_error import ServiceError, not_implemented
from local.services.sqs import limits
from local.services.sqs.delivery import SqsDelivery

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_log = logging.getLogger(__name__)

_NOT_MOTOS: Final = frozenset({"cloudfront", "lambda", "ses", "sesv2", "stepfunctions"})
"""Services for which moto would invent answers to operations that `additions` lacks."""
_OK: Final = 200


@dataclass(frozen=True)
class Front:
    """The WSGI application of the AWS port.

    Attributes:
        moto: Answers what none of the parts below answers.
        engines: Operations by boto3's name, ``polly.SynthesizeSpeech``; the time that they take is
            measured, and moto gets no request for their services.
        additions: Operations that moto lacks.
        own_access_key_id: The stack's own, whose requests are neither counted nor made to fail.
    """

    moto: MotoBackend
    engines: Mapping[str, Operation]
    additions: Mapping[str, Operation]
    own_access_key_id: str
    delivery: SqsDelivery
    buckets: Buckets
    tables: Tables
    post_uploads: PostUploads
    cors: Cors
    control: Control
    requests: Requests
    timings: Timings
    inbox: Inbox
    faults: Faults

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        return self._answer(Received.from_wsgi(environ))(environ, start_response)

    def _answer(self, received: Received) -> Response:
        if received.path.startswith(endpoint.PATH):
            return self.control.answer(received)
        if received.method == "OPTIONS":
            return self.cors.preflight(received)
        if is_post_upload(received):
            response = self.post_uploads.answer(received)
            self.cors.mark(received, response)
            return response
        call = identify(received)
        if call is None:
            return self.moto.answer(received)
        response = self._answer_call(call, received)
        if call.service == "s3":
            self.cors.mark(received, response)
        return response

    def _answer_call(self, call: Call, received: Received) -> Response:
        try:
            return self._perform(call, received)
        except ServiceError as error:
            return failure(call, error)
        except Exception:
            _log.exception("%s failed inside the local AWS", call.name)
            return failure(call, ServiceError("InternalFailure", "See the stack's log."))

    def _perform(self, call: Call, received: Received) -> Response:
        if call.access_key_id is None:  # a stranger, or a presigned link, which the app never makes
            raise ServiceError("AccessDenied", "Access Denied", 403)
        if call.access_key_id != self.own_access_key_id:
            self.requests.record(call.name)
            self._meet_fault(call.name)
        if limits.is_limited(call.name):
            limits.check(call.name, parse(call))
        if call.name == "sqs.ReceiveMessage":
            return self.delivery.receive(call, received)
        if (addition := self.additions.get(call.name)) is not None:
            return success(call, addition(parse(call)))
        if self._is_emulated(call.service):
            return self._run_engine(call)
        if call.service == "s3":
            return self.buckets.answer(call, received)
        if call.service == "dynamodb":
            return self.tables.answer(call, received)
        response = self.moto.answer(received)
        if call.service == "sqs":
            self.delivery.something_changed()
        if call.name == "sns.Publish" and response.status_code == _OK:
            self._deliver_email(parse(call))
        return response

    def _meet_fault(self, operation: str) -> None:
        fault = self.faults.take(operation)
        if fault is None:
            return
        if fault.latency_ms:
            threading.Event().wait(fault.latency_ms / 1000)
        if error := fault.service_error():
            raise error

    def _is_emulated(self, service: str) -> bool:
        return service in _NOT_MOTOS or any(name.startswith(f"{service}.") for name in self.engines)

    def _run_engine(self, call: Call) -> Response:
        engine = self.engines.get(call.name)
        if engine is None:
            raise not_implemented(call.name)
        request = parse(call)
        with self.timings.measure(call.name):
            result = engine(request)
        return success(call, result)

    def _deliver_email(self, publication: Mapping[str, Any]) -> None:
        subscribers = self.moto.email_subscribers(publication["TopicArn"])
        self.inbox.deliver(publication, subscribers)
