"""``make deployer-policy`` prints the IAM policies of a person who runs the other commands.

CloudFormation makes the stacks with that person's permissions. There are two policies, because each
has a limit: one for what is in the stacks, and one for what the commands and Chalice do themselves.
A person needs both. ACCOUNT and REGION limit them; without these, they are for every account and
region. It asks AWS for nothing. Exit status: 0; 2 if the arguments are wrong.

tests/infrastructure/test_deployer.py compares both with the calls that the commands made, and with
the types of resources in the templates.
"""

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

import boto3
from botocore.exceptions import UnknownRegionError

from infrastructure.gateway.configuration import LOGGING_ROLE, MAY_WRITE_LOGS
from infrastructure.iam.grants import Grant, policy
from infrastructure.stage import APP

MAX_CHARACTERS: Final = 6_144
"""Of a managed policy, without white space ("IAM and AWS STS quotas")."""

_OURS: Final = f"{APP}-*"
_HERE: Final = "{region}:{account}"
_FUNCTIONS: Final = f"lambda:{_HERE}:function:{_OURS}"
_OF_OUR_FUNCTIONS: Final = {"lambda:FunctionArn": (f"arn:{{partition}}:{_FUNCTIONS}",)}
_TRIGGERS: Final = f"lambda:{_HERE}:event-source-mapping:*"
_LOG_GROUP: Final = f"logs:{_HERE}:log-group:"
_ROLE: Final = "iam::{account}:role/"
_CLOUDFRONT: Final = "cloudfront::{account}:"
_QUEUES: Final = f"sqs:{_HERE}:{_OURS}"


def _may(actions: str, *resources: str, **condition: Mapping[str, tuple[str, ...]]) -> Grant:
    """Allow actions, as ``sqs: CreateQueue DeleteQueue``, on ARNs without ``arn:aws:``."""
    service, *operations = actions.split()
    arns = (each if each == "*" else f"arn:{{partition}}:{each}" for each in resources)
    return Grant(tuple(f"{service}{each}" for each in operations), tuple(arns), condition)


_COMMANDS: Final = (
    _may(
        "cloudformation: CreateChangeSet DeleteChangeSet DeleteStack DescribeChangeSet "
        "DescribeStackEvents DescribeStacks ExecuteChangeSet",
        f"cloudformation:{_HERE}:stack/{_OURS}",
    ),
    _may(
        "lambda: AddPermission CreateFunction DeleteFunction DeleteFunctionConcurrency GetFunction "
        "GetFunctionConfiguration GetPolicy ListTags RemovePermission TagResource "
        "UpdateFunctionCode UpdateFunctionConfiguration",
        _FUNCTIONS,
    ),
    _may(
        "lambda: DeleteLayerVersion GetLayerVersion PublishLayerVersion",
        f"lambda:{_HERE}:layer:{_OURS}",
    ),
    _may("lambda: GetAccountSettings ListEventSourceMappings ListLayerVersions", "*"),
    _may("lambda: CreateEventSourceMapping", "*", StringLike=_OF_OUR_FUNCTIONS),
    _may("lambda: UpdateEventSourceMapping", _TRIGGERS, StringLike=_OF_OUR_FUNCTIONS),
    # A request for a trigger that is gone has no function.
    _may("lambda: DeleteEventSourceMapping GetEventSourceMapping", _TRIGGERS),
    # A REST API has no name in its ARN.
    _may("apigateway: GET POST", "apigateway:{region}::/restapis"),
    _may("apigateway: DELETE GET PATCH POST PUT", "apigateway:{region}::/restapis/*"),
    _may("apigateway: GET PATCH", "apigateway:{region}::/account"),
    # API Gateway makes it with an account's first API (Developer Guide, "service-linked roles").
    _may(
        "iam: CreateServiceLinkedRole",
        f"{_ROLE}aws-service-role/ops.apigateway.amazonaws.com/*",
        StringEquals={"iam:AWSServiceName": ("ops.apigateway.amazonaws.com",)},
    ),
    _may(
        "iam: AttachRolePolicy",
        _ROLE + LOGGING_ROLE,
        ArnEquals={"iam:PolicyARN": (MAY_WRITE_LOGS,)},
    ),
    _may(
        "iam: PassRole",
        _ROLE + LOGGING_ROLE,
        StringEquals={"iam:PassedToService": ("apigateway.amazonaws.com",)},
    ),
    _may(
        "iam: PassRole",
        _ROLE + _OURS,
        StringEquals={"iam:PassedToService": ("lambda.amazonaws.com", "states.amazonaws.com")},
    ),
    _may(
        "events: DeleteRule ListTargetsByRule PutRule PutTargets RemoveTargets",
        f"events:{_HERE}:rule/{_OURS}",
    ),
    _may(
        "rekognition: DeleteCollection DescribeCollection",
        f"rekognition:{_HERE}:collection/{_OURS}",
    ),
    _may("rekognition: CreateCollection ListCollections", "*"),
    _may("polly: DescribeVoices", "*"),
    _may("s3: GetObject PutObject", f"s3:::{_OURS}/deployment/*"),
    _may("s3: PutObject", f"s3:::{APP}-*-web-*/*"),
    _may("s3: GetBucketNotification PutBucketNotification", f"s3:::{_OURS}"),
    _may(
        "logs: CreateLogGroup DeleteLogGroup PutRetentionPolicy",
        f"{_LOG_GROUP}API-Gateway-Execution-Logs_*",
    ),
    # SQS moves messages with the permissions of the person who asks (Developer Guide, "redrive").
    _may(
        "sqs: DeleteMessage ListMessageMoveTasks ReceiveMessage StartMessageMoveTask",
        f"{_QUEUES}-parked",
    ),
    _may("sqs: SendMessage", _QUEUES),
    _may("sns: ConfirmSubscription", f"sns:{_HERE}:{_OURS}"),
)

