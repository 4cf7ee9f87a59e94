"""Images a second of extraction to HDF5 and of decoding from it, beside the bare networks.

.venv/bin/python benchmarks/extract.py --output extract.csv --plot extract.png

Extraction is timed as the pipeline does it: 8-bit photographs are read from HDF5, and the
activations and places of VGG-16's layers are written to HDF5. The plain engine is the forward pass
alone: torch's own modules with the same weights, in float32 and channels last, on normalised
images that are in memory. Decoding reads an activation and its places from HDF5 and keeps pictures
of 8 bits in HDF5; the plain engine is torch's ConvTranspose2d and MaxUnpool2d on what is in memory.
Engines are measured in turns, and the fastest of the turns counts; so does the least time of the
processor, which writing beside the forward pass does not hide and other work hardly disturbs.
Nothing waits until the disk has what the system keeps in memory for it, neither here nor in the
plain write that is timed beside extraction: for the disk itself, take more images than fit into
memory. Pictures, decoders and the network's weights are random: the time does not depend on them.
"""

import argparse
import os
import re
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import h5py
import numpy as np
import pandas as pd
import torch

from peers import report  # and with it the path to the library

# isort: split
from cnninvert.decoders.decoder import Decoder
from cnninvert.networks.layers import ARCHITECTURES
from cnninvert.networks.pretrained import Network
from machinery.environment import prepare_jobs
from machinery.errors import InputError
from machinery.files import atomic_write
from paper.data.activations import BATCH, Activations, extract
from paper.data.photographs import CROP
from paper.printing.plotting import save, subplots
from paper.table4.decoding import read_code
from paper.table4.eight_bit import eight_bit
from peers.timing import Clock, chosen_device
from plain_networks import PlainDecoder, encoder, indices
from random_inputs import random_photographs, random_weights

NAMES = [layer.name for layer in ARCHITECTURES["vgg16"]]
OURS, PLAIN = "cnninvert", "plain"
JOBS = ("extract", "decode")
KEY = ["job", "layer"]
COLUMNS = ["device", "job", "engine", "images_per_second", "layer", "precision", "threads"]
COLUMNS += [
    "batch",
    "images",
    "cpu_seconds_per_image",
    "mib",
    "mib_of_4_times",
    "megabytes_per_second",
    "share_of_disk",
]


