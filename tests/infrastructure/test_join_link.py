"""`make token` prints the link and the QR code with which a phone joins a stage."""

import re

import cv2
import numpy as np
from botocore.exceptions import EndpointConnectionError

from infrastructure.account import Account
from infrastructure.commands.token import how_to_join, qr_code
from infrastructure.join_link import join_link, page_of
from infrastructure.stage import DeploymentError, Stage
from tests.fakes.account import FakeAccount, RefusalError, Request
from tests.infrastructure.resolved import outputs

PAGE = "https://d123.cloudfront.net"
TOKEN = "st_" + "aZ0-_" * 8 + "abc"  # of no stage
LINK = f"{PAGE}/#join={TOKEN}"
SQUARES = {"█": (0, 0), "▀": (0, 1), "▄": (1, 0), " ": (1, 1)}
"""Which of the two squares of a character are dark."""


def test_the_token_is_in_the_fragment_which_no_server_receives() -> None:
    assert join_link(PAGE, TOKEN) == LINK


def test_a_camera_reads_the_link_from_the_terminal() -> None:
    lines = []
    for line in qr_code(LINK).splitlines():
        drawn = re.fullmatch("\x1b\\[97;40m(.+)\x1b\\[0m", line)  # white on black, everywhere
        assert drawn
        lines.append([SQUARES[each] for each in drawn[1]])
    dark = np.array(lines).transpose(0, 2, 1).reshape(2 * len(lines), -1)

    picture = np.kron(255 * (1 - dark), np.ones((8, 8))).astype(np.uint8)

    assert cv2.QRCodeDetector().detectAndDecode(picture)[0] == LINK
    assert len(lines[0]) < 80  # columns of a terminal


def test_a_terminal_gets_the_code_and_a_file_does_not() -> None:
    assert LINK in how_to_join(PAGE, TOKEN, draws=False).splitlines()[-1]
    assert how_to_join(PAGE, TOKEN, draws=True).endswith(f"\n\n{qr_code(LINK)}")


def test_without_a_page_it_says_where_the_link_will_be() -> None:
    said = how_to_join(None, TOKEN, draws=True)

    assert "<page>/#join=<token>: the deployment\nprints the page's address" in said
    assert TOKEN not in said


def test_the_page_is_at_the_address_of_the_stages_distribution(account: FakeAccount) -> None:
    account.stack.exists("CREATE_COMPLETE", outputs=outputs())

    assert page_of(Stage("dev"), lambda: account) == outputs()["MediaBaseUrl"] == PAGE


def test_a_stage_that_is_not_deployed_or_older_has_no_page(account: FakeAccount) -> None:
    assert page_of(Stage("dev"), lambda: account) is None

    older = {name: value for name, value in outputs().items() if name != "WebBucket"}
    account.stack.exists("CREATE_COMPLETE", outputs=older)

    assert page_of(Stage("dev"), lambda: account) is None


def no_region() -> Account:
    raise DeploymentError("No AWS region is set")


def test_without_aws_the_page_is_not_known(account: FakeAccount) -> None:
    def is_not_there(_: Request) -> None:
        raise EndpointConnectionError(endpoint_url="https://cloudformation.us-east-1.amazonaws.com")

    assert page_of(Stage("dev"), no_region) is None
    account.refuse("cloudformation", "describe_stacks", RefusalError("AccessDenied"), times=1)
    assert page_of(Stage("dev"), lambda: account) is None
    account.play("cloudformation", "describe_stacks", is_not_there)
    assert page_of(Stage("dev"), lambda: account) is None
