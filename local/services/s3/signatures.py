"""S3's side of signed links and forms: who signed them, and what exactly.

Requests that are signed in their Authorization header are let in as they are: whoever can reach
this port may do everything. Links and forms are the exception, for they are made to be handed to
strangers, and what they refuse is part of the application.
"""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.services.received import Received
from local.services.service_error import ServiceError

Clock = Callable[[], datetime]

ALGORITHM: Final = "AWS4-HMAC-SHA256"
_LONGEST_LIFE: Final = timedelta(days=7)
"""Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters"."""
_LINK_FIELDS: Final = ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature")
_SCOPE_PARTS: Final = 5


@dataclass(frozen=True)
class Scope:
    """What ``<access key id>/<date>/<region>/<service>/aws4_request`` says."""

    access_key_id: str
    region: str

    @classmethod
    def parse(cls, credential: str) -> "Scope":
        """Read a credential scope.

        Raises:
            ServiceError: AuthorizationQueryParametersError.
        """
        parts = credential.rsplit("/", _SCOPE_PARTS - 1)
        if len(parts) != _SCOPE_PARTS or parts[3:] != ["s3", "aws4_request"]:
            raise malformed_link("the Credential is mal-formed")
        return cls(parts[0], parts[2])


class Signatures:
    """Recomputes signatures from the keys that were given out.

    Args:
        secrets: Secret access keys by access key id.
        now: The time, with its zone.
    """

    def __init__(self, secrets: Mapping[str, str], now: Clock) -> None:
        self._secrets = secrets
        self.now = now

    def check_link(self, received: Received) -> None:
        """Let a presigned URL through, within its time and for what was signed only.

        Raises:
            ServiceError: It is anonymous, incomplete, expired or not what was signed.
        """
        query = received.query
        if "Signature" in query and "AWSAccessKeyId" in query:
            raise ServiceError(
                "InvalidRequest",
                "The authorization mechanism you have provided is not supported. "
                f"Please use {ALGORITHM}.",
                400,
            )
        if "X-Amz-Signature" not in query:
            raise ServiceError("AccessDenied", "Access Denied", 403)
        missing = [name for name in _LINK_FIELDS if f"X-Amz-{name}" not in query]
        if missing or query["X-Amz-Algorithm"] != ALGORITHM:
            raise malformed_link("it needs all of the X-Amz- parameters of Signature Version 4")
        self._check_expiry(query["X-Amz-Date"], query["X-Amz-Expires"])
        self._check_signature_of_link(received, query)

    def sign(self, text: str, scope: Scope, timestamp: str) -> str:
        """The signature of `text`, as hexadecimal digits.

        Raises:
            ServiceError: InvalidAccessKeyId.
        """
        request = AWSRequest()
        request.context["timestamp"] = timestamp
        return str(self._signer(scope).signature(text, request))

    def _check_expiry(self, date: str, expires: str) -> None:
        try:
            signed_at = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            life = timedelta(seconds=int(expires))
        except ValueError as error:
            raise malformed_link("X-Amz-Date or X-Amz-Expires is mal-formed") from error
        if not timedelta(0) < life <= _LONGEST_LIFE:
            raise malformed_link("X-Amz-Expires must be between 1 second and 7 days")
        if self.now() > signed_at + life:
            raise ServiceError("AccessDenied", "Request has expired", 403)

    def _check_signature_of_link(self, received: Received, query: Mapping[str, str]) -> None:
        signed = query["X-Amz-SignedHeaders"].split(";")
        if any(name.startswith("x-amz-") and name not in signed for name in received.header_names):
            raise ServiceError(
                "AccessDenied",
                "There were headers present in the request which were not signed",
                403,
            )
        scope = Scope.parse(query["X-Amz-Credential"])
        request = AWSRequest(
            method=received.method,
            # Decoded and encoded again: clients differ in what they leave bare.
            url=f"http://{received.header('Host')}{quote(received.path, safe='/~')}",
            params={name: query[name] for name in query if name != "X-Amz-Signature"},
            headers={name: received.header(name) for name in signed},
        )
        request.context["timestamp"] = query["X-Amz-Date"]
        signer = self._signer(scope)
        to_sign = signer.string_to_sign(request, signer.canonical_request(request))
        if not hmac.compare_digest(signer.signature(to_sign, request), query["X-Amz-Signature"]):
            raise wrong_signature()

    def _signer(self, scope: Scope) -> S3SigV4QueryAuth:
        secret = self._secrets.get(scope.access_key_id)
        if secret is None:
            raise ServiceError(
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.",
                403,
            )
        return S3SigV4QueryAuth(Credentials(scope.access_key_id, secret), "s3", scope.region)


def wrong_signature() -> ServiceError:
    return ServiceError(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
        403,
    )


def malformed_link(why: str) -> ServiceError:
    return ServiceError("AuthorizationQueryParametersError", f"Invalid signature: {why}.", 400)