def arguments(values: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--output", type=Path, required=True, help="CSV, a row for each job, layer and engine")
    add("--plot", type=Path, help="images a second (PNG or PDF)")
    add("--device", choices=["auto", "cpu", "cuda"], default="auto")
    add("--jobs", nargs="+", choices=JOBS, default=JOBS)
    layers = ["pool1", "pool2", "pool3", "pool4", "conv5_1"]  # the default preset's
    add("--layers", nargs="+", choices=NAMES, default=layers,
        help="extracted in one pass; the pools among them are decoded")  # fmt: skip
    add("--threads", type=int, default=torch.get_num_threads(), help="of torch")
    add("--images", type=int, default=16)
    add("--batch", type=int, default=BATCH)
    add("--repeat", type=int, default=5, help="turns; the fastest counts (5)")
    add("--side", type=int, default=CROP, help=f"of the images, in pixels ({CROP})")
    add("--folder", type=Path, help="where files are written, and so the disk (the system's own)")
    return parser.parse_args(values)


def main(values: list[str] | None = None) -> None:
    options = arguments(values)
    device = chosen_device(options.device)
    torch.set_num_threads(options.threads)
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    print(report.machine(device, ("torch", "h5py")))
    print(
        f"{options.images} images of {options.side} x {options.side} pixels, batches of "
        f"{options.batch}, float32; {options.threads} threads (load {os.getloadavg()[0]:.1f})",
        flush=True,
    )
    rows = []
    with TemporaryDirectory(dir=options.folder) as name, torch.inference_mode():
        folder = Path(name)
        weights = random_weights(folder / "vgg16.safetensors")
        network = Network(weights, device)
        for job in options.jobs:
            for row in {"extract": extraction, "decode": decoding}[job](network, folder, options):
                same = {name: getattr(options, name) for name in ("threads", "batch", "images")}
                rows.append(
                    {"device": device.type, "job": job, "precision": "float32"} | same | row
                )
            frame = pd.DataFrame(rows, columns=COLUMNS)
            with atomic_write(options.output) as part:
                frame.to_csv(part, index=False, float_format="%.6g")
    print("\nimages a second\n" + ratios(frame).to_string(float_format="%.4g"))
    if options.plot:
        plot(frame, options.plot)


def extraction(network: Network, folder: Path, options: argparse.Namespace) -> list[dict]:
    """Both engines' rows: all layers in one pass; memory and the disk's share for ours."""
    device = network.filters("conv1_1").device
    last = max(options.layers, key=NAMES.index)
    photographs = random_photographs(folder / "photographs.h5", options.images, options.side)
    with h5py.File(photographs) as file:
        batches = network.preprocess(torch.from_numpy(file["test"][:])).split(options.batch)
    batches = [batch.to(device) for batch in batches]
    bare, path = encoder(network, last), folder / "activations.h5"

    def plain() -> None:
        for batch in batches:
            bare(batch)

    def ours() -> None:
        extract(network, photographs, options.layers, path, device, options.batch)

    runs = fastest({OURS: ours, PLAIN: plain}, device, options)
    size = path.stat().st_size
    disk = size / min(plain_write(folder / "plain", size) for _ in range(options.repeat))
    path.unlink()
    speed = runs[OURS]["images_per_second"] * size / options.images
    peaks = [peak_memory(network.path, folder, options, n * options.images) for n in (1, 4)]
    print(
        f"extract: peak memory {peaks[0]:.0f} MiB for {options.images} images and {peaks[1]:.0f} "
        f"MiB for {4 * options.images}; {speed / 1e6:.0f} MB/s are {100 * speed / disk:.0f} % of "
        f"a plain write's {disk / 1e6:.0f} MB/s",
        flush=True,
    )
    runs[OURS] |= {"mib": peaks[0], "mib_of_4_times": peaks[1]}
    runs[OURS] |= {"megabytes_per_second": speed / 1e6, "share_of_disk": speed / disk}
    return [{"layer": last} | run for run in runs.values()]


def decoding(network: Network, folder: Path, options: argparse.Namespace) -> list[dict]:
    """Both engines' rows for each pool among the layers."""
    device = network.filters("conv1_1").device
    layers = [layer for layer in options.layers if layer.startswith("pool")]
    if not layers:
        raise InputError("--layers: there is no pool among them to decode; add one, say pool1.")
    photographs = random_photographs(folder / "photographs.h5", options.images, options.side)
    path = folder / "activations.h5"
    extract(network, photographs, layers, path, device, options.batch)
    activations = Activations(path)
    rows = []
    for layer in layers:
        torch.manual_seed(0)
        decoder = Decoder(network.architecture, layer, "known").to(device).eval()
        runs = decoding_of(decoder, activations, folder / "pictures.h5", options)
        rows += [{"layer": layer} | run for run in runs.values()]
    activations.file.close()
    return rows


def decoding_of(
    decoder: Decoder, activations: Activations, path: Path, options: argparse.Namespace
) -> dict[str, dict]:
    """Both engines' runs with one decoder."""
    starts = range(0, options.images, options.batch)
    spans = [(start, min(start + options.batch, options.images)) for start in starts]
    bare, codes = PlainDecoder(decoder), []
    for span in spans:
        x, places = read_code(activations, decoder, *span)
        x = x.contiguous(memory_format=torch.channels_last)
        codes.append((x, {name: indices(each) for name, each in places.items()}))

    def plain() -> None:
        for code in codes:
            bare(*code)

    def ours() -> None:
        with h5py.File(path, "w") as file:
            shape = (options.images, 3, options.side, options.side)
            kept = file.create_dataset("pictures", shape, "u1")
            for span in spans:
                pictures = decoder(*read_code(activations, decoder, *span))
                kept[slice(*span)] = eight_bit(pictures.cpu().numpy())

    return fastest({OURS: ours, PLAIN: plain}, decoder.mean.device, options)


def fastest(
    engines: dict[str, Callable[[], None]], device: torch.device, options: argparse.Namespace
) -> dict[str, dict[str, float]]:
    """Each engine's rate and processor time, best of several turns after one to warm up."""
    seconds, cpu = ({engine: [] for engine in engines} for _ in range(2))
    for _ in range(options.repeat + 1):
        for engine, work in engines.items():
            clock, start = Clock(device), time.process_time()
            work()
            seconds[engine].append(clock.seconds())
            cpu[engine].append(time.process_time() - start)
    return {
        engine: {
            "engine": engine,
            "images_per_second": options.images / min(seconds[engine][1:]),
            "cpu_seconds_per_image": min(cpu[engine][1:]) / options.images,
        }
        for engine in engines
    }


def plain_write(path: Path, size: int) -> float:
    """Seconds to write a new file of ``size`` bytes in blocks of 64 MB, as large as a batch's."""
    block = np.ones(2**26, "u1")
    start = time.perf_counter()
    with path.open("wb", buffering=0) as file:
        while (left := size - file.tell()) > 0:
            file.write(block[:left])
    seconds = time.perf_counter() - start
    path.unlink()
    return seconds


def peak_memory(weights: Path, folder: Path, options: argparse.Namespace, images: int) -> float:
    """MiB that a process of its own needs at most to extract ``images``."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(_peak_memory, weights, folder, options, images).result()


def _peak_memory(weights: Path, folder: Path, options: argparse.Namespace, images: int) -> float:
    torch.set_num_threads(options.threads)
    device = chosen_device(options.device)
    photographs = random_photographs(folder / "more.h5", images, options.side)
    path = folder / "more-activations.h5"
    with torch.inference_mode():
        network = Network(weights, device)
        extract(network, photographs, options.layers, path, device, options.batch)
    path.unlink()
    # getrusage would count the pages of the process that started this one.
    status = Path("/proc/self/status")
    peak = re.search(r"VmHWM:\s*(\d+)", status.read_text()) if status.exists() else None
    return int(peak[1]) / 1024 if peak else float("nan")


def ratios(frame: pd.DataFrame) -> pd.DataFrame:
    """Images a second of both engines and how fast ours is beside the plain one, a row a layer."""
    table = frame.set_index([*KEY, "engine"])[["images_per_second", "cpu_seconds_per_image"]]
    rate, cpu = (table[name].unstack() for name in table)
    table = rate.assign(ratio=rate[OURS] / rate[PLAIN], ratio_of_cpu=cpu[PLAIN] / cpu[OURS])
    order = list(dict.fromkeys(frame[KEY].itertuples(index=False, name=None)))
    return table.loc[order].rename_axis(columns=None)


def plot(frame: pd.DataFrame, output: Path) -> None:
    """Images a second of both engines for each job and layer."""
    figure, axis = subplots(1, 1, figsize=(5, 3.2))
    for engine, colour, marker in ((PLAIN, "#000000", "s"), (OURS, "#D55E00", "o")):
        part = frame[frame["engine"] == engine]
        names = part["job"] + " " + part["layer"]
        axis.plot(names, part["images_per_second"], marker, color=colour, label=engine)
    axis.set_ylim(bottom=0)
    axis.set_ylabel("images a second")
    axis.tick_params(axis="x", rotation=30)
    axis.grid(True, color="#e6e6e6", linewidth=0.6)
    axis.set_axisbelow(True)
    axis.legend()
    save(figure, [output])


if __name__ == "__main__":
    if "MALLOC_TRIM_THRESHOLD_" not in os.environ:
        prepare_jobs(
            submitted=False
        )  # The library keeps memory as in the pipeline's jobs, for both engines.
        os.execv(sys.executable, [sys.executable, *sys.argv])
    try:
        main()
    except InputError as error:
        sys.exit(f"{Path(__file__).name}: {error}")
