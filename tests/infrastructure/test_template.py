"""CloudFormation accepts the template of a stage, and the stage has what it must have."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from cfnlint.decode import decode_str

from chalicelib.delivery.timeouts import SWEEP_EVERY
from chalicelib.profiles.clean_up import TOMBSTONE_KEPT_FOR
from chalicelib.stories import keys
from chalicelib.stories.queues import DEAD_LETTERS, PARKED, QUEUES, Step
from chalicelib.stories.upload_request import PHOTO_KEPT_FOR, REQUEST_KEPT_FOR
from chalicelib.telemetry import MESSAGES_GIVEN_UP, OLDEST_WORK, Work
from infrastructure.iam.permissions import GRANTS
from infrastructure.stack.template import MAIN, MAX_BYTES, WATCH, assembled, expanded
from infrastructure.stage import API_STAGE, function_name
from tests.fakes.workflow import DEFINITION
from tests.infrastructure.projects import functions_of
from tests.infrastructure.resolved import EXPANDED, Resource, Stack

PROJECT: Final = Path(__file__).resolve().parent.parent.parent
CONFIG: Final = json.loads((PROJECT / ".chalice" / "config.json").read_text())
REGIONS: Final = ["us-east-1", "eu-central-1", "eu-west-1"]
DEV: Final = Stack("dev")
WATCHING: Final = Stack("dev", WATCH)
BUCKETS: Final = DEV.of_type("S3::Bucket")
ALL_QUEUES: Final = DEV.of_type("SQS::Queue")
ALARMS: Final = {each["AlarmName"]: each for each in WATCHING.of_type("CloudWatch::Alarm")}
OF_GIVEN_UP: Final = [
    each for each in ALARMS.values() if each["MetricName"] == MESSAGES_GIVEN_UP.name
]
OF_WORK: Final = [each for each in ALARMS.values() if each["MetricName"] == OLDEST_WORK.name]
PREFIX: Final = "storytime-dev"
DEPLOYED: Final = {name: function_name(PREFIX, name) for name in GRANTS}
NO_CLEARTEXT: Final = {"Bool": {"aws:SecureTransport": "false"}}


def test_queues_are_standard() -> None:
    """A FIFO queue gives each id to one consumer at a time; leases do that here."""
    assert len(ALL_QUEUES) > 10
    assert [queue for queue in ALL_QUEUES if "FifoQueue" in queue.properties] == []
    assert [each for each in ALL_QUEUES if each["QueueName"].endswith(".fifo")] == []


def problems(template: str) -> list[str]:
    """The errors and warnings of cfn-lint."""
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


def without_comments(node: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in node.items() if name != "Comment"}


# CloudFormation accepts it.


@pytest.mark.parametrize("name", [MAIN, WATCH])
def test_cfn_lint_finds_no_problem(name: str) -> None:
    assert problems(assembled(name)) == []


def test_cfn_lint_would_find_a_problem() -> None:
    template = assembled(MAIN)
    for right, wrong in {
        "BucketName: !Sub": "BucketNam: !Sub",
        "!GetAtt 'MediaBucket.Arn'": "!GetAtt 'MediaBucket.Urn'",
        "!Ref 'AlarmTopic']": "!Ref 'AlarmTopics']",
    }.items():
        assert right in template
        template = template.replace(right, wrong)

    found = "".join(problems(template))

    assert [name for name in ("BucketNam", "Urn", "AlarmTopics") if f"'{name}'" not in found] == []


@pytest.mark.parametrize("name", [MAIN, WATCH])
def test_a_template_leaves_room_in_its_request(name: str) -> None:
    """For one more step: its queues and logs, or its alarms and lines of the dashboard."""
    assert len(assembled(name).encode()) <= 0.8 * MAX_BYTES


@pytest.mark.parametrize("name", [MAIN, WATCH])
def test_the_request_has_the_whole_template_with_a_resource_a_line(name: str) -> None:
    template, faults = decode_str(assembled(name))

    assert faults == []
    assert json.loads(json.dumps(template)) == expanded(name)
    lines = [line.partition(":")[0] for line in assembled(name).splitlines()]
    assert [each for each in expanded(name)["Resources"] if f" {each}" not in lines] == []


def test_the_state_machine_is_the_file_without_its_comments() -> None:
    prefix = f"arn:aws:lambda:us-east-1:123456789012:function:{PREFIX}-"
    deployed = only(DEV, "StepFunctions::StateMachine")["DefinitionString"]
    written = json.dumps(DEFINITION).replace("${FunctionArnPrefix}", prefix)

    assert json.loads(deployed) == json.loads(written, object_hook=without_comments)


# Stages.


@pytest.mark.parametrize("stage", ["test2", "production"])
def test_every_stage_except_prod_is_like_dev(stage: str) -> None:
    def without_name(stack: Stack, stage: str) -> list[str]:
        resources = stack.resources.values()
        return [json.dumps(each.properties).replace(stage, "<stage>") for each in resources]

    assert without_name(Stack(stage), stage) == without_name(DEV, "dev")
    assert without_name(Stack(stage, WATCH), stage) == without_name(WATCHING, "dev")


def test_the_longest_stage_name_fits_into_every_name() -> None:
    pattern = EXPANDED["Parameters"]["Stage"]["AllowedPattern"]
    longest = "s" * 16
    assert re.fullmatch(pattern, longest)
    assert not re.fullmatch(pattern, longest + "s")

    stack = Stack(longest)
    farther = len("ap-southeast-1") - len("us-east-1")
    for bucket in stack.of_type("S3::Bucket"):
        assert len(bucket["BucketName"]) + farther <= 63
    assert all(len(each["QueueName"]) <= 80 for each in stack.of_type("SQS::Queue"))
    assert all(len(f"storytime-{longest}-{name}") <= 64 for name in GRANTS)


def test_a_sender_that_ses_already_has_is_not_part_of_the_stack() -> None:
    assert only(DEV, "SES::EmailIdentity")["EmailIdentity"] == "stories@example.com"
    assert Stack("dev", SenderIdentity="existing").of_type("SES::EmailIdentity") == []


def test_everything_is_deleted_with_the_stack_and_data_is_not_replaced() -> None:
    """S3 refuses to delete a bucket with objects, and DynamoDB a protected table."""
    for resource in DEV.resources.values():
        assert resource.policies.get("DeletionPolicy", "Delete") == "Delete"
    for name in ("MediaBucket", "StoriesTable"):
        assert DEV.resources[name].policies["UpdateReplacePolicy"] == "Retain"


# Buckets and the CDN.


@pytest.mark.parametrize("bucket", BUCKETS, ids=lambda bucket: bucket.id)
def test_a_bucket_is_private_encrypted_and_keeps_nothing_that_was_deleted(
    bucket: Resource,
) -> None:
    assert list(bucket["PublicAccessBlockConfiguration"].values()) == [True] * 4
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert not {"VersioningConfiguration", "ReplicationConfiguration"} & bucket.properties.keys()
    rules = bucket["LifecycleConfiguration"]["Rules"]
    abandoned = [each.get("AbortIncompleteMultipartUpload") for each in rules]
    assert [each for each in abandoned if each] == [{"DaysAfterInitiation": 1}]


def test_what_parked_messages_name_is_kept_longer_than_the_messages() -> None:
    """S3 removes an object at the midnight after its last day (S3, "Lifecycle configuration")."""
    rules = DEV.resources["StagingBucket"]["LifecycleConfiguration"]["Rules"]
    kept = {each["Prefix"]: each["ExpirationInDays"] for each in rules if "Prefix" in each}
    parked = timedelta(seconds=DEV.named(f"{PREFIX}-intake{PARKED}")["MessageRetentionPeriod"])
    dead = timedelta(seconds=DEV.named(f"{PREFIX}-intake{DEAD_LETTERS}")["MessageRetentionPeriod"])

    named = {keys.ARRIVALS, keys.PROFILE_ARRIVALS, keys.rejected("")}
    assert kept.keys() == named | {"by-hand/"}
    assert {timedelta(days=kept[prefix]) for prefix in named} == {PHOTO_KEPT_FOR}
    assert max(parked, dead) < PHOTO_KEPT_FOR
    assert kept["by-hand/"] == 1  # no message names them
    assert PHOTO_KEPT_FOR + timedelta(days=1) < REQUEST_KEPT_FOR


@pytest.mark.parametrize("bucket", BUCKETS, ids=lambda bucket: bucket.id)
def test_a_bucket_refuses_requests_in_cleartext(bucket: Resource) -> None:
    policies = {each["Bucket"]: each for each in DEV.of_type("S3::BucketPolicy")}
    arn = f"arn:aws:s3:::{bucket['BucketName']}"

    assert of_statement(policies[bucket["BucketName"]], "EncryptedConnectionsOnly") == {
        "Sid": "EncryptedConnectionsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": NO_CLEARTEXT,
    }


def test_only_the_distribution_may_read_and_of_the_media_only_public_files() -> None:
    reading = {
        policy.id: [
            each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"
        ]
        for policy in DEV.of_type("S3::BucketPolicy")
    }
    common = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Condition": {
            "StringEquals": {
                "aws:SourceArn": "arn:aws:cloudfront::123456789012:distribution/<Distribution>"
            }
        },
    }
    media = f"arn:aws:s3:::{PREFIX}-media-123456789012-us-east-1/public/*"
    web = f"arn:aws:s3:::{PREFIX}-web-123456789012-us-east-1/*"

    assert reading == {
        "MediaBucketPolicy": [
            {**common, "Sid": "TheDistributionReadsWhatIsPublic", "Resource": media}
        ],
        "WebBucketPolicy": [{**common, "Sid": "TheDistributionReadsThePage", "Resource": web}],
        "StagingBucketPolicy": [],
    }


def distribution(stack: Stack) -> dict[str, Any]:
    config: dict[str, Any] = only(stack, "CloudFront::Distribution")["DistributionConfig"]
    return config


def behaviors(stack: Stack) -> dict[str, dict[str, Any]]:
    """By path pattern; the default's is ``*``."""
    config = distribution(stack)
    return {each["PathPattern"]: each for each in config["CacheBehaviors"]} | {
        "*": config["DefaultCacheBehavior"]
    }


