"""CloudFront's CreateInvalidation and GetInvalidation for the one distribution that there is.

Sources: the Amazon CloudFront API Reference (CreateInvalidation, InvalidationBatch) and Developer
Guide ("Invalidate files to remove content", "Quotas").
"""

import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from local.services.s3.signatures import Clock
from local.services.service_error import ServiceError

_LONGEST_PATH: Final = 4000  # characters
_MOST_PATHS: Final = 3000  # in progress at once, as below
_MOST_WILDCARDS: Final = 15


@dataclass(frozen=True)
class _Invalidation:
    caller_reference: str
    paths: list[str]
    created_at: datetime
    id: str = field(default_factory=lambda: f"I{uuid.uuid4().hex[:13].upper()}")

    def to_wire(self) -> dict[str, Any]:
        return {
            "Id": self.id,
            "Status": "Completed",
            "CreateTime": self.created_at,
            "InvalidationBatch": {
                "Paths": {"Quantity": len(self.paths), "Items": self.paths},
                "CallerReference": self.caller_reference,
            },
        }


class Invalidations:
    """Makes a distribution forget paths, at once: no invalidation is ever in progress.

    Args:
        distribution_id: The distribution.
        forget: Makes it forget paths.
        now: The time, with its zone.
    """

    def __init__(
        self, distribution_id: str, forget: Callable[[Iterable[str]], None], now: Clock
    ) -> None:
        self._distribution_id = distribution_id
        self._forget = forget
        self._now = now
        self._lock = threading.Lock()
        self._by_reference: dict[str, _Invalidation] = {}

    @property
    def operations(self) -> Mapping[str, Callable[[dict[str, Any]], Mapping[str, Any]]]:
        return {
            "cloudfront.CreateInvalidation": self._create,
            "cloudfront.GetInvalidation": self._get,
        }

    def _create(self, request: dict[str, Any]) -> Mapping[str, Any]:
        self._check_distribution(request["DistributionId"])
        batch = request["InvalidationBatch"]
        reference, paths = batch["CallerReference"], _paths(batch["Paths"])
        with self._lock:
            known = self._by_reference.get(reference)
            if known is not None and known.paths != paths:
                raise ServiceError(
                    "InvalidationBatchAlreadyExists",
                    "There is already an invalidation batch with this caller reference, "
                    "for other paths.",
                    400,
                )
            invalidation = known or _Invalidation(reference, paths, self._now())
            if known is None:
                self._forget(paths)
                self._by_reference[reference] = invalidation
        location = f"/2020-05-31/distribution/{self._distribution_id}/invalidation/"
        return {
            "Location": f"https://cloudfront.amazonaws.com{location}{invalidation.id}",
            "Invalidation": invalidation.to_wire(),
        }

    def _get(self, request: dict[str, Any]) -> Mapping[str, Any]:
        self._check_distribution(request["DistributionId"])
        with self._lock:
            known = list(self._by_reference.values())
        for invalidation in known:
            if invalidation.id == request["Id"]:
                return {"Invalidation": invalidation.to_wire()}
        raise ServiceError("NoSuchInvalidation", "The specified invalidation does not exist.")

    def _check_distribution(self, distribution_id: str) -> None:
        if distribution_id != self._distribution_id:
            raise ServiceError("NoSuchDistribution", "The specified distribution does not exist.")


def _paths(asked: Mapping[str, Any]) -> list[str]:
    paths: list[str] = list(asked.get("Items") or [])
    if asked["Quantity"] != len(paths):
        raise ServiceError(
            "InconsistentQuantities",
            "The value of Quantity and the number of items don't match.",
        )
    if not paths or not all(map(_is_path, paths)):
        raise ServiceError(
            "InvalidArgument",
            "Your request contains one or more invalid invalidation paths.",
        )
    wildcards = sum(path.endswith("*") for path in paths)
    if len(paths) > _MOST_PATHS or wildcards > _MOST_WILDCARDS:
        raise ServiceError(
            "TooManyInvalidationsInProgress",
            "Your request contains more paths than can be invalidated at once.",
        )
    return paths


def _is_path(path: str) -> bool:
    """Does it begin at the root, URL-encoded, with a wildcard at its end at most?"""
    return (
        path.startswith("/")
        and path.isascii()
        and len(path) <= _LONGEST_PATH
        and "*" not in path[:-1]
        and " " not in path
    )
