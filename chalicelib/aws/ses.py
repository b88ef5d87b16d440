"""SES as the mailer."""

from typing import TYPE_CHECKING, Final

from chalicelib.aws.requests import RequestFailedError, request
from chalicelib.errors import RejectedError

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

_REFUSALS: Final = frozenset({"MessageRejected", "BadRequestException"})
"""SES will never take this e-mail: the address is invalid or, in the sandbox, not verified.
Errors of the account or the sender are tried again: an operator can correct them."""


class SesMailer:
    def __init__(self, client: "SESV2Client", sender: str) -> None:
        self._client = client
        self._sender = sender

    def send(self, to: str, subject: str, body: str) -> None:
        try:
            request(
                self._client.send_email,
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [to]},
                Content={
                    "Simple": {
                        "Subject": {"Data": subject, "Charset": "UTF-8"},
                        "Body": {"Text": {"Data": body, "Charset": "UTF-8"}},
                    }
                },
            )
        except RequestFailedError as failure:
            message = failure.response.get("Error", {}).get("Message", "")
            # SES uses the same code for an unverified sender, which an operator can correct.
            if failure.aws_code in _REFUSALS and self._sender not in message:
                raise RejectedError(f"SES refused it with {failure.aws_code}") from failure
            raise
