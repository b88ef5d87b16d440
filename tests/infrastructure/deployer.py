"""What a person needs who deploys: for the commands' requests, and for what CloudFormation does.

Sources: cfn-lint's copies of AWS's resource schemas (which actions a type's handlers use) and of
the Service Authorization Reference (which types of resources an action takes); the guides that
comments name.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import botocore.session
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from infrastructure.gateway.configuration import LOGGING_ROLE, MAY_WRITE_LOGS
from infrastructure.stack.template import WATCH
from local.resources.names import ACCOUNT_ID, REGION
from tests.infrastructure.iam import Need
from tests.infrastructure.resolved import Resource, Stack

KEPT: Final = Path(__file__).parent / "calls_of_commands.json"
"""The requests of all commands, in the words of tests/deployed/observer."""

_HERE: Final = f"{REGION}:{ACCOUNT_ID}"
_ARNS: Final = {
    "cloudformation:stack": f"cloudformation:{_HERE}:stack/{{name}}/1",
    "cloudfront:cache-policy": f"cloudfront::{ACCOUNT_ID}:cache-policy/1",
    "cloudfront:distribution": f"cloudfront::{ACCOUNT_ID}:distribution/E1",
    "cloudfront:origin-access-control": f"cloudfront::{ACCOUNT_ID}:origin-access-control/E1",
    "cloudfront:response-headers-policy": f"cloudfront::{ACCOUNT_ID}:response-headers-policy/1",
    "cloudwatch:alarm": f"cloudwatch:{_HERE}:alarm:{{name}}",
    "cloudwatch:dashboard": f"cloudwatch::{ACCOUNT_ID}:dashboard/{{name}}",
    "dynamodb:table": f"dynamodb:{_HERE}:table/{{name}}",
    "events:rule-on-default-event-bus": f"events:{_HERE}:rule/{{name}}",
    "iam:role": f"iam::{ACCOUNT_ID}:role/{{name}}",
    "lambda:function": f"lambda:{_HERE}:function:{{name}}",
    "lambda:eventsourcemapping": f"lambda:{_HERE}:event-source-mapping:1",
    "lambda:layer": f"lambda:{_HERE}:layer:{{name}}",
    "lambda:layerversion": f"lambda:{_HERE}:layer:{{name}}:1",
    "logs:log-group": f"logs:{_HERE}:log-group:{{name}}",
    "rekognition:collection": f"rekognition:{_HERE}:collection/{{name}}",
    "s3:bucket": "s3:::{name}",
    "s3:object": "s3:::{name}",
    "ses:identity": f"ses:{_HERE}:identity/{{name}}",
    "sns:topic": f"sns:{_HERE}:{{name}}",
    "sqs:queue": f"sqs:{_HERE}:{{name}}",
    "states:statemachine": f"states:{_HERE}:stateMachine:{{name}}",
}
"""By service and type of resource, in the order in which an action takes them."""


def need(
    action: str, name: str, preferred: str = "", context: Mapping[str, str] | None = None
) -> Need:
    """Return the need for an action on a resource of a type that it takes.

    Args:
        action: Such as ``sqs:CreateQueue``.
        name: The resource's name.
        preferred: The type of resource, if the action takes it.
        context: The request's condition keys.
    """
    taken = taken_by(action)
    assert taken is not None, f"there is no action {action}"
    values = {key: frozenset({value}) for key, value in (context or {}).items()}
    if not taken:
        return Need(action, "*", values)
    kind = preferred if preferred in taken else next(each for each in _ARNS if each in taken)
    if kind.startswith("s3:"):  # an object's name begins with its bucket's
        bucket, _, key = name.partition("/")
        name = bucket if kind == "s3:bucket" else f"{bucket}/{key or 'key'}"
    return Need(action, f"arn:aws:{_ARNS[kind].format(name=name)}", values)


def taken_by(action: str) -> list[str] | None:
    """Return the types of resources that an action takes; None if there is no such action."""
    service, _, name = action.partition(":")
    actions = _authorization().get(service, {"Actions": {}})["Actions"]
    if name.lower() not in actions:
        return None
    return [f"{service}:{each}".lower() for each in actions[name.lower()].get("Resources", ())]


@cache
def _authorization() -> Mapping[str, Any]:
    """Return the actions of each service."""
    file = files("cfnlint.data.AdditionalSpecs") / "Policies.json"
    content: Mapping[str, Any] = json.loads(file.read_text())
    return content


_NAMES: Final = {
    *("AlarmName", "BucketName", "DashboardName", "EmailIdentity", "LogGroupName", "QueueName"),
    *("StateMachineName", "TableName", "TopicName"),
}
_KINDS: Final = {
    "CloudFront::CachePolicy": "cloudfront:cache-policy",
    "CloudFront::Distribution": "cloudfront:distribution",
    "CloudFront::OriginAccessControl": "cloudfront:origin-access-control",
    "CloudFront::ResponseHeadersPolicy": "cloudfront:response-headers-policy",
    "CloudWatch::Alarm": "cloudwatch:alarm",
    "CloudWatch::Dashboard": "cloudwatch:dashboard",
    "DynamoDB::Table": "dynamodb:table",
    "IAM::Role": "iam:role",
    "Logs::LogGroup": "logs:log-group",
    "S3::Bucket": "s3:bucket",
    "S3::BucketPolicy": "s3:bucket",
    "SES::EmailIdentity": "ses:identity",
    "SNS::Subscription": "sns:topic",
    "SNS::Topic": "sns:topic",
    "SNS::TopicPolicy": "sns:topic",
    "SQS::Queue": "sqs:queue",
    "SQS::QueuePolicy": "sqs:queue",
    "StepFunctions::StateMachine": "states:statemachine",
}
"""By type of CloudFormation, the type of resource that its actions take."""

# Handlers have the actions for all properties of a type. By property that no template uses:
UNUSED: Final[Mapping[str, Mapping[str, str]]] = {
    "CloudFront::Distribution": {
        "ConnectionMode": "cloudfront:(Create|Get)ConnectionGroup",
        "VpcOriginConfig": "cloudfront:GetVpcOrigin",
        "ContinuousDeploymentPolicyId": "cloudfront:UpdateDistributionWithStagingConfig",
    },
    "DynamoDB::Table": {
        "ImportSourceSpecification": "dynamodb:(DescribeImport|ImportTable)|logs:.*|s3:.*",
        "KinesisStreamSpecification": "dynamodb:(En|Dis)able.*|dynamodb:UpdateKinesis.*|kinesis:.*",
        "ContributorInsightsSpecification": "dynamodb:UpdateContributorInsights",
        "ResourcePolicy": "dynamodb:(Put|Delete)ResourcePolicy",
        "AWS::DynamoDB::GlobalTable": (
            "dynamodb:.*(Replica|Item|Query|Scan)|iam:CreateServiceLinkedRole|dynamodb:BatchWriteItem"
        ),
        "KMSMasterKeyId": "kms:.*",
    },
    "IAM::Role": {
        "ManagedPolicyArns": "iam:(Attach|Detach)RolePolicy",
        "PermissionsBoundary": "iam:(Put|Delete)RolePermissionsBoundary",
        "MaxSessionDuration": "iam:UpdateRole",
        "Description": "iam:UpdateRole(Description)?",
    },
    "Logs::LogGroup": {
        "DataProtectionPolicy": (
            "logs:(Put|Delete)DataProtectionPolicy|logs:CreateLogDelivery|firehose:.*"
        ),
        "ResourcePolicyDocument": "logs:(Put|Delete)ResourcePolicy",
        "FieldIndexPolicies": "logs:(Put|Delete)IndexPolicy",
        "BearerTokenAuthenticationEnabled": "logs:PutBearerTokenAuthentication",
        "DeletionProtectionEnabled": "logs:PutLogGroupDeletionProtection",
        "KmsKeyId": "logs:(Dis)?[Aa]ssociateKmsKey",
    },
    "S3::Bucket": {
        "AbacStatus": "s3:PutBucketAbac",
        "AccelerateConfiguration": "s3:PutAccelerateConfiguration",
        "AccessControl": "s3:(Put(Bucket|Object)Acl|GetBucketAcl)",
        "AnalyticsConfigurations": "s3:(Put|DeleteBucket)AnalyticsConfiguration",
        "IntelligentTieringConfigurations": "s3:PutIntelligentTieringConfiguration",
        "InventoryConfigurations": "s3:PutInventoryConfiguration",
        "LoggingConfiguration": "s3:PutBucketLogging",
        "MetadataConfiguration": "s3:(Create|Update|Delete)BucketMetadata.*|s3tables:.*",
        "MetadataTableConfiguration": "s3:(Create|Delete)BucketMetadataTable.*|s3tables:.*",
        "MetricsConfigurations": "s3:(Put|DeleteBucket)MetricsConfiguration",
        "NotificationConfiguration": "s3:PutBucketNotification",  # Chalice sets it
        "ObjectLockConfiguration": "s3:Put(Bucket)?ObjectLockConfiguration",
        "ReplicationConfiguration": "s3:(Put|DeleteBucket)Replication.*|iam:PassRole",
        "VersioningConfiguration": "s3:PutBucketVersioning",
        "WebsiteConfiguration": "s3:(Put|Delete)BucketWebsite",
    },
    "SES::EmailIdentity": {
        "ConfigurationSetAttributes": "ses:PutEmailIdentityConfigurationSetAttributes",
        "DkimAttributes": "ses:PutEmailIdentityDkimAttributes",
        "DkimSigningAttributes": "ses:PutEmailIdentityDkimSigningAttributes",
        "FeedbackAttributes": "ses:PutEmailIdentityFeedbackAttributes",
        "MailFromAttributes": "ses:PutEmailIdentityMailFromAttributes",
    },
    "SNS::Subscription": {"SubscriptionRoleArn": "iam:.*"},
    "SNS::Topic": {
        "DataProtectionPolicy": "sns:PutDataProtectionPolicy",
        "DeliveryStatusLogging": "iam:.*",
    },
    "StepFunctions::StateMachine": {
        "DefinitionS3Location": "s3:.*",
        "EncryptionConfiguration": "kms:.*",
    },
}

RESOURCES: Final = [
    each for stack in (Stack("dev"), Stack("dev", WATCH)) for each in stack.resources.values()
]


def needs_of_resource(resource: Resource) -> Iterator[Need]:
    """Yield what CloudFormation needs to make, read, change and delete a resource."""
    # CloudFormation names a role after its stack. Other resources without a name are parts of one.
    name = next((resource[each] for each in _NAMES & resource.properties.keys()), "storytime-dev-1")
    for action in actions_of(resource.type):
        context = {"iam:PassedToService": "states.amazonaws.com"} if "PassRole" in action else None
        yield need(action, name, _KINDS[resource.type], context)


@cache
def actions_of(kind: str) -> set[str]:
    """Return the actions of a type's handlers, without those for unused properties."""
    handlers = schema(kind)["handlers"]
    named = {
        action
        for handler in ("create", "read", "update", "delete")
        for action in handlers.get(handler, {}).get("permissions", ())
    }
    unused = re.compile("|".join(UNUSED.get(kind, {"": "-"}).values()))
    # Some schemas name actions that do not exist, such as s3:REST.PUT.OBJECT.
    return {each for each in named if taken_by(each) is not None and not unused.fullmatch(each)}