@pytest.mark.parametrize(("origin", "bucket"), [("web", "WebBucket"), ("media", "MediaBucket")])
def test_the_distribution_signs_its_requests_to_a_bucket(origin: str, bucket: str) -> None:
    access = only(DEV, "CloudFront::OriginAccessControl")["OriginAccessControlConfig"]
    (found,) = (each for each in distribution(DEV)["Origins"] if each["Id"] == origin)

    assert (access["SigningBehavior"], access["SigningProtocol"]) == ("always", "sigv4")
    assert found["OriginAccessControlId"] == "<OriginAccess.Id>"
    assert found["DomainName"] == f"<{bucket}.RegionalDomainName>"


def test_the_media_is_read_over_https_only() -> None:
    media = behaviors(DEV)["/public/*"]

    assert (media["TargetOriginId"], media["ViewerProtocolPolicy"]) == ("media", "https-only")
    assert media["AllowedMethods"] == ["GET", "HEAD", "OPTIONS"]
    assert media["OriginRequestPolicyId"] == "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf"
    assert media["ResponseHeadersPolicyId"] == "<ResponseHeaders>"
    assert (media["CachePolicyId"], media["Compress"]) == ("<CachePolicy>", False)


def test_the_page_is_what_the_distribution_serves_by_default_and_it_is_compressed() -> None:
    page = behaviors(DEV)["*"]
    policy = DEV.resources["WebCachePolicy"]["CachePolicyConfig"]
    key = policy["ParametersInCacheKeyAndForwardedToOrigin"]

    assert distribution(DEV)["DefaultRootObject"] == "index.html"
    assert (page["TargetOriginId"], page["ViewerProtocolPolicy"]) == ("web", "redirect-to-https")
    assert page["AllowedMethods"] == ["GET", "HEAD"]
    assert page["ResponseHeadersPolicyId"] == "<WebResponseHeaders>"
    assert (page["CachePolicyId"], page["Compress"]) == ("<WebCachePolicy>", True)
    assert key["EnableAcceptEncodingGzip"] is key["EnableAcceptEncodingBrotli"] is True
    assert policy["MinTTL"] == 0  # else no-cache would not be obeyed


