"""The template of a stage: CloudFormation takes it, and what it makes is as it has to be."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs

from chalicelib.settings import Settings
from chalicelib.stories.queues import DEAD_LETTERS, Step, StepQueue
from chalicelib.stories.queues import QUEUES as STEP_QUEUES
from infrastructure.stack_template import MAX_BYTES, assembled
from tests.infrastructure.resolved import EXPANDED, Resource, Stack
from tests.states_language import DEFINITION

PROJECT: Final = Path(__file__).resolve().parent.parent.parent
CONFIG: Final = json.loads((PROJECT / ".chalice" / "config.json").read_text())
REGIONS: Final = ["us-east-1", "eu-central-1", "eu-west-1"]
DEV: Final = Stack("dev")
PROD: Final = Stack("prod")
BUCKETS: Final = DEV.of_type("S3::Bucket")
QUEUES: Final = DEV.of_type("SQS::Queue")
ALARMS: Final = {each["AlarmName"]: each for each in DEV.of_type("CloudWatch::Alarm")}
STEPS: Final = [str(step) for step in Step]

NOT_A_FUNCTION: Final = {"route", "middleware"}
EXPLAINED: Final = {"erase"}
"""Raises while it waits."""


def functions() -> set[str]:
    """The app's functions as Chalice deploys them; to import it would need its environment."""
    kinds = {
        node.name: {
            each.func.attr
            for each in node.decorator_list
            if isinstance(each, ast.Call)
            and isinstance(each.func, ast.Attribute)
            and ast.unparse(each.func.value) == "app"
        }
        for node in ast.parse((PROJECT / "app.py").read_text()).body
        if isinstance(node, ast.FunctionDef)
    }
    return {"api_handler"} | {name for name, found in kinds.items() if found - NOT_A_FUNCTION}


def deployed_name(function: str) -> str:
    return "storytime-dev" if function == "api_handler" else f"storytime-dev-{function}"


def problems(template: str) -> list[str]:
    """What cfn-lint says, but for mere information."""
    found = lint(template, config=ManualArgs(regions=REGIONS))
    return [f"{each.rule.id} {each.message}" for each in found if each.rule.id[0] != "I"]


def of_statement(resource: Resource, sid: str) -> dict[str, Any]:
    statements = resource["PolicyDocument"]["Statement"]
    (found,) = (each for each in statements if each["Sid"] == sid)
    statement: dict[str, Any] = found
    return statement


def only(stack: Stack, kind: str) -> Resource:
    (resource,) = stack.of_type(kind)
    return resource


def dimension(alarm: Resource) -> str | None:
    values = [each["Value"] for each in alarm.properties.get("Dimensions", [])]
    return values[0] if values else None


def alarms_on(metric: str) -> dict[str | None, Resource]:
    return {dimension(each): each for each in ALARMS.values() if each["MetricName"] == metric}


# CloudFormation takes it.


def test_cfn_lint_finds_nothing_wrong() -> None:
    assert problems(assembled()) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("BucketName: !Sub", "BucketNam: !Sub"),
        ("!GetAtt MediaBucket.Arn", "!GetAtt MediaBucket.Urn"),
        ("!Ref AlarmTopic]", "!Ref AlarmTopics]"),
    ],
)
def test_what_is_wrong_would_be_found(right: str, wrong: str) -> None:
    template = assembled()

    assert right in template
    assert problems(template.replace(right, wrong)) != []


def test_it_can_be_sent_with_the_request_and_so_can_what_it_expands_to() -> None:
    assert len(assembled().encode()) <= MAX_BYTES
    assert len(json.dumps(EXPANDED, separators=(",", ":"))) <= MAX_BYTES * 0.98


def test_only_comments_are_left_out() -> None:
    written = (PROJECT / "infrastructure" / "template.yaml").read_text()

    left = {line.strip() for line in written.splitlines()} - {
        line.strip() for line in assembled().splitlines()
    }

    documents = {line for line in left if line.endswith(".json")}
    assert len(documents) == 2
    assert all(line.startswith("#") for line in left - documents)


def test_the_state_machine_is_the_file_but_for_its_comments() -> None:
    def without_comments(node: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in node.items() if name != "Comment"}

    prefix = "arn:aws:lambda:us-east-1:123456789012:function:storytime-dev-"
    deployed = only(DEV, "StepFunctions::StateMachine")["DefinitionString"]
    written = json.dumps(DEFINITION).replace("${FunctionArnPrefix}", prefix)

    assert json.loads(deployed) == json.loads(written, object_hook=without_comments)


# Stages.