def schema(kind: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema(
        REGION, f"AWS::{kind}"
    ).schema
    return found


_SERVICES: Final = {"sesv2": "ses", "stepfunctions": "states"}
_MOVE: Final = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
_ACTIONS: Final[Mapping[str, Sequence[str]]] = {
    "sts.GetCallerIdentity": (),  # everybody may (AWS STS API Reference)
    # S3 answers 404 instead of 403 only if the caller may list the bucket (GetObject).
    "s3.GetObject": ("s3:GetObject", "s3:ListBucket"),
    "s3.ListObjectsV2": ("s3:ListBucket",),
    "s3.DeleteObjects": ("s3:DeleteObject",),
    "s3.GetBucketNotificationConfiguration": ("s3:GetBucketNotification",),
    "s3.PutBucketNotificationConfiguration": ("s3:PutBucketNotification",),
    # Chalice tags functions. With a layer, Lambda looks at its version (CreateFunction).
    "lambda.CreateFunction": (
        *("lambda:CreateFunction", "lambda:TagResource", "lambda:GetLayerVersion"),
    ),
    "lambda.UpdateFunctionConfiguration": (
        *("lambda:UpdateFunctionConfiguration", "lambda:GetLayerVersion"),
    ),
    "lambda.CreateFunction:Role": ("iam:PassRole",),
    "lambda.UpdateFunctionConfiguration:Role": ("iam:PassRole",),
    "lambda.GetLayerVersionByArn": ("lambda:GetLayerVersion",),
    # SQS Developer Guide, "Configuring queue permissions for dead-letter queue redrive".
    "sqs.ListMessageMoveTasks": ("sqs:ListMessageMoveTasks", *_MOVE),
    "sqs.StartMessageMoveTask": ("sqs:StartMessageMoveTask", *_MOVE),
    "sqs.StartMessageMoveTask:DestinationArn": ("sqs:SendMessage",),
}
"""By operation, the actions whose names differ, or more than one."""
_CONTEXTS: Final = {
    "lambda.CreateEventSourceMapping": (
        *("lambda:FunctionArn", f"arn:aws:lambda:{_HERE}:function:storytime-sample"),
    ),
    "lambda.CreateFunction:Role": ("iam:PassedToService", "lambda.amazonaws.com"),
    "lambda.UpdateFunctionConfiguration:Role": ("iam:PassedToService", "lambda.amazonaws.com"),
    "iam.AttachRolePolicy": ("iam:PolicyARN", MAY_WRITE_LOGS.format(partition="aws")),
}
_CONTEXTS["lambda.UpdateEventSourceMapping"] = _CONTEXTS["lambda.CreateEventSourceMapping"]


def kept_calls() -> list[str]:
    found: list[str] = json.loads(KEPT.read_text())
    return found


def needs_of_call(call: str) -> Iterator[Need]:
    """Yield what IAM asks for a request, in the words of tests/deployed/observer."""
    operation, _, pattern = call.partition(" ")
    service, _, name = operation.partition(".")
    if service == "apigateway":
        yield from _needs_at_api_gateway(name)
        return
    sample = pattern.replace("*", "sample") or "storytime-sample"
    context = dict([_CONTEXTS[operation]]) if operation in _CONTEXTS else None
    for action in _ACTIONS.get(operation, [f"{_SERVICES.get(service, service)}:{name}"]):
        yield need(action, sample, context=context)


def _needs_at_api_gateway(operation: str) -> Iterator[Need]:
    """Yield the request's HTTP method as an action, and its path as a resource."""
    http = _api_gateway().operation_model(operation).http
    path = re.sub(r"\{.*?\}", "sample", http["requestUri"].partition("?")[0])
    yield Need(f"apigateway:{http['method']}", f"arn:aws:apigateway:{REGION}::{path}")
    if operation == "UpdateAccount":
        context = {"iam:PassedToService": "apigateway.amazonaws.com"}
        yield need("iam:PassRole", LOGGING_ROLE, context=context)
    if operation == "ImportRestApi":  # the first API (Developer Guide, "service-linked roles")
        principal = "ops.apigateway.amazonaws.com"
        role = f"aws-service-role/{principal}/AWSServiceRoleForAPIGateway"
        context = {"iam:AWSServiceName": principal}
        yield need("iam:CreateServiceLinkedRole", role, context=context)


@cache
def _api_gateway() -> Any:
    return botocore.session.get_session().get_service_model("apigateway")
