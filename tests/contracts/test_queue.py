"""What `ports.Queue` promises its senders, and what SQS promises its consumer."""

from datetime import timedelta

from chalicelib.delivery.messages import Delivery, StoryMessage
from tests.contracts.conftest import MAX_RECEIVES, AnyQueue, Queues

MESSAGE = StoryMessage("a-story", "a1b2c3d4")
OTHER = StoryMessage("another-story", "a1b2c3d4")


def received(queue: AnyQueue) -> Delivery[StoryMessage]:
    delivery = queue.receive()
    assert delivery is not None
    return delivery


def receive_to_the_end(queue: AnyQueue) -> Delivery[StoryMessage]:
    """As often as a message may be received; the last receipt."""
    for _ in range(MAX_RECEIVES):
        last = received(queue)
        queue.retry_in(last.receipt, 0)
    return last


def test_every_message_has_an_id_of_its_own_and_the_time_it_was_sent(queues: Queues) -> None:
    queues.work.send(MESSAGE)
    queues.work.send(MESSAGE)

    first, second = received(queues.work), received(queues.work)

    assert (first.message, first.receives) == (second.message, second.receives) == (MESSAGE, 1)
    assert first.message_id != second.message_id
    assert first.sent_at.utcoffset() == timedelta(0)
    assert abs(first.sent_at - queues.now()) < timedelta(minutes=1)


def test_a_received_message_is_invisible_until_its_time_is_over(queues: Queues) -> None:
    queues.work.send(MESSAGE)

    first = received(queues.work)
    assert queues.work.receive() is None
    queues.work.retry_in(first.receipt, 0)
    second = received(queues.work)
    queues.work.retry_in(second.receipt, 900)
    assert queues.work.receive() is None

    assert (second.message_id, second.sent_at) == (first.message_id, first.sent_at)
    assert (first.receives, second.receives) == (1, 2)
    assert first.receipt != second.receipt


def test_a_deleted_message_never_comes_again_whatever_becomes_of_others(queues: Queues) -> None:
    queues.work.send(MESSAGE)
    queues.work.send(OTHER)

    first, second = received(queues.work), received(queues.work)
    queues.work.delete(second.receipt)
    assert not queues.is_empty(queues.work)
    queues.work.delete(first.receipt)

    assert {first.message, second.message} == {MESSAGE, OTHER}
    assert queues.is_empty(queues.work)


def test_the_receive_after_the_last_moves_a_message_to_the_dead_letters(queues: Queues) -> None:
    queues.work.send(MESSAGE)
    last = receive_to_the_end(queues.work)
    assert queues.dead.receive() is None

    assert queues.work.receive() is None
    dead = received(queues.dead)

    assert (dead.message, dead.message_id, dead.sent_at, dead.receives) == (
        MESSAGE,
        last.message_id,
        last.sent_at,
        1,
    )
    assert queues.is_empty(queues.work)


def test_a_dead_letter_that_is_not_handled_is_parked(queues: Queues) -> None:
    queues.dead.send(MESSAGE)
    receive_to_the_end(queues.dead)

    assert queues.dead.receive() is None

    assert received(queues.parked).message == MESSAGE
    assert queues.is_empty(queues.dead)


def test_a_parked_message_that_is_put_back_is_a_new_one(queues: Queues) -> None:
    queues.parked.send(MESSAGE)
    parked = received(queues.parked)
    queues.redrive()
    assert queues.work.receive() is None, "it was just received"
    queues.parked.retry_in(parked.receipt, 0)

    queues.redrive()

    again = received(queues.work)
    assert (again.message, again.receives) == (MESSAGE, 1)
    assert again.message_id != parked.message_id
    assert again.sent_at >= parked.sent_at
    assert queues.is_empty(queues.parked)


def test_messages_that_can_be_received_are_counted(queues: Queues) -> None:
    assert queues.work.count() == 0
    queues.work.send(MESSAGE)
    queues.work.send(OTHER)
    assert queues.work.count() == 2

    queues.work.delete(received(queues.work).receipt)
    received(queues.work)

    assert queues.work.count() == 0


def test_a_delayed_message_is_not_delivered_at_once(queues: Queues) -> None:
    queues.work.send(MESSAGE, delay=900)
    queues.work.send(OTHER, delay=0)

    assert received(queues.work).message == OTHER
    assert queues.work.receive() is None
    assert not queues.is_empty(queues.work)