_STACKS: Final = (
    _may(
        "s3: CreateBucket DeleteBucket DeleteBucketPolicy GetAccelerateConfiguration "
        "GetAnalyticsConfiguration GetBucketAbac GetBucketCORS GetBucketLogging "
        "GetBucketMetadataTableConfiguration GetBucketObjectLockConfiguration "
        "GetBucketOwnershipControls GetBucketPolicy GetBucketPublicAccessBlock GetBucketTagging "
        "GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration "
        "GetIntelligentTieringConfiguration GetInventoryConfiguration GetLifecycleConfiguration "
        "GetMetricsConfiguration GetReplicationConfiguration ListBucket ListTagsForResource "
        "PutBucketCORS PutBucketOwnershipControls PutBucketPolicy PutBucketPublicAccessBlock "
        "PutBucketTagging PutEncryptionConfiguration PutLifecycleConfiguration TagResource "
        "UntagResource",
        f"s3:::{_OURS}",
    ),
    _may("s3: DeleteObject", f"s3:::{_OURS}/*"),
    _may(
        "dynamodb: CreateTable DeleteTable DescribeContinuousBackups DescribeContributorInsights "
        "DescribeKinesisStreamingDestination DescribeTable DescribeTimeToLive GetResourcePolicy "
        "ListTagsOfResource TagResource UntagResource UpdateContinuousBackups UpdateTable "
        "UpdateTimeToLive",
        f"dynamodb:{_HERE}:table/{_OURS}",
    ),
    _may(
        "sqs: CreateQueue DeleteQueue GetQueueAttributes GetQueueUrl ListQueueTags "
        "SetQueueAttributes TagQueue UntagQueue",
        _QUEUES,
    ),
    _may(
        "sns: CreateTopic DeleteTopic GetDataProtectionPolicy GetSubscriptionAttributes "
        "GetTopicAttributes ListSubscriptionsByTopic ListTagsForResource SetSubscriptionAttributes "
        "SetTopicAttributes Subscribe TagResource Unsubscribe UntagResource",
        f"sns:{_HERE}:{_OURS}",
    ),
    # The sender's own address.
    _may(
        "ses: CreateEmailIdentity DeleteEmailIdentity GetEmailIdentity ListTagsForResource "
        "TagResource UntagResource",
        f"ses:{_HERE}:identity/*",
    ),
    _may(
        "states: CreateStateMachine DeleteStateMachine DescribeStateMachine ListTagsForResource "
        "TagResource UntagResource UpdateStateMachine",
        f"states:{_HERE}:stateMachine:{_OURS}",
    ),
    _may(
        "iam: CreateRole DeleteRole DeleteRolePolicy GetRole GetRolePolicy "
        "ListAttachedRolePolicies ListRolePolicies PutRolePolicy TagRole UntagRole "
        "UpdateAssumeRolePolicy",
        _ROLE + _OURS,
    ),
    _may(
        "logs: CreateLogGroup DeleteLogGroup DeleteRetentionPolicy GetDataProtectionPolicy "
        "ListTagsForResource PutRetentionPolicy TagResource UntagResource",
        f"{_LOG_GROUP}/aws/*/{_OURS}",
    ),
    _may("logs: DescribeIndexPolicies DescribeLogGroups DescribeResourcePolicies", "*"),
    _may(
        "cloudwatch: DeleteAlarms DescribeAlarms ListTagsForResource PutMetricAlarm TagResource "
        "UntagResource",
        f"cloudwatch:{_HERE}:alarm:{_OURS}",
    ),
    _may(
        "cloudwatch: DeleteDashboards GetDashboard ListTagsForResource PutDashboard TagResource "
        "UntagResource",
        f"cloudwatch::{{account}}:dashboard/{_OURS}",
    ),
    # CloudFront's ARNs have no names.
    _may(
        "cloudfront: CreateCachePolicy CreateDistribution CreateOriginAccessControl "
        "CreateResponseHeadersPolicy",
        "*",
    ),
    _may(
        "cloudfront: DeleteDistribution GetDistribution GetDistributionConfig ListTagsForResource "
        "TagResource UntagResource UpdateDistribution",
        f"{_CLOUDFRONT}distribution/*",
    ),
    _may(
        "cloudfront: DeleteCachePolicy GetCachePolicy UpdateCachePolicy",
        f"{_CLOUDFRONT}cache-policy/*",
    ),
    _may(
        "cloudfront: DeleteOriginAccessControl GetOriginAccessControl UpdateOriginAccessControl",
        f"{_CLOUDFRONT}origin-access-control/*",
    ),
    _may(
        "cloudfront: DeleteResponseHeadersPolicy GetResponseHeadersPolicy "
        "UpdateResponseHeadersPolicy",
        f"{_CLOUDFRONT}response-headers-policy/*",
    ),
)

