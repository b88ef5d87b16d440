"""E-mail by SES: who may send it to whom, and what arrives."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.control.inbox import Inbox
from local.services.service_error import ServiceError
from local.services.ses.emails import Emails
from tests.local.conftest import Aws, Clock

SENDER = "stories@example.com"
MIB = 1024 * 1024


@pytest.fixture
def ses(aws: Aws) -> Any:
    aws.stack_client("sesv2").create_email_identity(EmailIdentity=SENDER)
    return aws.client("sesv2")


def send(ses: Any, *to: str, sender: str = SENDER, **content: Any) -> dict[str, Any]:
    simple = {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Listen."}}} | content
    answer: dict[str, Any] = ses.send_email(
        FromEmailAddress=sender,
        Destination={"ToAddresses": list(to)},
        Content={"Simple": simple},
    )
    return answer


def refusal_of(ses: Any, *to: str, **message: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refusal:
        send(ses, *to, **message)
    response = refusal.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return response["Error"]["Code"], response["Error"]["Message"]


def unverified(*addresses: str) -> tuple[str, str]:
    return "MessageRejected", (
        "Email address is not verified. The following identities failed the check "
        f"in region US-EAST-1: {', '.join(addresses)}"
    )


def test_an_email_arrives_with_its_subject_and_body(aws: Aws, ses: Any) -> None:
    answer = send(
        ses,
        "Zoe <zoe@example.org>",
        sender=f"Storytime <{SENDER}>",
        Subject={"Data": "Your photo, Zoë", "Charset": "UTF-8"},
        Body={"Text": {"Data": "Tolles Foto! ✓\n", "Charset": "UTF-8"}},
    )

    assert len(answer["MessageId"]) > 36
    assert aws.control("inbox") == [
        {"to": "zoe@example.org", "subject": "Your photo, Zoë", "body": "Tolles Foto! ✓\n"}
    ]


def test_every_recipient_gets_it(aws: Aws, ses: Any) -> None:
    ses.send_email(
        FromEmailAddress=SENDER,
        Destination={
            "ToAddresses": ["a@example.org"],
            "CcAddresses": ["b@example.org"],
            "BccAddresses": ["c@example.org"],
        },
        Content={
            "Simple": {"Subject": {"Data": "s"}, "Body": {"Html": {"Data": "<p>only html</p>"}}}
        },
        ReplyToAddresses=["answers@example.com"],
    )

    arrived = aws.control("inbox")
    assert [each["to"] for each in arrived] == ["a@example.org", "b@example.org", "c@example.org"]
    assert {each["body"] for each in arrived} == {"<p>only html</p>"}


def test_a_text_is_ascii_unless_it_names_its_character_set(aws: Aws, ses: Any) -> None:
    send(ses, "zoe@example.org", Subject={"Data": "Zoë"}, Body={"Text": {"Data": "✓ done"}})

    assert aws.control("inbox") == [{"to": "zoe@example.org", "subject": "Zo?", "body": "? done"}]
    content = {"Subject": {"Data": "s", "Charset": "UTF-99"}}
    assert refusal_of(ses, "zoe@example.org", **content)[0] == "BadRequestException"


@pytest.mark.parametrize("sender", ["stranger@example.com", "Stories@example.com"])
def test_a_sender_that_is_not_verified_to_the_letter_is_rejected(
    aws: Aws, ses: Any, sender: str
) -> None:
    assert refusal_of(ses, "zoe@example.org", sender=sender) == unverified(sender)
    assert aws.control("inbox") == []


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("", "Invalid email address ."),
        ("zoe", "Missing final '@domain'"),
        ("zoe@", "Missing domain"),
        ("zoe@example.org.", "Missing domain"),
        ("@example.org", "Missing local name"),
        ("zoe @example.org", "Local address contains control or whitespace"),
        ("zoë@example.org", "Local address contains control or whitespace"),
        ("zo(e)@example.org", "Local address contains illegal character"),
        ("zoe..x@example.org", "Local address contains dot-dot"),
        (".zoe@example.org", "Local address starts with dot"),
        ("zoe.@example.org", "Local address ends with dot"),
        ("zoe@exam ple.org", "Domain contains control or whitespace"),
        ("zoe@example.org\n", "Domain contains control or whitespace"),
        ("zoe@exa;mple.org", "Domain contains illegal character"),
        ("zoe@.example.org", "Domain starts with dot"),
        ("zoe@example..org", "Domain contains dot-dot"),
        ("a@example.org, b@example.org", "Illegal address"),
    ],
)
def test_one_malformed_address_refuses_the_whole_message(
    aws: Aws, ses: Any, address: str, message: str
) -> None:
    expected = ("BadRequestException", message)

    assert refusal_of(ses, "fine@example.org", address) == expected
    assert refusal_of(ses, "fine@example.org", sender=address) == expected
    assert aws.control("inbox") == []


def test_whoever_is_to_be_answered_has_a_well_formed_address_too(ses: Any) -> None:
    with pytest.raises(ses.exceptions.BadRequestException, match="Missing domain"):
        ses.send_email(
            FromEmailAddress=SENDER,
            Destination={"ToAddresses": ["zoe@example.org"]},
            ReplyToAddresses=["answers@"],
            Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "b"}}}},
        )


def test_a_message_has_from_one_to_50_recipients(aws: Aws, ses: Any) -> None:
    addresses = [f"{number}@example.org" for number in range(51)]

    send(ses, *addresses[:50])

    assert refusal_of(ses, *addresses) == ("BadRequestException", "Recipient count exceeds 50.")
    assert refusal_of(ses)[0] == "BadRequestException"
    assert len(aws.control("inbox")) == 50


@pytest.mark.parametrize("character", ["\n", "\r", "\x00", "\x7f", "\u2028"])
def test_a_subject_with_control_characters_is_refused(ses: Any, character: str) -> None:
    subject = {"Data": f"two{character}lines", "Charset": "UTF-8"}

    assert refusal_of(ses, "zoe@example.org", Subject=subject)[0] == "BadRequestException"


def test_a_message_has_up_to_40_mb() -> None:
    """Without HTTP: requests of such a size would each be a temporary file."""
    inbox = Inbox()
    ses = Emails(inbox, Clock()).operations
    ses["sesv2.CreateEmailIdentity"]({"EmailIdentity": SENDER})

    def send_body(size: int) -> None:
        message = {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "x" * size}}}
        ses["sesv2.SendEmail"](
            {
                "FromEmailAddress": SENDER,
                "Destination": {"ToAddresses": ["zoe@example.org"]},
                "Content": {"Simple": message},
            }
        )

    send_body(40 * MIB - len("Hello"))
    with pytest.raises(ServiceError) as refusal:
        send_body(40 * MIB - len("Hello") + 1)

    assert refusal.value.code == "BadRequestException"
    assert refusal.value.message == ("Message length is more than 41943040 bytes long: '41943041'.")
    assert len(inbox.to_json()) == 1


def test_a_message_without_a_body_is_refused(ses: Any) -> None:
    assert refusal_of(ses, "zoe@example.org", Body={})[0] == "BadRequestException"


def test_what_is_sent_to_a_suppressed_address_is_accepted_and_never_arrives(
    aws: Aws, ses: Any
) -> None:
    ses.put_suppressed_destination(EmailAddress="zoe@example.org", Reason="BOUNCE")

    assert send(ses, "Zoe@example.org", "max@example.org")["MessageId"]

    assert [each["to"] for each in aws.control("inbox")] == ["max@example.org"]
    found = ses.get_suppressed_destination(EmailAddress="zoe@example.org")["SuppressedDestination"]
    assert (found["EmailAddress"], found["Reason"]) == ("zoe@example.org", "BOUNCE")
    ses.delete_suppressed_destination(EmailAddress="zoe@example.org")
    send(ses, "zoe@example.org")
    assert [each["to"] for each in aws.control("inbox")] == ["max@example.org", "zoe@example.org"]
    for operation in (ses.get_suppressed_destination, ses.delete_suppressed_destination):
        with pytest.raises(ses.exceptions.NotFoundException):
            operation(EmailAddress="zoe@example.org")


def test_a_reason_to_suppress_is_a_bounce_or_a_complaint(ses: Any) -> None:
    with pytest.raises(ses.exceptions.BadRequestException, match=r"\[BOUNCE, COMPLAINT\]"):
        ses.put_suppressed_destination(EmailAddress="zoe@example.org", Reason="DISLIKE")


def test_in_the_sandbox_every_recipient_must_be_verified(aws: Aws, ses: Any) -> None:
    assert ses.get_account()["ProductionAccessEnabled"] is True
    ses.put_account_details(
        MailType="TRANSACTIONAL", WebsiteURL="https://example.com", ProductionAccessEnabled=False
    )
    ses.create_email_identity(EmailIdentity="max@example.org")

    send(ses, "max@example.org")
    refusal = refusal_of(
        ses, "zoe@example.org", "max@example.org", "ida@example.org", "zoe@example.org"
    )

    assert refusal == unverified("zoe@example.org", "ida@example.org")
    assert ses.get_account()["ProductionAccessEnabled"] is False
    assert [each["to"] for each in aws.control("inbox")] == ["max@example.org"]


def test_an_identity_is_verified_until_it_is_deleted(ses: Any) -> None:
    with pytest.raises(ses.exceptions.AlreadyExistsException):
        ses.create_email_identity(EmailIdentity=SENDER)
    assert ses.get_email_identity(EmailIdentity=SENDER)["VerifiedForSendingStatus"] is True

    ses.delete_email_identity(EmailIdentity=SENDER)

    for operation in (ses.get_email_identity, ses.delete_email_identity):
        with pytest.raises(ses.exceptions.NotFoundException):
            operation(EmailIdentity=SENDER)
    assert refusal_of(ses, "zoe@example.org") == unverified(SENDER)


def test_emails_are_counted_and_fail_as_asked(aws: Aws, ses: Any) -> None:
    fault = {"operation": "sesv2.SendEmail", "error": "TooManyRequestsException"}
    assert aws.inject(**fault, times=1).status == 201

    send(ses, "zoe@example.org")  # which boto3 tried twice

    assert aws.control("requests") == {"sesv2.SendEmail": 2}
    assert len(aws.control("inbox")) == 1


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("list_email_identities", {}),
        ("create_email_identity", {"EmailIdentity": "example.com"}),
        ("send_email", {"Content": {"Raw": {"Data": b"Subject: s\n\nbody"}}}),
        ("send_email", {"Content": {"Template": {"TemplateName": "t"}}}),
        ("send_email", {"Content": {}, "ConfigurationSetName": "c"}),
    ],
)
def test_what_else_ses_can_do_is_refused_not_made_up(
    ses: Any, operation: str, request_: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as refusal:
        getattr(ses, operation)(**request_)

    assert refusal.value.response["Error"]["Code"] == "NotImplemented"


def test_the_first_version_of_ses_is_refused_not_made_up(aws: Aws) -> None:
    with pytest.raises(ClientError) as refusal:
        aws.client("ses").verify_email_identity(EmailAddress=SENDER)

    assert refusal.value.response["Error"]["Code"] == "NotImplemented"
    assert aws.control("requests") == {"ses.VerifyEmailIdentity": 1}
