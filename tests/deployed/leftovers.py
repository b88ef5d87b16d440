"""What is in an account."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from infrastructure.gateway import LOGGING_ROLE
from tests.deployed.emulated_account import EmulatedAccount

_OF_THE_ACCOUNT: Final = {LOGGING_ROLE}
"""Not a stage's: API Gateway writes the logs of all APIs of a region with it."""

_LISTS: Final[dict[str, tuple[str, str, Callable[[Any], Any]]]] = {
    "stacks": ("cloudformation", "list_stacks", lambda found: found["StackSummaries"]),
    "buckets": ("s3", "list_buckets", lambda found: found["Buckets"]),
    "queues": ("sqs", "list_queues", lambda found: found.get("QueueUrls", [])),
    "tables": ("dynamodb", "list_tables", lambda found: found["TableNames"]),
    "topics": ("sns", "list_topics", lambda found: found["Topics"]),
    "functions": ("lambda", "list_functions", lambda found: found["Functions"]),
    "triggers": (
        "lambda",
        "list_event_source_mappings",
        lambda found: found["EventSourceMappings"],
    ),
    "roles": (
        "iam",
        "list_roles",
        lambda found: [role for role in found["Roles"] if role["RoleName"] not in _OF_THE_ACCOUNT],
    ),
    "APIs": ("apigateway", "get_rest_apis", lambda found: found["items"]),
    "rules": ("events", "list_rules", lambda found: found["Rules"]),
    "state machines": (
        "stepfunctions",
        "list_state_machines",
        lambda found: found["stateMachines"],
    ),
    "log groups": ("logs", "describe_log_groups", lambda found: found["logGroups"]),
    "alarms": ("cloudwatch", "describe_alarms", lambda found: found["MetricAlarms"]),
    "dashboards": ("cloudwatch", "list_dashboards", lambda found: found["DashboardEntries"]),
    "distributions": (
        "cloudfront",
        "list_distributions",
        lambda found: found["DistributionList"].get("Items", []),
    ),
    "origin access controls": (
        "cloudfront",
        "list_origin_access_controls",
        lambda found: found["OriginAccessControlList"].get("Items", []),
    ),
    "response headers policies": (
        "cloudfront",
        "list_response_headers_policies",
        lambda found: [
            each
            for each in found["ResponseHeadersPolicyList"].get("Items", [])
            if each["Type"] == "custom"
        ],
    ),
    "subscriptions": ("sns", "list_subscriptions", lambda found: found["Subscriptions"]),
    "e-mail identities": (
        "sesv2",
        "list_email_identities",
        lambda found: found.get("EmailIdentities", []),
    ),
}


def leftovers(account: EmulatedAccount) -> list[str]:
    """Whatever there is, as ``queues: ...``; deleted stacks do not count."""
    found = [
        f"{kind}: {each}"
        for kind, (service, operation, items) in _LISTS.items()
        for each in _existing(items(getattr(account.client(service), operation)()))
    ]
    collections = account.engines.clients.rekognition.list_collections()["CollectionIds"]
    # The engines' own stack, which `make run` would use, has one.
    return found + [f"collection: {each}" for each in collections if "-local-" not in each]


def _existing(items: Iterable[Any]) -> Iterable[Any]:
    return (
        item
        for item in items
        if not (isinstance(item, dict) and item.get("StackStatus") == "DELETE_COMPLETE")
    )
