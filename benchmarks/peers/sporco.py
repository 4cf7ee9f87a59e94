"""sporco: proximal gradient for convolutional sparse coding (``pgm.cbpdn.ConvBPDNMask``).

sporco's convolutions are circular, on the grid of the signal. The zero-padded problem becomes one
of its own: the signal is laid into a larger grid and a mask leaves out what lies around it, so
W^T z is cut at the border as ours is; codes outside our grid would be free, and a weight of their
l1 norm holds them at zero. Its ADMM (``admm.cbpdn.ConvBPDNMaskDcpl``) takes the same mask, but
its inverse for dictionaries of many channels, Sherman and Morrison's formula iterated over all
pairs of channels, makes one iteration with 64 channels as long as this whole solve (0.2 s).
"""

import numpy as np
import sporco.fft
import torch
from sporco.pgm.cbpdn import ConvBPDNMask

from peers.fista import lipschitz
from peers.problems import Problem
from peers.timing import CannotRun, Run, Settings, Watch, one_by_one, watched

FORBIDDEN = 1e6  # weight of the l1 norm where no code may be


def solve(problem: Problem, settings: Settings) -> Run:
    w, pad = problem.operator, problem.operator.padding
    size = w.size[-1]
    if w.stride != 1 or 2 * pad != w.filters.shape[-1] - 1:
        raise CannotRun("is set up here for same convolution only")
    bound = lipschitz(problem)
    sporco.fft.pyfftw_threads = torch.get_num_threads()

    grid = size + 2 * pad
    grid += grid % 2  # even, for the FFT
    inside = slice(pad, pad + size)
    mask = np.zeros((grid, grid, 1), np.float32)
    mask[inside, inside] = 1
    weight = np.full((grid, grid, 1, 1, 1), FORBIDDEN, np.float32)
    weight[:size, :size] = 1
    # Its order is rows, columns, channels, filters.
    filters = np.ascontiguousarray(w.filters.permute(2, 3, 1, 0).numpy())

    def alone(problem: Problem) -> Run:
        signal = np.zeros((grid, grid, problem.x.shape[1]), np.float32)
        signal[inside, inside] = problem.x[0].permute(1, 2, 0).numpy()

        def codes(solver: ConvBPDNMask) -> np.ndarray:
            return np.moveaxis(solver.X[:size, :size, 0, 0], -1, 0).copy()

        def run(watch: Watch) -> np.ndarray:
            options = {
                "MaxMainIter": settings.max_iterations,
                "L": bound,
                "L1Weight": weight,
                "FastSolve": True,  # no statistics
                "Callback": lambda solver: watch(lambda: codes(solver)),
            }
            options = ConvBPDNMask.Options(options)
            solver = ConvBPDNMask(filters, signal, float(problem.lam), mask, options, dimK=0)
            solver.solve()
            return codes(solver)

        return watched(problem, settings, "pgm.cbpdn.ConvBPDNMask", run)

    return one_by_one(problem, settings, alone)
