"""Random orders of uploads, polls, faults, redeliveries, lost messages and waiting.

`make test` and `make prove` play the same walks each time; `make soak` plays many other ones.
"""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from chalicelib.stories.queues import OF_STORIES, Step
from tests.proof.invariants import check
from tests.proof.ledger import PLAYED
from tests.proof.pages import BLANK, LONG
from tests.proof.scenarios_of_stories import AGAIN, CORRECTED, LONGER
from tests.proof.schedules import explained
from tests.proof.simulated_aws import MemoryBackend
from tests.proof.simulation import Simulation
from tests.proof.tape import Fault, Tape

SHADES = st.sampled_from([200, 160, BLANK, LONG])
KIND = "random walks"
_FEW = 2
STEPS = st.sampled_from(OF_STORIES)
REVISIONS = st.none() | st.integers(min_value=1, max_value=3)
WHICH = st.integers(min_value=0, max_value=20)


class Walk(RuleBasedStateMachine):
    """One simulation, and a rule for each thing that can happen; in the end it comes to rest."""

    def __init__(self) -> None:
        super().__init__()
        self.backend = MemoryBackend()
        self.faults: dict[int, Fault] = {}
        self.broken_for_long = False
        self.shown = 0
        self.run = Simulation(self.backend, Tape(self.backend.clock, self.faults), parks=True)

    def story_id(self, which: int) -> str:
        uploads = self.run.acknowledged
        return uploads[which % len(uploads)].receipt.story.id

    @rule(
        shade=SHADES,
        upside_down=st.booleans(),
        notify=st.booleans(),
        read_along=st.none() | st.booleans(),
    )
    def upload(self, **fields: Any) -> None:
        self.run.upload(**fields)

    @rule()
    def upload_a_new_story(self) -> None:
        self.run.upload(200, deduplicate=False)

    @rule(shade=SHADES)
    def abandon(self, shade: int) -> None:
        self.run.abandon(shade)
        self.run.tape.doomed = None

    @precondition(lambda self: self.run.acknowledged)
    @rule(which=WHICH)
    def poll(self, which: int) -> None:
        self.run.poll(self.story_id(which))

    @precondition(lambda self: self.run.acknowledged)
    @rule(which=WHICH)
    def delete(self, which: int) -> None:
        self.run.delete(self.story_id(which))

    @precondition(lambda self: self.run.acknowledged)
    @rule(which=WHICH, text=st.sampled_from([CORRECTED, AGAIN, LONGER]), revision=REVISIONS)
    def correct(self, which: int, text: str, revision: int | None) -> None:
        self.run.correct(text, revision, self.story_id(which))

    @rule(notify=st.booleans())
    def request_upload(self, *, notify: bool) -> None:
        self.run.request_upload(notify=notify)

    @precondition(lambda self: self.run.permits)
    @rule(which=WHICH, shade=st.none() | SHADES)
    def post(self, which: int, shade: int | None) -> None:
        self.run.post(shade, self.run.permits[which % len(self.run.permits)])

    @precondition(lambda self: self.run.permits)
    @rule(which=WHICH)
    def poll_upload(self, which: int) -> None:
        self.run.poll(self.run.permits[which % len(self.run.permits)].request.id)

    @rule(shade=st.none() | SHADES)
    def drop(self, shade: int | None) -> None:
        self.run.drop(shade, f"{len(self.run.posted)}.jpg")

    @rule()
    def lose_events(self) -> None:
        self.run.lose_events()

    @precondition(lambda self: self.run.posted)
    @rule(which=WHICH)
    def repeat_event(self, which: int) -> None:
        self.run.send_event(self.run.posted[which % len(self.run.posted)].key)

    @precondition(lambda self: self.run.acknowledged)
    @rule(which=WHICH)
    def bulk_and_list(self, which: int) -> None:
        ids = [each.receipt.story.id for each in self.run.acknowledged]
        self.run.bulk(*dict.fromkeys(ids[which % len(ids) :])).list_all()

    @rule(asks=st.integers(min_value=1, max_value=3))
    def slow_down_the_cdn(self, asks: int) -> None:
        self.run.slow_cdn(asks)

    @rule(times=st.integers(min_value=1, max_value=4))
    def deliver(self, times: int) -> None:
        for _ in range(times):
            self.run.deliver_next()

    @rule(step=STEPS)
    def deliver_again(self, step: Step) -> None:
        self.backend.queues[step].show_all()
        # Each time uses up a receive: after a few, a message is dead without being handled.
        self.shown += 1
        self.broken_for_long |= self.shown > _FEW

    @rule(seconds=st.sampled_from([1, 5, 61, 400, 90_000, 1_400_000]))
    def wait(self, seconds: int) -> None:
        self.run.wait(seconds).expire_arrivals()
        self.broken_for_long |= seconds > 400

    @rule()
    def sweep(self) -> None:
        self.run.sweep()

    @rule()
    def lose_messages(self) -> None:
        self.run.lose_messages()

    @rule(fault=st.sampled_from(Fault), ahead=st.integers(min_value=1, max_value=9))
    def fail(self, fault: Fault, ahead: int) -> None:
        self.faults[len(self.run.tape.requests) + ahead] = fault

    @rule(reader=st.booleans(), voice=st.booleans())
    def break_engines(self, *, reader: bool, voice: bool) -> None:
        self.run.break_engines(reader=reader, voice=voice)
        self.broken_for_long |= reader or voice

    @rule(step=st.sampled_from(Step))
    def redrive(self, step: Step) -> None:
        self.run.redrive(step)

    def teardown(self) -> None:
        self.faults.clear()
        with explained("a random walk", self.run.tape):
            self.run.settle()
            check(self.run, may_fail=self.broken_for_long)
        # Hypothesis repeats some: only as many as it was asked for are counted.
        PLAYED[KIND] = min(PLAYED[KIND] + 1, settings().max_examples)


class FewWalks(Walk):
    pass


TestFewWalks = FewWalks.TestCase
TestFewWalks.settings = settings(settings(), max_examples=30)
TestWalk = pytest.mark.prove(Walk.TestCase)
