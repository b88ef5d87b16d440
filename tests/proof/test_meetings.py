"""Whoever meets over a story, in whatever order their requests reach AWS."""

import pytest

from tests.proof.ledger import PLAYED
from tests.proof.meeting import Meeting, every_fault_in_every_order_of, every_order_of
from tests.proof.meetings import MEETINGS

CRASHING = ("one reading message twice", "two uploads of a new photo", "a dead letter and a step")


@pytest.mark.parametrize("meeting", MEETINGS, ids=lambda meeting: meeting.name)
def test_no_order_of_their_requests_breaks_anything(meeting: Meeting) -> None:
    runs = every_order_of(meeting)

    PLAYED["orders of requests of processes that meet"] += runs
    assert runs > 30


@pytest.mark.parametrize(
    "meeting",
    [meeting for meeting in MEETINGS if meeting.name in CRASHING],
    ids=lambda meeting: meeting.name,
)
def test_nor_does_one_of_them_dying_meanwhile(meeting: Meeting) -> None:
    runs = every_fault_in_every_order_of(meeting)

    PLAYED["orders of requests with a fault among them"] += runs
    assert runs > 300
