"""The names of the workflow's executions, and the record of their start."""

from chalicelib.profiles import moves
from chalicelib.profiles.profile import Profile
from chalicelib.profiles.records import Records


def execution_name(profile_id: str, generation: str, number: int) -> str:
    """The name of an attempt's execution.

    Step Functions takes at most 80 characters, and a name once in 90 days (StartExecution, "name").
    """
    return f"{profile_id}-{generation}-{number}"


def is_our_name(execution: str, profile_id: str) -> bool:
    """Did the app start this execution? If not, an operator started it by hand."""
    return execution.startswith(f"{profile_id}-")


def are_of_one_attempt(execution: str, other: str) -> bool:
    """Do these executions work on the same attempt, one after the other?"""
    return execution == other or execution.rpartition("-")[0] == other.rpartition("-")[0] != ""


def mark_started(records: Records, profile_id: str, execution: str) -> Profile:
    """Record that an execution is started, if the attempt still has this execution."""

    def decide(before: Profile | None) -> Profile:
        assert before is not None  # noqa: S101  # a record outlives every start of an execution
        attempt = before.attempt
        if attempt is None or attempt.execution != execution or attempt.started_at is not None:
            return before
        return moves.started(before, records.clock())

    return records.change(profile_id, decide)
