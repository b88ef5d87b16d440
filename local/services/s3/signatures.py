"""The signatures of S3's forms.

Browsers send S3's forms, so that their refusals are part of the application. Every other request
is accepted if it has an Authorization header: every local program may do everything.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.services.service_error import ServiceError

Clock = Callable[[], datetime]

ALGORITHM: Final = "AWS4-HMAC-SHA256"
_SCOPE_PARTS: Final = 5


@dataclass(frozen=True)
class Scope:
    """The parts of ``<access key id>/<date>/<region>/<service>/aws4_request``."""

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
            message = "Invalid signature: the Credential is mal-formed."
            raise ServiceError("AuthorizationQueryParametersError", message, 400)
        return cls(parts[0], parts[2])


class Signatures:
    """Recomputes signatures.

    Args:
        secrets: Secret access keys by access key id.
        now: The time, with its zone.
    """

    def __init__(self, secrets: Mapping[str, str], now: Clock) -> None:
        self._secrets = secrets
        self.now = now

    def sign(self, text: str, scope: Scope, timestamp: str) -> str:
        """Return the signature of `text`, as hexadecimal digits.

        Raises:
            ServiceError: InvalidAccessKeyId.
        """
        secret = self._secrets.get(scope.access_key_id)
        if secret is None:
            raise ServiceError(
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.",
                403,
            )
        request = AWSRequest()
        request.context["timestamp"] = timestamp
        credentials = Credentials(scope.access_key_id, secret)
        return str(S3SigV4QueryAuth(credentials, "s3", scope.region).signature(text, request))
