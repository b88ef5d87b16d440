"""Assembles the AWS port."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from local.control.calls import Calls
from local.control.endpoint import Control
from local.control.faults import Faults
from local.control.inbox import Inbox
from local.control.measures import Requests, Timings
from local.resources.distribution import API, configuration
from local.resources.names import APP_KEYS, DISTRIBUTION_ID, STACK_KEYS
from local.runner.functions import Functions
from local.runner.lambda_function import LambdaFunction
from local.server.distribution import CloudFront
from local.server.front import Front
from local.server.http_server import HttpServer
from local.services.cloudfront.edge_cache import EdgeCache
from local.services.cloudfront.invalidations import Invalidations
from local.services.cloudfront.origins import Api, Bucket
from local.services.dynamodb import Tables
from local.services.moto_backend import MotoBackend
from local.services.request_constraints import Operation
from local.services.s3.buckets import Buckets, Listener
from local.services.s3.cors import Cors
from local.services.s3.post_upload import PostUploads
from local.services.s3.signatures import Clock, Signatures
from local.services.ses import Emails
from local.services.sqs.delivery import SqsDelivery
from local.services.sqs.message_moves import MessageMoves
from local.services.stepfunctions.state_machines import StateMachines

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def _utc_now() -> datetime:
    return datetime.now(UTC)


class LocalAws:
    """A local AWS without resources, on `server`'s port once it is started.

    Attributes:
        calls: The requests of each function, from `Calls.listen` on.
    """

    def __init__(
        self, server: HttpServer, engines: Mapping[str, Operation], *, now: Clock = _utc_now
    ) -> None:
        self.url = server.url
        self._server = server
        self._engines = engines
        self._now = now
        self._listeners: list[Listener] = []
        self._delivery: SqsDelivery | None = None
        self._functions = Functions()
        self.calls = Calls()
        self._machines = StateMachines(self._functions.invoke, now)
        self._moto = MotoBackend()
        self._edge_cache = EdgeCache(now)

    def start(self) -> None:
        moto = self._moto
        signatures = Signatures(dict([APP_KEYS, STACK_KEYS]), self._now)
        requests, timings, inbox, faults = Requests(), Timings(), Inbox(), Faults()
        self._delivery = SqsDelivery(moto)
        buckets = Buckets(moto, self._now, self._listeners)
        front = Front(
            moto=moto,
            engines=self._engines,
            additions={
                **MessageMoves(moto, self._delivery, self._now).operations,
                **Invalidations(DISTRIBUTION_ID, self._edge_cache.forget, self._now).operations,
                **self._functions.operations,
                **self._machines.operations,
                **Emails(inbox).operations,
            },
            own_access_key_id=STACK_KEYS[0],
            delivery=self._delivery,
            buckets=buckets,
            tables=Tables(moto, self._now),
            post_uploads=PostUploads(buckets, signatures),
            cors=Cors(moto),
            control=Control(requests, self.calls, timings, inbox, faults),
            requests=requests,
            timings=timings,
            inbox=inbox,
            faults=faults,
        )
        self._server.start(front)

    def distribution(self, api: "WSGIApplication", host: str) -> CloudFront:
        """Return what stands for CloudFront, as a WSGI application.

        Args:
            api: API Gateway.
            host: Its own.
        """
        found = configuration()
        buckets = {name: Bucket(self._moto, access) for name, access in found.buckets.items()}
        return CloudFront(found, {**buckets, API: Api(api, API, host)}, self._edge_cache)

    def listen_to_buckets(self, listener: Listener) -> None:
        """Call `listener` for every new object, from now on.

        The call happens in the thread of a request, before it is answered: it must not wait.
        """
        self._listeners.append(listener)

    def declare_functions(self, functions: Iterable[LambdaFunction]) -> None:
        """Let Invoke and state machines find these functions, from now on."""
        self._functions.declare(functions)

    def end_long_polls(self) -> None:
        """Let every waiting ReceiveMessage return, so that its caller can stop."""
        if self._delivery is not None:
            self._delivery.close()

    def stop(self) -> None:
        self.end_long_polls()
        self._machines.close()
        self._server.stop()
