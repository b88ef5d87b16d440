"""CloudFront's CreateInvalidation for the one distribution of the local AWS.

Sources: the Amazon CloudFront API Reference (CreateInvalidation, InvalidationBatch) and Developer
Guide ("Invalidate files to remove content", "Quotas").
"""

import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from local.services.request_constraints import Operation
from local.services.s3.signatures import Clock
from local.services.service_error import ServiceError

_MAX_PATH: Final = 4000  # characters


@dataclass(frozen=True)
class _Invalidation:
    paths: list[str]
    created_at: datetime
    id: str = field(default_factory=lambda: f"I{uuid.uuid4().hex[:13].upper()}")


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
    def operations(self) -> Mapping[str, Operation]:
        return {"cloudfront.CreateInvalidation": self._create}

    def _create(self, request: dict[str, Any]) -> Mapping[str, Any]:
        if request["DistributionId"] != self._distribution_id:
            raise ServiceError("NoSuchDistribution", "The specified distribution does not exist.")
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
            invalidation = known or _Invalidation(paths, self._now())
            if known is None:
                self._forget(paths)
                self._by_reference[reference] = invalidation
        location = f"/2020-05-31/distribution/{self._distribution_id}/invalidation/"
        return {
            "Location": f"https://cloudfront.amazonaws.com{location}{invalidation.id}",
            "Invalidation": {
                "Id": invalidation.id,
                "Status": "Completed",
                "CreateTime": invalidation.created_at,
                "InvalidationBatch": {
                    "Paths": {"Quantity": len(paths), "Items": paths},
                    "CallerReference": reference,
                },
            },
        }


def _paths(asked: Mapping[str, Any]) -> list[str]:
    paths: list[str] = list(asked.get("Items") or [])
    if asked["Quantity"] != len(paths):
        raise ServiceError(
            "InconsistentQuantities", "The value of Quantity and the number of items don't match."
        )
    if not paths or not all(map(_is_path, paths)):
        raise ServiceError(
            "InvalidArgument", "Your request contains one or more invalid invalidation paths."
        )
    return paths


def _is_path(path: str) -> bool:
    """Check that a path begins at the root, is URL-encoded, and has at most a final wildcard."""
    return (
        path.startswith("/")
        and path.isascii()
        and len(path) <= _MAX_PATH
        and "*" not in path[:-1]
        and " " not in path
    )
