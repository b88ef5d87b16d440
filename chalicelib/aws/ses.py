"""SES as the mailer."""

from typing import TYPE_CHECKING, Final

import msgspec

from chalicelib.aws.requests import RequestFailedError, request
from chalicelib.errors import RejectedError

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

_REFUSALS: Final = frozenset({"MessageRejected", "BadRequestException"})
"""SES will never take this e-mail: the address is invalid or, in the sandbox, not verified.
Errors of the account or the sender are tried again: an operator can correct them."""


class SesMailer(msgspec.Struct, frozen=True):
    client: "SESV2Client"
    sender: str

    def send(self, to: str, subject: str, body: str) -> None:
        try:
            request(
                self.client.send_email,
                FromEmailAddress=self.sender,
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
            if failure.aws_code in _REFUSALS and self.sender not in message:
                raise RejectedError(f"SES refused it with {failure.aws_code}") from failure
            raise
