"""Jobs of Snakemake whose path has this folder compute on the pretend device.

Python runs this file when it starts. The device is entered as soon as the job has imported
paper.device, where all ask for it; at its end, what was refused is written to the folder
PRETEND_CUDA_LOGS.
"""

import atexit
import importlib.abc
import importlib.util
import os
import sys
from pathlib import Path


class EnterWithDevice(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name != "paper.device":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        run = spec.loader.exec_module

        def run_and_enter(module):
            run(module)
            import pretend_cuda

            mode = pretend_cuda.enter()
            atexit.register(write_log, mode)

        spec.loader.exec_module = run_and_enter
        return spec


def write_log(mode) -> None:
    folder = Path(os.environ["PRETEND_CUDA_LOGS"])
    name = Path(sys.argv[0]).stem.split(".")[-1]
    lines = [f"refused {sentence}" for sentence in mode.refused]
    lines += [f"{times} waits for {why} at {line}" for (why, line), times in mode.waits.items()]
    (folder / f"{name}-{os.getpid()}").write_text("\n".join([f"{mode.kernels} kernels", *lines]))


if any("/.snakemake/scripts/" in argument for argument in sys.orig_argv):
    sys.meta_path.insert(0, EnterWithDevice())