_POLICIES: Final = {f"{APP}-deployer-commands": _COMMANDS, f"{APP}-deployer-stacks": _STACKS}


def policies(account: str = "*", region: str = "*", partition: str = "aws") -> dict[str, Any]:
    """Return the policies by name."""
    fields = {"partition": partition, "region": region, "account": account}
    return {name: policy(grants, fields) for name, grants in _POLICIES.items()}


def compact(content: Mapping[str, Any]) -> str:
    """Return a policy without white space, as IAM counts its characters."""
    return json.dumps(content, separators=(",", ":"))


def main(arguments: Sequence[str]) -> int:
    """Print the policies, and return the exit status."""
    parser = argparse.ArgumentParser(
        usage="make deployer-policy [ACCOUNT=123456789012] [REGION=us-east-1]", description=__doc__
    )
    parser.add_argument("--account", default="*")
    parser.add_argument("--region", default="*")
    given = parser.parse_args(arguments)
    if not re.fullmatch(r"\*|[0-9]{12}", given.account):
        parser.error("ACCOUNT has 12 digits")
    partition = "aws"
    if given.region != "*":
        try:
            partition = boto3.session.Session().get_partition_for_region(given.region)
        except UnknownRegionError as error:
            parser.error(str(error))
    for name, content in policies(given.account, given.region, partition).items():
        print(f"\n{name}: {len(compact(content)):,} of {MAX_CHARACTERS:,} characters\n")
        print(json.dumps(content, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
