"""E-mail by SES."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.conftest import Aws, refusal

SENDER = "stories@example.com"


@pytest.fixture
def ses(aws: Aws) -> Any:
    aws.stack_client("sesv2").create_email_identity(EmailIdentity=SENDER)
    return aws.client("sesv2")


def send(ses: Any, *to: str, sender: str = SENDER, **content: Any) -> dict[str, Any]:
    simple = {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Listen."}}} | content
    answer: dict[str, Any] = ses.send_email(
        FromEmailAddress=sender, Destination={"ToAddresses": list(to)}, Content={"Simple": simple}
    )
    return answer


def refusal_of(ses: Any, *to: str, **message: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        send(ses, *to, **message)
    response = refused.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return response["Error"]["Code"], response["Error"]["Message"]


def test_every_recipient_gets_the_email_with_its_subject_and_body(aws: Aws, ses: Any) -> None:
    answer = send(
        ses,
        "zoe@example.org",
        "max@example.org",
        Subject={"Data": "Your photo, Zoë", "Charset": "UTF-8"},
        Body={"Text": {"Data": "Tolles Foto! ✓\n", "Charset": "UTF-8"}},
    )

    assert len(answer["MessageId"]) > 36
    assert aws.control("inbox") == [
        {"to": to, "subject": "Your photo, Zoë", "body": "Tolles Foto! ✓\n"}
        for to in ("zoe@example.org", "max@example.org")
    ]


@pytest.mark.parametrize("sender", ["stranger@example.com", "Stories@example.com"])
def test_an_unverified_sender_is_rejected(aws: Aws, ses: Any, sender: str) -> None:
    code, message = refusal_of(ses, "zoe@example.org", sender=sender)

    assert code == "MessageRejected"
    assert message.startswith("Email address is not verified.")
    assert message.endswith(f"US-EAST-1: {sender}")
    assert aws.control("inbox") == []


@pytest.mark.parametrize(
    "address",
    [
        *("", "zoe", "zoe@", "zoe@example.org.", "@example.org", "zoe @example.org"),
        *("zoë@example.org", "zo(e)@example.org", "zoe..x@example.org", ".zoe@example.org"),
        *("zoe.@example.org", "zoe@exam ple.org", "zoe@example.org\n", "zoe@exa;mple.org"),
        *("zoe@.example.org", "zoe@example..org", "a@example.org, b@example.org"),
    ],
)
def test_one_malformed_address_refuses_the_whole_message(aws: Aws, ses: Any, address: str) -> None:
    expected = ("BadRequestException", f"Invalid email address {address}.")

    assert refusal_of(ses, "fine@example.org", address) == expected
    assert refusal_of(ses, "fine@example.org", sender=address) == expected
    assert aws.control("inbox") == []


def test_a_message_without_recipients_or_with_control_characters_in_its_subject_is_refused(
    ses: Any,
) -> None:
    assert refusal_of(ses) == ("BadRequestException", "The message has no recipients.")
    for character in ["\n", "\r", "\x00", "\x7f", "\u2028"]:
        subject = {"Data": f"two{character}lines", "Charset": "UTF-8"}
        assert refusal_of(ses, "zoe@example.org", Subject=subject)[0] == "BadRequestException"


def test_an_identity_is_verified_as_soon_as_it_is_created_and_only_once(ses: Any) -> None:
    assert ses.get_email_identity(EmailIdentity=SENDER)["VerifiedForSendingStatus"] is True

    with pytest.raises(ses.exceptions.AlreadyExistsException):
        ses.create_email_identity(EmailIdentity=SENDER)
    with pytest.raises(ses.exceptions.NotFoundException):
        ses.get_email_identity(EmailIdentity="stranger@example.com")


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("list_email_identities", {}),
        ("create_email_identity", {"EmailIdentity": "example.com"}),
        ("send_email", {"Content": {"Raw": {"Data": b"Subject: s\n\nbody"}}}),
        ("send_email", {"Content": {}, "ConfigurationSetName": "c"}),
    ],
)
def test_other_requests_to_ses_are_refused_as_not_implemented(
    aws: Aws, operation: str, request_: dict[str, Any]
) -> None:
    assert refusal(getattr(aws.client("sesv2"), operation), **request_)[0] == "NotImplemented"
    version_1 = aws.client("ses").verify_email_identity
    assert refusal(version_1, EmailAddress=SENDER)[0] == "NotImplemented"
