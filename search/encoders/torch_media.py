"""What encoders of pictures and clips share that run a torch model themselves."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from search.encoders.base import Presence, Rows, as_unit_rows
from search.encoders.media import MediaEncoder
from search.generators.checkpoints import weights_presence


class TorchMedia(MediaEncoder):
    """A model on a device, run in batches that shrink when memory runs out."""

    _model: Any
    _device: str
    _batch_size: int

    @classmethod
    def presence(cls, checkpoint: str = "", **_options: object) -> Presence:
        return weights_presence(checkpoint)

    def _rows(self, run: Callable[[Sequence[Any]], Any], inputs: Sequence[Any]) -> Rows:
        """What ``run`` makes of batches of the inputs, as unit rows, (n, dim), in their order."""
        import torch  # here: a web process asks these classes for their presence

        from search.generators.memory import rows_in_batches

        if not inputs:
            return np.zeros((0, self.dim), dtype=np.float32)
        with torch.inference_mode():
            found = rows_in_batches(
                run,
                inputs,
                batch_size=self._batch_size,
                length=lambda _one: 0,
                move_to_cpu=self._move_to_cpu,
            )
        return as_unit_rows(found.numpy(), dim=self.dim)

    def _move_to_cpu(self) -> None:
        self._device = "cpu"
        self._model = self._model.to("cpu")
