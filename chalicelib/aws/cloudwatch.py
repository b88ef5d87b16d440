"""CloudWatch as the meter: it turns log lines in the embedded metric format (EMF) into metrics.

So a measurement needs no request.
"""

import json
import logging
from collections.abc import Callable
from typing import Final

import msgspec
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import (
    AmazonCloudWatchEMFProvider,
)

from chalicelib import telemetry
from chalicelib.telemetry import Metric

NAMESPACE: Final = "Storytime"

log = logging.getLogger(__name__)


class EmfMeter(msgspec.Struct, frozen=True):
    """Writes each measurement at once, so that a crash a moment later does not lose it.

    Args:
        stage: The deployment's stage; each metric has it as a dimension.
        write: Writes one line; adds its end.
    """

    stage: str
    write: Callable[[str], object]

    def record(self, metric: Metric, value: float = 1, dimension: str | None = None) -> None:
        try:
            self.write(self._line(metric, value, dimension))
        except Exception as error:  # the work must not fail because of its measurement
            log.warning("not measured", extra={"metric": metric.name, "reason": repr(error)})

    def _line(self, metric: Metric, value: float, dimension: str | None) -> str:
        # A new provider for each line: the library's `Metrics` shares its values in the process.
        line = AmazonCloudWatchEMFProvider(
            namespace=NAMESPACE,
            service="",  # without it, an environment variable may add a dimension
            default_dimensions={"Stage": self.stage},
        )
        line.add_metric(metric.name, metric.unit, value)
        if metric.dimension is not None and dimension is not None:
            if metric.has_total:
                line.add_dimensions(**{metric.dimension: dimension})
            else:
                line.add_dimension(metric.dimension, dimension)
        for name, about in telemetry.bound_fields().items():
            line.add_metadata(name, about)
        return json.dumps(line.serialize_metric_set(), separators=(",", ":"))
