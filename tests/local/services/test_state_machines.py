"""Executions of state machines, as Step Functions runs them."""

import json
import threading
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from local.runner.functions import InvocationResult
from local.services.stepfunctions.execution_record import Started
from local.services.stepfunctions.interpreter import Execution, read_definition
from tests.local.conftest import Aws, running_aws
from tests.local.runner.handlers import SECONDS, Gate, Handler, failing
from tests.local.services.workflows import ROLE, Workflows, definition, states_entered, task

SUCCEED = {"Type": "Succeed"}


class BlurredError(Exception): ...


class TakenError(Exception): ...


@pytest.fixture
def workflows(aws: Aws) -> Workflows:
    return Workflows(aws)


def catch(error: str, to: str) -> dict[str, Any]:
    return {"ErrorEquals": [error], "ResultPath": "$.error", "Next": to}


def branch(name: str, state: dict[str, Any]) -> dict[str, Any]:
    return {"StartAt": name, "States": {name: state}}


def parallel(branches: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    return {"Type": "Parallel", "Branches": branches, "End": True, **fields}


def output(execution: dict[str, Any]) -> Any:
    assert execution["status"] == "SUCCEEDED", execution
    return json.loads(execution["output"])


def test_a_task_gets_what_its_parameters_name_and_its_result_goes_where_it_says(
    workflows: Workflows,
) -> None:
    look = Handler(lambda _event: {"faces": 1})
    workflows.functions(look=look)
    parameters = {
        "execution.$": "$$.Execution.Name",
        "startedAt.$": "$$.Execution.StartTime",
        "input.$": "$",
        "always": 7,
    }

    ended = workflows.run(
        {"Look": task("look", Parameters=parameters, ResultPath="$.found")}, {"photo": "Zoë.jpg"}
    )

    event = look.next_event()
    started_at = datetime.strptime(event.pop("startedAt"), "%Y-%m-%dT%H:%M:%S.%f%z")
    assert started_at == ended["startDate"]
    assert event == {"execution": ended["name"], "input": {"photo": "Zoë.jpg"}, "always": 7}
    assert output(ended) == {"photo": "Zoë.jpg", "found": {"faces": 1}}


def test_the_history_tells_every_state_that_was_entered(workflows: Workflows) -> None:
    workflows.functions(look=Handler(), show=Handler())
    choice = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.faces", "NumericEquals": 1, "Next": "Show"}],
        "Default": "Refuse",
    }
    states = {
        "Look": task("look", Next="One face?"),
        "One face?": choice,
        "Show": task("show"),
        "Refuse": {"Type": "Fail", "Error": "Refused", "Cause": "no face"},
    }
    machine = workflows.create(states)

    one = workflows.ended(workflows.start(machine, input='{"faces": 1}'))
    none = workflows.ended(workflows.start(machine, input='{"faces": 0}'))

    assert workflows.path(one["executionArn"]) == ["Look", "One face?", "Show"]
    assert workflows.events(one["executionArn"])[-1]["type"] == "ExecutionSucceeded"
    assert workflows.path(none["executionArn"]) == ["Look", "One face?", "Refuse"]
    assert (none["status"], none["error"], none["cause"]) == ("FAILED", "Refused", "no face")


def test_an_error_is_caught_by_the_first_catcher_that_names_it(workflows: Workflows) -> None:
    workflows.functions(look=Handler(failing(*[BlurredError("hold it still")] * 9)))
    catchers = [
        catch("TakenError", to="Other"),
        catch("BlurredError", to="Refuse"),
        catch("States.ALL", to="Other"),
    ]

    ended = workflows.run(
        {"Look": task("look", Catch=catchers), "Refuse": SUCCEED, "Other": SUCCEED}, {"a": 1}
    )

    caught = output(ended)
    assert workflows.path(ended["executionArn"]) == ["Look", "Refuse"]
    assert (caught["a"], caught["error"]["Error"]) == (1, "BlurredError")
    cause = json.loads(caught["error"]["Cause"])
    assert (cause["errorType"], cause["errorMessage"]) == ("BlurredError", "hold it still")
    assert cause["stackTrace"]


