"""Tensors as safetensors files that are the same, byte by byte, for the same contents."""

import json
from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save
from torch import Tensor


def write_tensors(
    path: str | Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]
) -> None:
    """Write ``tensors`` and their ``metadata``, which the safetensors package writes in any order.

    So the checksums of two runs' files can be compared.

    >>> import tempfile, torch
    >>> from safetensors import safe_open
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_tensors(Path(folder, "a"), {"x": torch.ones(2)}, {"of": "a", "by": "b"})
    ...     with safe_open(Path(folder, "a"), "pt") as file:
    ...         file.get_tensor("x"), sorted(file.metadata().items())
    (tensor([1., 1.]), [('by', 'b'), ('of', 'a')])
    """
    on_cpu = {name: each.detach().cpu().contiguous() for name, each in tensors.items()}
    written = memoryview(save(on_cpu))
    start = 8 + int.from_bytes(written[:8], "little")  # of the tensors, behind the header
    header = {"__metadata__": dict(sorted(metadata.items()))} | json.loads(bytes(written[8:start]))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the tensors are aligned
    with Path(path).open("wb") as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        file.write(written[start:])
