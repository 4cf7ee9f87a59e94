"""A pretend CUDA device, for machines without one: real numbers, CUDA's rules about devices.

A tensor on it wraps one of the CPU, where its numbers are, and tells Python and torch's C++ that
it is on cuda:0. What CUDA would refuse is refused before it is computed:

- tensors of both devices, except scalars of the CPU in pointwise operations, and indices;
- the CPU's random generators for tensors on the device;
- operators that have no kernel for CUDA.

It counts kernels, and what makes the host wait for the device, by the line of the project that
asks for it. It is blind to kernels that lack a type, to CUDA's numerics, to memory and to races.

``enter()`` makes torch believe in it, for the rest of the process. Backward passes need the
libraries that ``test_pretend_cuda.py`` compiles: torch's engine asks the driver for its devices.
"""

import ctypes
import functools
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import patches
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing
from torch.utils._pytree import tree_leaves, tree_map

CUDA = torch.device("cuda", 0)
OURS = ("/src/cnninvert/", "/workflow/lib/", "/.snakemake/scripts/")  # code that is told of waits
aten = torch.ops.aten

COPIES = {aten._to_copy.default, aten.copy_.default}
# Operations that end when the device has answered, and what they wait for.
WAITS = {
    aten._local_scalar_dense.default: "a number",
    aten.equal.default: "a number",
    aten.nonzero.default: "how many there are",
    aten.masked_select.default: "how many there are",
    aten.repeat_interleave.Tensor: "how many there are",
    aten._unique2.default: "how many there are",
    aten.bincount.default: "how many there are",
    aten._linalg_check_errors.default: "an error code",
    aten._linalg_eigh.default: "an error code",
    aten._linalg_svd.default: "an error code",
    aten._linalg_eigvals.default: "an error code",
    aten.linalg_lstsq.default: "an error code",
}
INDEXING = {
    aten.index.Tensor,
    aten.index_put.default,
    aten.index_put_.default,
    aten._index_put_impl_.default,
    aten._unsafe_index.Tensor,
    aten._unsafe_index_put.default,
}
# Besides pointwise operations, where CUDA takes a scalar of the CPU beside its own tensors.
TAKE_SCALARS = INDEXING | {
    aten.where.self,
    aten.where.ScalarOther,
    aten.where.ScalarSelf,
    aten.masked_fill.Tensor,
    aten.masked_fill_.Tensor,
    aten.fill.Tensor,
    aten.fill_.Tensor,
    aten.lift_fresh_copy.default,
}


class Refused(RuntimeError):
    """What CUDA would have refused."""


class OnDevice(Tensor):
    """A tensor on the pretend device; ``numbers`` is that of the CPU behind it."""

    numbers: Tensor
    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, numbers: Tensor) -> "OnDevice":
        wrapper = Tensor._make_wrapper_subclass(
            cls,
            numbers.size(),
            strides=numbers.stride(),
            storage_offset=numbers.storage_offset(),
            dtype=numbers.dtype,
            layout=numbers.layout,
            device=CUDA,
        )
        wrapper.numbers = numbers
        return wrapper

    @classmethod
    def __torch_dispatch__(cls, operation, types, args=(), kwargs=None):
        with PretendCuda.current:
            return operation(*args, **(kwargs or {}))

    def __deepcopy__(self, memo):
        return on_device(self.numbers.clone()).requires_grad_(self.requires_grad)

    def __reduce_ex__(self, protocol):
        return self.numbers.__reduce_ex__(protocol)

    def __repr__(self):
        return f"OnDevice({self.numbers!r})"

    def tolist(self):
        return self.cpu().tolist()

    def numpy(self, *_, **__):
        raise TypeError("can't convert cuda:0 device type tensor to numpy: Refused")

    __array__ = numpy


def on_device(numbers: Tensor) -> OnDevice:
    """The wrapper of a tensor of the CPU; made in inference mode if, and only if, that was."""
    numbers = numbers.detach() if numbers.requires_grad else numbers
    if numbers.is_inference() == torch.is_inference_mode_enabled():
        return OnDevice(numbers)
    with torch.inference_mode(numbers.is_inference()):
        return OnDevice(numbers)


def numbers_of(value: Any) -> Any:
    return value.numbers if isinstance(value, OnDevice) else value