def test_an_uncaught_error_fails_the_execution(workflows: Workflows) -> None:
    workflows.functions(look=Handler(failing(*[BlurredError("hold it still")] * 9)))

    ended = workflows.run({"Look": task("look", Catch=[catch("TakenError", to="B")]), "B": SUCCEED})

    assert (ended["status"], ended["error"]) == ("FAILED", "BlurredError")
    assert json.loads(ended["cause"])["errorMessage"] == "hold it still"
    assert "output" not in ended
    last = workflows.events(ended["executionArn"])[-1]
    assert last["executionFailedEventDetails"]["error"] == "BlurredError"


def test_a_missing_function_is_an_error_of_lambda(workflows: Workflows) -> None:
    ended = workflows.run({"Look": task("missing")})

    assert (ended["status"], ended["error"]) == ("FAILED", "Lambda.ResourceNotFoundException")
    assert ended["cause"].startswith("Function not found: arn:aws:lambda:us-east-1:123456789012:")


def test_executions_at_once_retry_as_often_and_after_as_long_as_the_retrier_says(
    workflows: Workflows,
) -> None:
    look = Handler(failing(*[BlurredError("x")] * 9))
    workflows.functions(look=look)
    retrier = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}
    machine = workflows.create({"Look": task("look", Retry=[retrier])})

    executions = [workflows.start(machine) for _ in range(2)]

    for execution in executions:
        ended, events = workflows.ended(execution), workflows.events(execution)
        assert (ended["status"], ended["error"]) == ("FAILED", "BlurredError")
        first, second = (
            each["timestamp"] for each in events if each["type"] == "LambdaFunctionScheduled"
        )
        assert (second - first).total_seconds() > 0.99
        assert states_entered(events) == ["Look"]
    assert look.invocations.qsize() == 4


def test_branches_run_at_once_and_give_their_results_in_order(workflows: Workflows) -> None:
    both = threading.Barrier(2, timeout=SECONDS)

    def meet(event: Any) -> Any:
        both.wait()
        return event

    workflows.functions(meet=Handler(meet))
    branches = [
        branch("One", task("meet", ResultPath=None)),
        branch("Two", task("meet", Parameters={"n": 2})),
    ]

    ended = workflows.run({"Both": parallel(branches, ResultPath="$.both")}, {"a": 1})

    assert output(ended) == {"a": 1, "both": [{"a": 1}, {"n": 2}]}
    assert sorted(workflows.path(ended["executionArn"])) == ["Both", "One", "Two"]


def test_a_branch_that_fails_fails_the_parallel_state_without_waiting_for_the_other(
    workflows: Workflows,
) -> None:
    slow, after = Gate(), Handler()

    def fail(_event: Any) -> None:
        assert slow.entered.wait(SECONDS)
        raise TakenError("somebody else's")

    workflows.functions(register=Handler(fail), slow=slow, after=after)
    other = {
        "StartAt": "Slow",
        "States": {"Slow": task("slow", Next="After"), "After": task("after")},
    }
    both = parallel(
        [branch("Register", task("register")), other], Catch=[catch("TakenError", to="Refuse")]
    )

    ended = workflows.run({"Both": both, "Refuse": SUCCEED}, {"a": 1})

    error = output(ended)["error"]
    assert error["Error"] == "TakenError"
    assert json.loads(error["Cause"])["errorMessage"] == "somebody else's"
    path = workflows.path(ended["executionArn"])
    assert (path[0], path[-1], sorted(path[1:-1])) == ("Both", "Refuse", ["Register", "Slow"])
    events = workflows.events(ended["executionArn"])
    slow.opened.set()
    assert slow.left.wait(SECONDS)
    assert after.is_idle
    assert workflows.events(ended["executionArn"]) == events