def test_a_new_stage_has_no_api_in_its_distribution() -> None:
    """Chalice makes the API after the stack."""
    assert EXPANDED["Parameters"]["ApiId"]["Default"] == ""
    assert list(behaviors(DEV)) == ["/public/*", "*"]
    assert [each["Id"] for each in distribution(DEV)["Origins"]] == ["web", "media"]


def test_the_api_has_the_pages_origin_and_nothing_of_it_is_cached() -> None:
    stack = Stack("dev", ApiId="abc123defg")
    api = behaviors(stack)["/api/*"]
    (origin,) = (each for each in distribution(stack)["Origins"] if each["Id"] == "api")

    assert origin == {
        "Id": "api",
        "DomainName": "abc123defg.execute-api.us-east-1.amazonaws.com",
        "CustomOriginConfig": {
            "OriginProtocolPolicy": "https-only",
            "OriginSSLProtocols": ["TLSv1.2"],
        },
    }
    assert f"/{API_STAGE}/*" == "/api/*"
    assert {**api, "AllowedMethods": {*api["AllowedMethods"]}} == {
        "PathPattern": "/api/*",
        "TargetOriginId": "api",
        "ViewerProtocolPolicy": "https-only",
        "AllowedMethods": {"GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"},
        "CachedMethods": ["GET", "HEAD"],
        "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
        "OriginRequestPolicyId": "b689b0a8-53d0-40ab-baf2-68738e2966ac",
        "ResponseHeadersPolicyId": "<ApiResponseHeaders>",
        "Compress": False,
    }
    assert behaviors(stack) == behaviors(DEV) | {"/api/*": api}


