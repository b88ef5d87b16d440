"""What `ports.Queue` promises its senders, and what SQS promises its consumer."""

from datetime import timedelta

from chalicelib.delivery.messages import Delivery, StoryMessage
from tests.contracts.conftest import MAX_RECEIVES, Queues
from tests.fakes.queues import InMemoryQueue, MotoQueue

MESSAGE = StoryMessage("a-story", "a1b2c3d4")


def received(
    queue: InMemoryQueue[StoryMessage] | MotoQueue[StoryMessage],
) -> Delivery[StoryMessage]:
    delivery = queue.receive()
    assert delivery is not None
    return delivery


def test_a_sent_message_is_delivered(queues: Queues) -> None:
    queues.work.send(MESSAGE)

    delivery = received(queues.work)

    assert (delivery.message, delivery.receives) == (MESSAGE, 1)
    assert delivery.sent_at.utcoffset() == timedelta(0)


def test_every_message_has_an_id_of_its_own_and_the_time_it_was_sent(queues: Queues) -> None:
    queues.work.send(MESSAGE)
    queues.work.send(MESSAGE)

    first, second = received(queues.work), received(queues.work)

    assert first.message_id != second.message_id
    assert abs(first.sent_at - queues.now()) < timedelta(minutes=1)


def test_a_received_message_is_invisible_until_its_time_is_over(queues: Queues) -> None:
    queues.work.send(MESSAGE)

    first = received(queues.work)
    assert queues.work.receive() is None
    queues.work.retry_in(first.receipt, 0)
    second = received(queues.work)

    assert second.message_id == first.message_id
    assert second.sent_at == first.sent_at
    assert (first.receives, second.receives) == (1, 2)
    assert first.receipt != second.receipt


def test_a_delayed_message_is_invisible_meanwhile(queues: Queues) -> None:
    queues.work.send(MESSAGE)
    first = received(queues.work)
    queues.work.retry_in(first.receipt, 0)
    second = received(queues.work)

    queues.work.retry_in(second.receipt, 900)

    assert queues.work.receive() is None


def test_a_deleted_message_never_comes_again(queues: Queues) -> None:
    queues.work.send(MESSAGE)
    delivery = received(queues.work)

    queues.work.delete(delivery.receipt)

    assert queues.is_empty(queues.work)


def receive_to_the_end(
    queue: InMemoryQueue[StoryMessage] | MotoQueue[StoryMessage],
) -> Delivery[StoryMessage]:
    """As often as a message may be received; the last receipt."""
    for _ in range(MAX_RECEIVES):
        last = received(queue)
        queue.retry_in(last.receipt, 0)
    return last


def test_the_receive_after_the_last_moves_a_message_to_the_dead_letters(
    dying_queues: Queues,
) -> None:
    queues = dying_queues
    queues.work.send(MESSAGE)
    last = receive_to_the_end(queues.work)
    assert queues.dead.receive() is None

    assert queues.work.receive() is None
    dead = received(queues.dead)

    assert (dead.message, dead.message_id, dead.sent_at) == (
        MESSAGE,
        last.message_id,
        last.sent_at,
    )
    assert dead.receives == 1
    assert queues.is_empty(queues.work)


def test_a_dead_letter_that_is_not_handled_is_parked(dying_queues: Queues) -> None:
    dying_queues.dead.send(MESSAGE)
    receive_to_the_end(dying_queues.dead)

    assert dying_queues.dead.receive() is None

    assert received(dying_queues.parked).message == MESSAGE
    assert dying_queues.is_empty(dying_queues.dead)


def test_a_parked_message_that_is_put_back_is_a_new_one(dying_queues: Queues) -> None:
    dying_queues.parked.send(MESSAGE)
    parked = received(dying_queues.parked)
    dying_queues.parked.retry_in(parked.receipt, 0)

    dying_queues.redrive()

    again = received(dying_queues.work)
    assert (again.message, again.receives) == (MESSAGE, 1)
    assert again.message_id != parked.message_id
    assert again.sent_at >= parked.sent_at
    assert dying_queues.is_empty(dying_queues.parked)


def test_a_parked_message_that_was_just_received_stays_parked(dying_queues: Queues) -> None:
    dying_queues.parked.send(MESSAGE)
    received(dying_queues.parked)

    dying_queues.redrive()

    assert dying_queues.work.receive() is None
    assert not dying_queues.is_empty(dying_queues.parked)


def test_one_poisoned_message_holds_up_no_other(queues: Queues) -> None:
    other = StoryMessage("another-story", "a1b2c3d4")
    queues.work.send(MESSAGE)
    queues.work.send(other)

    poisoned, healthy = received(queues.work), received(queues.work)
    queues.work.delete(healthy.receipt)

    assert {poisoned.message.id, healthy.message.id} == {MESSAGE.id, other.id}