def test_a_task_of_a_branch_that_takes_too_long_times_out_and_its_late_end_is_no_event(
    workflows: Workflows,
) -> None:
    slow, hold = Gate(), Gate()
    workflows.functions(slow=slow, hold=hold)
    only = parallel(
        [branch("Slow", task("slow", TimeoutSeconds=1))], Catch=[catch("States.Timeout", to="Hold")]
    )
    machine = workflows.create({"Only": only, "Hold": task("hold", ResultPath=None)})
    arn = workflows.start(machine, input="{}")

    assert hold.entered.wait(SECONDS)
    slow.opened.set()
    assert slow.left.wait(SECONDS)
    hold.opened.set()

    assert output(workflows.ended(arn))["error"]["Error"] == "States.Timeout"
    assert workflows.path(arn) == ["Only", "Slow", "Hold"]
    types = Counter(event["type"] for event in workflows.events(arn))
    assert (types["LambdaFunctionTimedOut"], types["LambdaFunctionSucceeded"]) == (1, 1)


def test_a_machine_that_takes_too_long_times_out(workflows: Workflows) -> None:
    slow = Gate()
    workflows.functions(slow=slow)
    catchers = [catch("States.ALL", to="Refuse")]

    ended = workflows.run(
        {"Slow": task("slow", Catch=catchers), "Refuse": SUCCEED}, TimeoutSeconds=1
    )

    assert ended["status"] == "TIMED_OUT"
    assert "output" not in ended
    events = workflows.events(ended["executionArn"])
    assert [event["type"] for event in events][-2:] == [
        "LambdaFunctionStarted",
        "ExecutionTimedOut",
    ]
    slow.opened.set()
    assert slow.left.wait(SECONDS)
    assert workflows.events(ended["executionArn"]) == events


def test_start_execution_and_other_requests_do_not_wait_for_running_functions(
    workflows: Workflows, aws: Aws
) -> None:
    slow = Gate()
    workflows.functions(slow=slow, quick=Handler())
    waiting = workflows.create({"Slow": task("slow")}, name="waiting")
    quick = workflows.create({"Quick": task("quick")}, name="quick")

    executions = [workflows.start(waiting, input="{}") for _ in range(70)]
    assert slow.entered.wait(SECONDS)

    aws.client("s3").create_bucket(Bucket="meanwhile")
    assert workflows.ended(workflows.start(quick))["status"] == "SUCCEEDED"
    slow.opened.set()
    assert {workflows.ended(each)["status"] for each in executions} == {"SUCCEEDED"}


def test_an_invocation_by_an_execution_is_not_counted_and_meets_no_fault(
    workflows: Workflows, aws: Aws
) -> None:
    workflows.functions(look=Handler())
    aws.inject(operation="lambda.Invoke", error="TooManyRequestsException")

    assert workflows.run({"Look": task("look")})["status"] == "SUCCEEDED"

    assert "lambda.Invoke" not in aws.control("requests")


def test_an_execution_enters_no_state_after_its_aws_has_stopped(
    boto3_session: boto3.session.Session,
) -> None:
    slow, after = Gate(), Handler()
    with running_aws(boto3_session, {}) as aws:
        workflows = Workflows(aws)
        workflows.functions(slow=slow, after=after)
        workflows.start(workflows.create({"Slow": task("slow", Next="A"), "A": task("after")}))
        assert slow.entered.wait(SECONDS)

    slow.opened.set()
    for thread in threading.enumerate():
        if thread.name.startswith("execution-"):
            thread.join(SECONDS)

    assert after.is_idle


def test_a_stopped_execution_is_aborted_even_if_its_function_succeeds_later() -> None:
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def stop_and_succeed(_arn: str, _event: bytes) -> InvocationResult:
        assert execution.stop(now)
        return InvocationResult(b"7", failed=False)

    execution = Execution(
        read_definition(definition({"Slow": task("slow", Next="A"), "A": task("after")})),
        Started("arn", "name", "machine arn", "machine", ROLE, "{}", now),
        stop_and_succeed,
    )

    assert execution.run().status == "ABORTED"

    events = execution.events()
    assert states_entered(events) == ["Slow"]
    assert events[-1]["type"] == "LambdaFunctionStarted"