def test_no_error_is_cached() -> None:
    """These are the codes whose time can be chosen (CloudFront, CustomErrorResponse)."""
    codes = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504]

    assert distribution(DEV)["CustomErrorResponses"] == [
        {"ErrorCode": code, "ErrorCachingMinTTL": 0} for code in codes
    ]


@pytest.mark.parametrize("origin", ["*", "https://stories.example.com"])
def test_only_pages_of_the_allowed_origin_may_post_photos_and_read_files(origin: str) -> None:
    stack = Stack("dev", AllowedOrigin=origin)
    (rule,) = stack.resources["StagingBucket"]["CorsConfiguration"]["CorsRules"]
    (reading,) = stack.resources["MediaBucket"]["CorsConfiguration"]["CorsRules"]
    headers = stack.resources["ResponseHeaders"]["ResponseHeadersPolicyConfig"]

    assert rule["AllowedOrigins"] == reading["AllowedOrigins"] == [origin]
    assert reading["AllowedMethods"] == ["GET", "HEAD"]
    assert headers["CorsConfig"]["AccessControlAllowOrigins"]["Items"] == [origin]
    assert headers["CorsConfig"]["AccessControlAllowCredentials"] is False


def headers_of(policy: str) -> dict[str, Any]:
    headers: dict[str, Any] = DEV.resources[policy]["ResponseHeadersPolicyConfig"]
    return headers


def content_policy(policy: str) -> list[str]:
    security = headers_of(policy)["SecurityHeadersConfig"]
    directives: str = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    return directives.split("; ")


