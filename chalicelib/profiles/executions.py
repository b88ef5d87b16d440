"""The workflow's executions: what they are called, and that one was started."""

from chalicelib.profiles import moves
from chalicelib.profiles.profile import Profile
from chalicelib.profiles.records import Records


def execution_name(profile_id: str, generation: str, number: int) -> str:
    """At most 80 letters, digits and dashes; taken for 90 days (StartExecution, "name")."""
    return f"{profile_id}-{generation}-{number}"


def is_our_name(execution: str, profile_id: str) -> bool:
    """Was this execution started for a photo that we had taken in?"""
    return execution.startswith(f"{profile_id}-")


def are_of_one_attempt(execution: str, other: str) -> bool:
    """Do these executions work on the same photo, one after the other?"""
    return execution == other or execution.rpartition("-")[0] == other.rpartition("-")[0] != ""


def mark_started(records: Records, profile_id: str, execution: str) -> Profile:
    """Write down that the execution of an attempt is started, if it is still its own."""

    def decide(before: Profile | None) -> Profile:
        assert before is not None  # noqa: S101  # it is kept longer than anybody starts anything
        attempt = before.attempt
        is_wanted = attempt is not None and attempt.execution == execution
        if attempt is None or not is_wanted or attempt.started_at is not None:
            return before
        return moves.started(before, records.clock())

    return records.change(profile_id, decide)
