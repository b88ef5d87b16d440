"""CloudWatch as the meter: lines in the log of which it makes metrics (EMF).

Nothing is sent: CloudWatch reads them where they are logged anyway.
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
    """Writes each measurement at once: who dies a moment later has been measured.

    Args:
        stage: The deployment's; each metric has it as a dimension.
        write: Takes one line, without its end.
    """

    stage: str
    write: Callable[[str], object]

    def record(self, metric: Metric, value: float = 1, dimension: str | None = None) -> None:
        try:
            self.write(self._line(metric, value, dimension))
        except Exception as error:  # whatever it is, a story is worth more
            log.warning("not measured", extra={"metric": metric.name, "reason": repr(error)})

    def _line(self, metric: Metric, value: float, dimension: str | None) -> str:
        # Of its own for each line: the library's `Metrics` is one for the whole process.
        line = AmazonCloudWatchEMFProvider(
            namespace=NAMESPACE,
            service="",  # or a variable of the environment would add a dimension
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
