"""An AWS on one machine, with the services that Storytime needs."""

import sys
from types import ModuleType
from typing import Final

_BATCH: Final = (
    "moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_batch"
)

# Replaces a module before moto's interpreter of state machines is imported. For tasks of AWS Batch,
# which the local AWS refuses, it would load EC2's tables: 140 MB, and half a second at every start.
_no_batch = ModuleType(_BATCH)
_no_batch.StateTaskServiceBatch = None  # type: ignore[attr-defined]
sys.modules.setdefault(_BATCH, _no_batch)