@pytest.mark.parametrize("stage", ["dev", "test2", "production"])
def test_every_stage_but_prod_is_like_dev(stage: str) -> None:
    other = Stack(stage)

    def without_name(stack: Stack, stage: str) -> list[str]:
        return [
            json.dumps(each.properties).replace(stage, "<stage>")
            for each in stack.resources.values()
        ]

    assert without_name(other, stage) == without_name(DEV, "dev")


def test_prod_keeps_longer_and_is_not_deleted_by_mistake() -> None:
    dev, prod = only(DEV, "DynamoDB::Table"), only(PROD, "DynamoDB::Table")
    assert (dev["DeletionProtectionEnabled"], prod["DeletionProtectionEnabled"]) == (False, True)
    for table in (dev, prod):
        recovery = table["PointInTimeRecoverySpecification"]
        assert recovery["PointInTimeRecoveryEnabled"] is True
    days = [
        each["PointInTimeRecoverySpecification"]["RecoveryPeriodInDays"] for each in (dev, prod)
    ]
    assert days == [1, 7]
    kept = {
        stack: {each["RetentionInDays"] for each in stack.of_type("Logs::LogGroup")}
        for stack in (DEV, PROD)
    }
    assert kept == {DEV: {30}, PROD: {30, 90}}


def test_access_logs_are_kept_for_30_days_everywhere() -> None:
    for stack in (DEV, PROD):
        assert stack.resources["AccessLog"]["RetentionInDays"] == 30


def test_a_stages_name_fits_into_every_name_that_it_is_part_of() -> None:
    pattern = EXPANDED["Parameters"]["Stage"]["AllowedPattern"]
    longest = "s" * 16
    assert re.fullmatch(pattern, longest)
    assert not re.fullmatch(pattern, longest + "s")

    stack = Stack(longest)
    farther = len("ap-southeast-1") - len("us-east-1")
    for bucket in stack.of_type("S3::Bucket"):
        assert len(bucket["BucketName"]) + farther <= 63
    assert all(len(each["QueueName"]) <= 80 for each in stack.of_type("SQS::Queue"))
    assert all(len(f"storytime-{longest}-{name}") <= 64 for name in functions())


def test_an_address_that_ses_has_already_is_left_to_who_made_it() -> None:
    assert only(DEV, "SES::EmailIdentity")["EmailIdentity"] == "stories@example.com"

    assert Stack("dev", SenderIdentity="existing").of_type("SES::EmailIdentity") == []


# Buckets and the CDN.


@pytest.mark.parametrize("bucket", BUCKETS, ids=lambda bucket: bucket.id)
def test_no_bucket_is_public_and_all_are_encrypted(bucket: Resource) -> None:
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


@pytest.mark.parametrize("bucket", BUCKETS, ids=lambda bucket: bucket.id)
def test_buckets_are_not_talked_to_in_the_clear(bucket: Resource) -> None:
    (policy,) = (
        each for each in DEV.of_type("S3::BucketPolicy") if each["Bucket"] == bucket["BucketName"]
    )
    denial = of_statement(policy, "EncryptedConnectionsOnly")

    arn = f"arn:aws:s3:::{bucket['BucketName']}"
    assert (denial["Effect"], denial["Principal"], denial["Action"]) == ("Deny", "*", "s3:*")
    assert denial["Resource"] == [arn, f"{arn}/*"]
    assert denial["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize("bucket", BUCKETS, ids=lambda bucket: bucket.id)
def test_what_is_deleted_from_a_bucket_is_gone(bucket: Resource) -> None:
    assert "VersioningConfiguration" not in bucket.properties
    assert "ReplicationConfiguration" not in bucket.properties
    abandoned = [
        rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]
        for rule in bucket["LifecycleConfiguration"]["Rules"]
        if "AbortIncompleteMultipartUpload" in rule
    ]
    assert abandoned == [1]


