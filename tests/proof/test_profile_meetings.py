"""Whoever meets over a profile or over a face, in whatever order their requests reach AWS."""

import pytest

from tests.proof.ledger import PLAYED
from tests.proof.meeting import every_fault_in_every_order_of, every_order_of
from tests.proof.meetings_of_profiles import PROFILE_MEETINGS
from tests.proof.profile_meeting import ProfileMeeting
from tests.proof.tape import Fault

CRASHES = (Fault.DIES_BEFORE, Fault.DIES_AFTER)
CRASHING = ("the same face, the later id lower, and one that is there",)


@pytest.mark.parametrize("meeting", PROFILE_MEETINGS, ids=lambda meeting: meeting.name)
def test_no_order_of_their_requests_breaks_anything(meeting: ProfileMeeting) -> None:
    runs = every_order_of(meeting)

    PLAYED["orders of requests of processes that meet over a profile or a face"] += runs
    assert runs > 30


@pytest.mark.parametrize(
    "meeting",
    [meeting for meeting in PROFILE_MEETINGS if meeting.name in CRASHING],
    ids=lambda meeting: meeting.name,
)
def test_nor_does_one_of_them_dying_meanwhile(meeting: ProfileMeeting) -> None:
    runs = every_fault_in_every_order_of(meeting, CRASHES)

    PLAYED["orders of requests over a face with a fault among them"] += runs
    assert runs > 300