class PretendCuda(TorchDispatchMode):
    """While it is entered, tensors can be on the device. It counts ``kernels`` and ``waits``.

    ``waits``: (what for, line of ours) -> times. ``refused``: sentences.
    """

    current: "PretendCuda"

    def __init__(self) -> None:
        super().__init__()
        self.kernels, self.waits, self.refused = 0, Counter(), []

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        ours = [tensor for tensor in tensors if isinstance(tensor, OnDevice)]
        places = [value for value in args if isinstance(value, torch.device)]
        made_there = any("cuda" in str(place) for place in [kwargs.get("device"), *places])
        if not ours and not made_there:
            return operation(*args, **kwargs)
        if operation not in WAITS and _is_composite(operation):
            with self:
                found = operation.decompose(*args, **kwargs)
            if found is not NotImplemented:
                return found
        if operation in COPIES:
            return self._copy(operation, *args, **kwargs)
        self._check(operation, args, kwargs, tensors, ours)
        self._count(operation, args, ours)
        if "device" in kwargs:
            kwargs["device"] = torch.device("cpu")
        wrappers = {id(tensor.numbers): tensor for tensor in ours}
        plain_args, plain_kwargs = tree_map(numbers_of, (args, kwargs))
        found = operation(*plain_args, **plain_kwargs)

        def wrapped(value):
            if not isinstance(value, Tensor):
                return value
            return wrappers[id(value)] if id(value) in wrappers else on_device(value)

        found = tree_map(wrapped, found)
        if torch.Tag.inplace_view in operation.tags:  # the wrapper's shape follows
            found = return_and_correct_aliasing(operation, args, kwargs, found)
        return found

    def _copy(self, operation, first, *others, **kwargs):
        """To the device, from it, or on it; only what leaves or enters it waits."""
        if operation is aten.copy_.default:
            source, target = others[0], isinstance(first, OnDevice)
            unheld = bool(others[1]) if len(others) > 1 else kwargs.get("non_blocking", False)
        else:
            source, device = first, kwargs.pop("device", None)
            target = isinstance(first, OnDevice) if device is None else "cuda" in str(device)
            unheld = kwargs.pop("non_blocking", False)
            kwargs.pop("pin_memory", None)
        if isinstance(source, OnDevice) != target and not unheld:
            self._wait("a copy to the device" if target else "a copy from the device")
        if operation is aten.copy_.default:
            numbers_of(first).copy_(numbers_of(source))
            return first
        found = aten._to_copy.default(numbers_of(source), **kwargs)
        return on_device(found) if target else found

    def _check(self, operation, args, kwargs, tensors, ours) -> None:
        generator = kwargs.get("generator")
        if generator is not None and generator.device.type != "cuda":
            self._refuse(operation, "a random generator of the CPU")
        elsewhere = [tensor for tensor in tensors if not isinstance(tensor, OnDevice)]
        if operation in INDEXING:
            if not isinstance(args[0], OnDevice):
                self._refuse(operation, "indices on the device, of a tensor of the CPU")
            elsewhere = [each for each in elsewhere if all(each is not index for index in args[1])]
        if ours and elsewhere:
            written = operation._schema.is_mutable and args and args[0] is elsewhere[0]
            scalars = all(tensor.dim() == 0 for tensor in elsewhere)
            name = str(operation)
            takes = torch.Tag.pointwise in operation.tags or operation in TAKE_SCALARS
            takes = takes or "_foreach" in name or "_fused_adam" in name
            if written or not (scalars and takes):
                shapes = [tuple(tensor.shape) for tensor in elsewhere]
                self._refuse(operation, f"tensors of both devices; on the CPU: {shapes}")
        if not operation.is_view and not _has_kernel(operation.name()):
            self._refuse(operation, "an operator without a kernel for CUDA")

    def _count(self, operation, args, ours) -> None:
        self.kernels += not operation.is_view
        if ours and operation in WAITS:
            self._wait(WAITS[operation])
        if operation in INDEXING:
            given = [index for index in args[1] if index is not None]
            if any(not isinstance(index, OnDevice) for index in given):
                self._wait("a copy to the device")
            if any(index.dtype == torch.bool for index in given):
                self._wait("how many there are")

    def _wait(self, reason: str) -> None:
        self.waits[reason, _line_of_ours()] += 1

    def _refuse(self, operation, why: str) -> None:
        self.refused.append(f"{_line_of_ours()}: {operation}: {why}")
        raise Refused(self.refused[-1])


def _is_composite(operation) -> bool:
    return operation.has_kernel_for_dispatch_key(torch._C.DispatchKey.CompositeImplicitAutograd)


@functools.cache
def _has_kernel(name: str) -> bool:
    return torch._C._dispatch_has_computed_kernel_for_dispatch_key(name, "CUDA")


def _line_of_ours() -> str:
    frame = sys._getframe(1)
    while frame:
        name = frame.f_code.co_filename
        if any(part in name for part in OURS):
            return f"{Path(name).name}:{frame.f_lineno}"
        frame = frame.f_back
    return "elsewhere"


def enter() -> PretendCuda:
    """The device, for the rest of the process."""
    torch._C._ensureCUDADeviceGuardSet()
    torch._C._set_only_lift_cpu_tensors(True)
    torch.autograd.set_multithreading_enabled(False)
    if engine := os.environ.get("PRETEND_CUDA_ENGINE"):
        ctypes.CDLL(engine).pretend_devices(127)
    mode = PretendCuda.current = PretendCuda()
    patches.apply(mode, OnDevice)
    mode.__enter__()
    return mode