def test_nobody_is_let_into_the_buckets_but_the_distribution_to_what_is_public() -> None:
    allowed = [
        statement
        for policy in DEV.of_type("S3::BucketPolicy")
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]

    (reading,) = allowed
    assert reading["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert reading["Action"] == "s3:GetObject"
    assert reading["Resource"] == (
        "arn:aws:s3:::storytime-dev-media-123456789012-us-east-1/public/*"
    )
    assert reading["Condition"] == {
        "StringEquals": {
            "aws:SourceArn": "arn:aws:cloudfront::123456789012:distribution/<Distribution>"
        }
    }


def test_the_distribution_signs_what_it_asks_of_the_bucket() -> None:
    access = only(DEV, "CloudFront::OriginAccessControl")["OriginAccessControlConfig"]
    assert (access["SigningBehavior"], access["SigningProtocol"]) == ("always", "sigv4")

    (origin,) = only(DEV, "CloudFront::Distribution")["DistributionConfig"]["Origins"]
    assert origin["OriginAccessControlId"] == "<OriginAccess.Id>"
    assert origin["DomainName"] == "<MediaBucket.RegionalDomainName>"


def test_the_distribution_is_https_only_and_only_reads() -> None:
    config = only(DEV, "CloudFront::Distribution")["DistributionConfig"]
    behavior = config["DefaultCacheBehavior"]

    assert behavior["ViewerProtocolPolicy"] == "https-only"
    assert behavior["AllowedMethods"] == ["GET", "HEAD"]
    assert behavior["ResponseHeadersPolicyId"] == "<ResponseHeaders>"
    assert "DefaultRootObject" not in config
    assert "CacheBehaviors" not in config


@pytest.mark.parametrize("origin", ["*", "https://stories.example.com"])
def test_only_the_allowed_origin_may_post_photos_and_read_files(origin: str) -> None:
    stack = Stack("dev", AllowedOrigin=origin)
    (rule,) = stack.resources["StagingBucket"]["CorsConfiguration"]["CorsRules"]
    headers = only(stack, "CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]

    assert rule["AllowedOrigins"] == [origin]
    assert headers["CorsConfig"]["AccessControlAllowOrigins"]["Items"] == [origin]
    assert headers["CorsConfig"]["AccessControlAllowCredentials"] is False


def test_links_can_be_opened_and_nothing_else_be_done_with_them() -> None:
    config = only(DEV, "CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]
    security = config["SecurityHeadersConfig"]

    policy = security["ContentSecurityPolicy"]["ContentSecurityPolicy"].split("; ")
    assert {"default-src 'none'", "img-src 'self'", "media-src 'self'"} <= set(policy)
    assert not any("script" in directive for directive in policy)
    assert security["ReferrerPolicy"]["ReferrerPolicy"] == "no-referrer"
    assert security["FrameOptions"]["FrameOption"] == "DENY"
    assert "ContentTypeOptions" in security
    assert security["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 365 * 24 * 3600
    assert all(each.get("Override") for each in security.values())


@pytest.mark.parametrize("queue", STEP_QUEUES, ids=lambda queue: queue.step)
def test_a_message_stays_invisible_for_six_times_its_functions_timeout(queue: StepQueue) -> None:
    """As AWS Lambda advises ("Using Lambda with Amazon SQS")."""
    functions = CONFIG["stages"]["local"]["lambda_functions"]
    for suffix, function in (("", queue.handler), (DEAD_LETTERS, queue.dead_letter_handler)):
        template = DEV.named(f"storytime-dev-{queue.step}{suffix}")
        assert template["VisibilityTimeout"] == 6 * functions[function]["lambda_timeout"]


# What is kept by mistake, and what can be destroyed.


def test_everything_goes_with_the_stack_and_nothing_is_replaced_unnoticed() -> None:
    """Data is kept by what refuses: S3 with a bucket that holds something, DynamoDB in prod."""
    for resource in DEV.resources.values():
        assert resource.policies.get("DeletionPolicy", "Delete") == "Delete"
    for name in ("MediaBucket", "StoriesTable"):
        assert DEV.resources[name].policies["UpdateReplacePolicy"] == "Retain"


# Queues, table, topics.


@pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue["QueueName"])
def test_queues_are_encrypted_at_rest_and_on_the_way(queue: Resource) -> None:
    policy = only(DEV, "SQS::QueuePolicy")
    denial = of_statement(policy, "EncryptedConnectionsOnly")

    assert queue["SqsManagedSseEnabled"] is True
    assert f"<{queue.id}>" in policy["Queues"]
    assert (denial["Effect"], denial["Action"]) == ("Deny", "sqs:*")
    assert denial["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_table_and_stories_on_their_way_are_encrypted() -> None:
    assert only(DEV, "DynamoDB::Table")["SSESpecification"] == {"SSEEnabled": True}
    assert DEV.resources["NotificationTopic"]["KmsMasterKeyId"] == "alias/aws/sns"


def test_alarms_can_be_sent_and_by_this_stages_alarms_only() -> None:
    assert "KmsMasterKeyId" not in DEV.resources["AlarmTopic"].properties
    sending = of_statement(DEV.resources["AlarmTopicPolicy"], "AlarmsOfThisStage")
    assert sending["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    arn = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:"
    assert sending["Condition"] == {"ArnLike": {"aws:SourceArn": f"{arn}storytime-dev-*"}}
    assert all(name.startswith("storytime-dev-") for name in ALARMS)


def test_stories_and_alarms_go_to_the_same_person() -> None:
    subscriptions = {each["TopicArn"]: each for each in DEV.of_type("SNS::Subscription")}

    assert set(subscriptions) == {"<NotificationTopic>", "<AlarmTopic>"}
    for each in subscriptions.values():
        assert (each["Protocol"], each["Endpoint"]) == ("email", "reader@example.com")


# The workflow.


def test_the_workflow_may_invoke_exactly_its_tasks() -> None:
    role = only(DEV, "IAM::Role")
    (policy,) = role["Policies"]
    invoke, rest = policy["PolicyDocument"]["Statement"]
    definition = only(DEV, "StepFunctions::StateMachine")["DefinitionString"]
    tasks = set(re.findall(r'"Resource":"([^"]+)"', definition))

    assert len(tasks) == 7
    assert invoke["Action"] == "lambda:InvokeFunction"
    assert sorted(invoke["Resource"]) == sorted(tasks)
    services = {action.partition(":")[0] for action in rest["Action"]}
    assert services == {"xray", "logs"}
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "states.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_the_workflow_is_traced_and_its_log_holds_nobodys_data() -> None:
    machine = only(DEV, "StepFunctions::StateMachine")

    assert machine["TracingConfiguration"] == {"Enabled": True}
    assert machine["LoggingConfiguration"]["Level"] == "ERROR"
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False


# Logs.


def test_every_function_has_a_log_group_that_forgets() -> None:
    groups = {each["LogGroupName"]: each for each in DEV.of_type("Logs::LogGroup")}
    wanted = {f"/aws/lambda/{deployed_name(name)}" for name in functions()}

    assert wanted - set(groups) == set()
    surplus = {name for name in groups if name.startswith("/aws/lambda/")} - wanted
    assert surplus <= {"/aws/lambda/storytime-dev-authorize"}
    assert all(each["RetentionInDays"] > 0 for each in groups.values())


def test_the_functions_that_are_configured_are_those_of_the_app() -> None:
    assert set(CONFIG["stages"]["local"]["lambda_functions"]) <= functions()


# Alarms.


def test_every_alarm_says_what_to_do_and_tells_somebody() -> None:
    for name, alarm in ALARMS.items():
        assert alarm["AlarmActions"] == ["<AlarmTopic>"], name
        assert alarm["TreatMissingData"] == "notBreaching", name
        assert len(alarm["AlarmDescription"]) > 40, name


@pytest.mark.parametrize("suffix", ["-dead", "-parked"])
def test_what_is_given_up_raises_an_alarm(suffix: str) -> None:
    alarms = alarms_on("ApproximateNumberOfMessagesVisible")

    for step in STEPS:
        alarm = alarms[f"storytime-dev-{step}{suffix}"]
        assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")
        assert alarm["Statistic"] == "Maximum"


def test_an_alarm_about_what_is_parked_says_the_command() -> None:
    for step in STEPS:
        description = ALARMS[f"storytime-dev-{step}-parked"]["AlarmDescription"]
        assert f"make redrive STAGE=dev QUEUE={step}" in description


def test_a_message_is_too_old_only_after_what_may_rightly_take_time() -> None:
    alarms = alarms_on("ApproximateAgeOfOldestMessage")

    assert set(alarms) == {f"storytime-dev-{step}" for step in STEPS}
    for queue in QUEUES:
        if queue["QueueName"] in alarms:  # once invisible because its function died
            assert alarms[queue["QueueName"]]["Threshold"] > queue["VisibilityTimeout"]
    waiting = 30 * 60  # docs/decisions/0012-deletion.md
    assert alarms["storytime-dev-deletion"]["Threshold"] > waiting


def test_functions_whose_errors_are_no_answers_have_an_alarm() -> None:
    """A task of the workflow raises what it decides; dead letters have an alarm of their own."""
    tasks = {
        re.sub(".*}", "", resource)
        for resource in re.findall(r'"Resource": "([^"]+)"', json.dumps(DEFINITION))
    }
    undertakers = {f"give_up_{step}" for step in STEPS}
    wanted = (functions() | {"authorize"}) - tasks - undertakers - EXPLAINED

    alarms = alarms_on("Errors")

    assert set(alarms) == {deployed_name(name) for name in wanted}
    assert all(alarm["Statistic"] == "Sum" for alarm in alarms.values())


def test_a_retried_functions_errors_matter_when_they_would_give_a_message_up() -> None:
    receives = {
        each["QueueName"]: each["RedrivePolicy"]["maxReceiveCount"]
        for each in QUEUES
        if "RedrivePolicy" in each.properties
    }
    for name in ("take_in_staged", "read_page", "narrate", "make_renditions"):
        alarm = ALARMS[f"storytime-dev-errors-{name}"]
        assert alarm["Threshold"] == receives["storytime-dev-reading"]
        assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"


def test_an_answer_of_503_is_no_alarm() -> None:
    assert {each["Namespace"] for each in ALARMS.values()} == {
        "AWS/Lambda",
        "AWS/SQS",
        "AWS/States",
        "Storytime",
    }


def test_executions_that_fail_or_take_too_long_raise_an_alarm() -> None:
    metrics = {each["MetricName"] for each in ALARMS.values() if each["Namespace"] == "AWS/States"}

    assert metrics == {"ExecutionsFailed", "ExecutionsTimedOut"}
    for each in ALARMS.values():
        if each["Namespace"] == "AWS/States":
            assert dimension(each) == "<ProfileWorkflow>"


def test_stories_that_fail_are_counted_by_stage() -> None:
    alarm = ALARMS["storytime-dev-stories-failed"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("Storytime", "StoriesFailed")
    assert alarm["Dimensions"] == [{"Name": "Stage", "Value": "dev"}]


# The dashboard.


def widgets() -> list[dict[str, Any]]:
    body = json.loads(only(DEV, "CloudWatch::Dashboard")["DashboardBody"])
    return [widget["properties"] for widget in body["widgets"]]


def searches() -> Iterator[str]:
    for widget in widgets():
        for metric in widget["metrics"]:
            if isinstance(metric[0], dict):
                yield metric[0]["expression"]


def shown(metric: str) -> set[str]:
    """The last dimension of each line, abbreviated as dashboards allow."""
    (widget,) = (each for each in widgets() if each["metrics"][0][1:2] == [metric])
    lines: list[list[str]] = []
    for line in widget["metrics"]:
        lines.append(lines[-1][: 1 - len(line)] + line[1:] if line[0] == "..." else line)
    assert all(line[:3] == lines[0][:3] for line in lines)
    return {line[-1] for line in lines}


def test_the_dashboard_shows_the_errors_of_every_function() -> None:
    missing = {deployed_name(name) for name in functions()} - shown("Errors")
    assert missing == set()


def test_the_dashboard_shows_every_queue() -> None:
    names = {each["QueueName"] for each in QUEUES}

    assert shown("ApproximateNumberOfMessagesVisible") == names
    assert shown("ApproximateAgeOfOldestMessage") == {f"storytime-dev-{each}" for each in STEPS}


@pytest.mark.parametrize("statistic", ["p50", "p90", "p99"])
def test_the_dashboard_shows_how_long_the_steps_take(statistic: str) -> None:
    assert (
        'SEARCH(\'{Storytime,Stage,Step} MetricName="StepDuration" Stage="dev"\', '
        f"'{statistic}', 300)"
    ) in set(searches())


@pytest.mark.parametrize(
    ("metric", "by"),
    [
        ("PaidCalls", "Operation"),
        ("StoriesFailed", "Reason"),
        ("ProfilePhotosRejected", "Reason"),
    ],
)
def test_the_dashboard_tells_metrics_apart_by_what_they_are_of(metric: str, by: str) -> None:
    term = f'{{Storytime,Stage,{by}}} MetricName="{metric}" Stage="dev"\', \'Sum\', 300)'
    assert any(term in search for search in searches())


def test_the_dashboard_shows_what_the_app_counts() -> None:
    own = {
        (metric[1], metric[3])
        for widget in widgets()
        for metric in widget["metrics"]
        if metric[0] == "Storytime"
    }

    assert {name for name, _ in own} == {
        "CharactersNarrated",
        "DuplicatesFound",
        "ProfilePhotosFailed",
        "ProfilePhotosReady",
        "ProfilePhotosRejected",
        "StoriesFailed",
        "StoriesReady",
    }


# Outputs.


def test_the_outputs_are_the_settings_that_the_stack_makes() -> None:
    required = {field.encode_name for field in msgspec.structs.fields(Settings) if field.required}
    variables = {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper() for name in DEV.outputs}
    settings = {field.encode_name for field in msgspec.structs.fields(Settings)}

    assert required - variables <= {"API_TOKENS"}  # which the deployment is told
    assert variables - settings == {"ACCESS_LOG_GROUP_ARN", "ALARM_TOPIC_ARN", "DASHBOARD_NAME"}


def test_api_gateway_is_given_the_access_logs_arn_without_its_wildcard() -> None:
    arn = "arn:aws:logs:us-east-1:123456789012:log-group:<AccessLog>"
    assert DEV.outputs["AccessLogGroupArn"] == arn
