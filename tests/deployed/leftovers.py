"""List everything in an account."""

from typing import Final

import jmespath

from infrastructure.gateway.configuration import LOGGING_ROLE
from tests.deployed.emulated_account import EmulatedAccount

_COLLECTIONS: Final = "face collections"
_LISTS: Final = {
    "stacks": ("cloudformation", "list_stacks", "StackSummaries[?StackStatus!='DELETE_COMPLETE']"),
    "buckets": ("s3", "list_buckets", "Buckets"),
    "queues": ("sqs", "list_queues", "QueueUrls"),
    "tables": ("dynamodb", "list_tables", "TableNames"),
    "topics": ("sns", "list_topics", "Topics"),
    "subscriptions": ("sns", "list_subscriptions", "Subscriptions"),
    "functions": ("lambda", "list_functions", "Functions"),
    "layers": ("lambda", "list_layers", "Layers"),
    "triggers": ("lambda", "list_event_source_mappings", "EventSourceMappings"),
    # The account keeps this role: API Gateway writes the logs of all APIs with it.
    "roles": ("iam", "list_roles", f"Roles[?RoleName!='{LOGGING_ROLE}']"),
    "APIs": ("apigateway", "get_rest_apis", "items"),
    "rules": ("events", "list_rules", "Rules"),
    "state machines": ("stepfunctions", "list_state_machines", "stateMachines"),
    "log groups": ("logs", "describe_log_groups", "logGroups"),
    "alarms": ("cloudwatch", "describe_alarms", "MetricAlarms"),
    "dashboards": ("cloudwatch", "list_dashboards", "DashboardEntries"),
    "distributions": ("cloudfront", "list_distributions", "DistributionList.Items"),
    "origin access controls": (
        "cloudfront",
        "list_origin_access_controls",
        "OriginAccessControlList.Items",
    ),
    "cache policies": (
        "cloudfront",
        "list_cache_policies",
        "CachePolicyList.Items[?Type=='custom']",
    ),
    "response headers policies": (
        "cloudfront",
        "list_response_headers_policies",
        "ResponseHeadersPolicyList.Items[?Type=='custom']",
    ),
    "e-mail identities": ("sesv2", "list_email_identities", "EmailIdentities"),
}
"""By kind: a service, the operation that lists them, and their place in the answer (JMESPath)."""

KINDS: Final = {*_LISTS, _COLLECTIONS}
"""A deployed stage has resources of each kind."""


def things(account: EmulatedAccount) -> dict[str, list[object]]:
    """Return all resources by kind."""
    found = {
        kind: jmespath.search(where, getattr(account.client(service), operation)())
        for kind, (service, operation, where) in _LISTS.items()
    }
    collections = account.engines.clients.rekognition.list_collections()["CollectionIds"]
    # The engines' own stack, for `make run`, has one.
    found[_COLLECTIONS] = [each for each in collections if "-local-" not in each]
    return {kind: some for kind, some in found.items() if some}
