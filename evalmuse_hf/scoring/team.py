"""The processes that score one list together: one, or those that `accelerate launch` or torchrun started."""

import os
from datetime import timedelta
from typing import Any

_PATIENCE = timedelta(days=30)  # who has finished waits for the slowest, which is no fault however long it takes


class Team:
    """This process and the others.

    Args:
        device: Where networks will run, as far as it is known; ``"cpu"`` makes the others talk without a GPU.

    Raises:
        RuntimeError: If the others cannot be reached.
    """

    def __init__(self, device: str | None = None) -> None:
        self.size = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0")) if self.size > 1 else 0
        self.local_size = int(os.environ.get("LOCAL_WORLD_SIZE", "1")) if self.size > 1 else 1
        self.device = device
        self._state: Any = None
        if self.size > 1:
            from accelerate import PartialState

            self._state = PartialState(cpu=device is not None and device.startswith("cpu"), timeout=_PATIENCE)
            self.size, self.rank = self._state.num_processes, self._state.process_index
            if device is None or device == "cuda":
                self.device = str(self._state.device)

    @property
    def is_first(self) -> bool:
        """Whether this process does what is to be done once."""
        return self.rank == 0

    def wait(self) -> None:
        """Return once every process has called it."""
        if self._state is not None:
            self._state.wait_for_everyone()

    def share(self, value: Any) -> Any:
        """Give every process what the first one has.

        Args:
            value: Of the first process; that of the others does not matter.

        Returns:
            The value of the first.
        """
        if self._state is None:
            return value
        from accelerate.utils import broadcast_object_list

        return broadcast_object_list([value])[0]

    def close(self) -> None:
        """Part with the others."""
        if self._state is not None:
            self._state.destroy_process_group()
            self._state = None
