"""SES as the mailer."""

from typing import TYPE_CHECKING, Final

import msgspec

from chalicelib.aws.requests import RequestFailedError, request
from chalicelib.errors import RejectedError

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

_REFUSALS: Final = frozenset({"MessageRejected", "BadRequestException"})
"""This e-mail will never be taken: the address is not one, or (sandbox) not a verified one.
What is wrong with the account or the sender passes when it is mended, and is tried again."""


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
            # It is said in the same words of a sender who is not verified: that will pass.
            if failure.aws_code in _REFUSALS and self.sender not in message:
                raise RejectedError(f"SES refused it with {failure.aws_code}") from failure
            raise