@pytest.mark.parametrize(
    "policy", DEV.of_type("CloudFront::ResponseHeadersPolicy"), ids=lambda each: each.id
)
def test_every_answer_has_the_security_headers(policy: Resource) -> None:
    security = headers_of(policy.id)["SecurityHeadersConfig"]

    assert "frame-ancestors 'none'" in content_policy(policy.id)
    assert security["ReferrerPolicy"]["ReferrerPolicy"] == "no-referrer"
    assert security["FrameOptions"]["FrameOption"] == "DENY"
    assert "ContentTypeOptions" in security
    assert security["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 365 * 24 * 3600
    assert all(each.get("Override") for each in security.values())


@pytest.mark.parametrize("policy", ["ResponseHeaders", "ApiResponseHeaders"])
def test_a_browser_may_open_links_and_run_nothing(policy: str) -> None:
    directives = content_policy(policy)

    assert "default-src 'none'" in directives
    assert not any("script" in directive for directive in directives)
    assert {"img-src 'self'", "media-src 'self'"} <= set(content_policy("ResponseHeaders"))


def test_the_page_may_run_what_its_own_origin_serves_and_nothing_inline() -> None:
    (permissions,) = headers_of("WebResponseHeaders")["CustomHeadersConfig"]["Items"]

    assert content_policy("WebResponseHeaders") == [
        "default-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
    assert permissions == {
        "Header": "Permissions-Policy",
        "Value": "camera=(self), microphone=()",
        "Override": True,
    }


# Queues, table, topics.


@pytest.mark.parametrize("queue", ALL_QUEUES, ids=lambda queue: queue["QueueName"])
def test_a_queue_is_encrypted_and_refuses_requests_in_cleartext(queue: Resource) -> None:
    policy = only(DEV, "SQS::QueuePolicy")
    denial = of_statement(policy, "EncryptedConnectionsOnly")

    assert queue["SqsManagedSseEnabled"] is True
    assert f"<{queue.id}>" in policy["Queues"]
    assert (denial["Effect"], denial["Action"]) == ("Deny", "sqs:*")
    assert denial["Condition"] == NO_CLEARTEXT


@pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.step)
def test_a_message_stays_invisible_for_six_times_its_functions_timeout(queue: Any) -> None:
    functions = functions_of("dev")

    for suffix, handler in (("", queue.handler), (DEAD_LETTERS, queue.dead_letter_handler)):
        resource = DEV.named(f"{PREFIX}-{queue.step}{suffix}")
        assert resource["VisibilityTimeout"] == 6 * functions[handler]["lambda_timeout"]


def test_the_table_and_notifications_are_encrypted() -> None:
    assert only(DEV, "DynamoDB::Table")["SSESpecification"] == {"SSEEnabled": True}
    assert DEV.resources["NotificationTopic"]["KmsMasterKeyId"] == "alias/aws/sns"


def test_only_this_stages_alarms_can_publish_to_its_alarm_topic() -> None:
    assert "KmsMasterKeyId" not in DEV.resources["AlarmTopic"].properties
    sending = of_statement(DEV.resources["AlarmTopicPolicy"], "AlarmsOfThisStage")
    assert sending["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    arn = f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{PREFIX}-*"
    assert sending["Condition"] == {"ArnLike": {"aws:SourceArn": arn}}
    assert all(name.startswith(f"{PREFIX}-") for name in ALARMS)


def test_stories_and_alarms_go_to_the_same_address() -> None:
    subscriptions = {each["TopicArn"]: each for each in DEV.of_type("SNS::Subscription")}

    assert set(subscriptions) == {"<NotificationTopic>", "<AlarmTopic>"}
    for each in subscriptions.values():
        assert (each["Protocol"], each["Endpoint"]) == ("email", "reader@example.com")


# The workflow.


def tasks() -> set[str]:
    """The names of the workflow's functions."""
    found = re.findall(r'"Resource": "\${FunctionArnPrefix}(\w+)"', json.dumps(DEFINITION))
    assert len(found) == 7
    return set(found)


def test_the_workflow_may_invoke_exactly_its_tasks() -> None:
    role = only(DEV, "IAM::Role")
    (policy,) = role["Policies"]
    invoke, rest = policy["PolicyDocument"]["Statement"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]

    assert invoke["Action"] == "lambda:InvokeFunction"
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{PREFIX}-"
    assert set(invoke["Resource"]) == {f"{arn}{task}" for task in tasks()}
    assert {action.partition(":")[0] for action in rest["Action"]} == {"xray", "logs"}
    assert trust["Principal"] == {"Service": "states.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_the_workflow_is_traced_and_its_log_has_no_personal_data() -> None:
    machine = only(DEV, "StepFunctions::StateMachine")

    assert machine["TracingConfiguration"] == {"Enabled": True}
    assert machine["LoggingConfiguration"]["Level"] == "ERROR"
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False


# Functions.


def test_every_function_has_a_log_group_that_deletes_old_lines() -> None:
    groups = {each["LogGroupName"]: each for each in DEV.of_type("Logs::LogGroup")}

    of_functions = {name for name in groups if name.startswith("/aws/lambda/")}
    assert of_functions == {f"/aws/lambda/{name}" for name in DEPLOYED.values()}
    assert all(each["RetentionInDays"] > 0 for each in groups.values())


# Alarms.


def test_every_alarm_is_sent_and_says_what_to_do() -> None:
    topic = f"arn:aws:sns:us-east-1:123456789012:{DEV.resources['AlarmTopic']['TopicName']}"
    for name, alarm in ALARMS.items():
        assert alarm["AlarmActions"] == [topic], name
        assert alarm["TreatMissingData"] == "notBreaching", name
        assert len(alarm["AlarmDescription"]) > 40, name


def test_every_step_has_an_alarm_for_messages_that_are_given_up() -> None:
    """SQS's metrics of a parked queue stop six hours after the last request to it."""
    alarms = {alarm["Dimensions"][1]["Value"]: alarm for alarm in OF_GIVEN_UP}

    assert set(alarms) == set(Step)
    assert alarms_on("ApproximateNumberOfMessagesVisible") == {}
    for step, alarm in alarms.items():
        assert (alarm["Statistic"], alarm["Threshold"]) == ("Maximum", 0)
        assert alarm["Period"] >= 3 * SWEEP_EVERY.total_seconds()  # no period without a sweep
        assert f"make redrive STAGE=dev QUEUE={step}" in alarm["AlarmDescription"]


def test_work_of_each_kind_that_stays_unfinished_raises_an_alarm() -> None:
    alarms = {alarm["Dimensions"][1]["Value"]: alarm for alarm in OF_WORK}

    assert set(alarms) == set(Work)
    for alarm in alarms.values():
        assert alarm["Statistic"] == "Maximum"
        assert alarm["Period"] >= 3 * SWEEP_EVERY.total_seconds()  # no period without a sweep
    twice = 2 * max(queue["VisibilityTimeout"] for queue in ALL_QUEUES if is_of_a_step(queue))
    assert alarms[Work.PHOTO]["Threshold"] > twice  # their function died twice
    assert alarms[Work.STORY]["Threshold"] > twice
    waiting = 30 * 60  # docs/decisions/0012-deletion.md
    assert alarms[Work.DELETION]["Threshold"] > waiting
    assert alarms[Work.PROFILE]["Threshold"] > TOMBSTONE_KEPT_FOR.total_seconds()


def test_sqss_own_age_is_no_alarm_on_messages_that_may_be_received_often() -> None:
    """It leaves out messages that were received three times or more (SQS, "CloudWatch metrics")."""
    alarms = alarms_on("ApproximateAgeOfOldestMessage")

    assert set(alarms) == {f"{PREFIX}-renditions"}
    (alarm,) = alarms.values()
    assert alarm["Threshold"] > 2 * DEV.named(f"{PREFIX}-renditions")["VisibilityTimeout"]


def is_of_a_step(queue: Resource) -> bool:
    return queue["QueueName"].removeprefix(f"{PREFIX}-") in set(Step)


def test_every_function_whose_errors_are_failures_has_an_alarm() -> None:
    """The workflow's tasks and the eraser also raise when nothing is wrong.

    Dead letters that their function cannot handle are counted as given up.
    """
    for_dead_letters = {queue.dead_letter_handler for queue in QUEUES}
    wanted = GRANTS.keys() - tasks() - for_dead_letters - {"erase"}

    alarms = alarms_on("Errors")

    assert set(alarms) == {DEPLOYED[name] for name in wanted}
    assert all(alarm["Statistic"] == "Sum" for alarm in alarms.values())


@pytest.mark.parametrize("step", [step for step in Step if step is not Step.DELETION])
def test_errors_raise_an_alarm_when_they_would_give_up_a_message(step: Step) -> None:
    (queue,) = (each for each in QUEUES if each.step is step)
    policy = DEV.named(f"{PREFIX}-{step}")["RedrivePolicy"]
    alarm = ALARMS[f"{PREFIX}-errors-{queue.handler}"]

    assert alarm["Threshold"] == policy["maxReceiveCount"]
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"


def test_an_answer_of_503_is_no_alarm() -> None:
    namespaces = {each["Namespace"] for each in ALARMS.values()}

    assert namespaces == {"AWS/Lambda", "AWS/SQS", "AWS/States", "Storytime"}


def test_executions_that_fail_or_take_too_long_raise_an_alarm() -> None:
    alarms = [each for each in ALARMS.values() if each["Namespace"] == "AWS/States"]

    assert {each["MetricName"] for each in alarms} == {"ExecutionsFailed", "ExecutionsTimedOut"}
    name = only(DEV, "StepFunctions::StateMachine")["StateMachineName"]
    machine = f"arn:aws:states:us-east-1:123456789012:stateMachine:{name}"
    assert {dimension(each) for each in alarms} == {machine}


# Outputs.


def test_the_access_logs_arn_has_no_wildcard_as_api_gateway_wants() -> None:
    arn = "arn:aws:logs:us-east-1:123456789012:log-group:<AccessLog>"

    assert DEV.outputs["AccessLogGroupArn"] == arn
