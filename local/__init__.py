"""AWS on one machine, as far as Storytime needs it."""

import sys
from types import ModuleType
from typing import Final

_BATCH: Final = (
    "moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_batch"
)

# Before moto's interpreter of state machines is imported: for tasks of AWS Batch, which are refused
# here, it would load EC2's tables of instances: 140 MB, and half a second at every start.
_no_batch = ModuleType(_BATCH)
_no_batch.StateTaskServiceBatch = None  # type: ignore[attr-defined]
sys.modules.setdefault(_BATCH, _no_batch)
