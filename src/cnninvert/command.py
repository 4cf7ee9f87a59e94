"""The command ``cnninvert invert``: one picture through a layer of a network and back."""

import argparse
import json
import math
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cnninvert.inversion.invert import invert
from cnninvert.inversion.known import observe
from cnninvert.inversion.phases import EVALUATIONS
from cnninvert.networks.models import build, build_from_file
from cnninvert.networks.parameters import draw_parameters, read_state, set_state
from cnninvert.networks.preprocessing import TORCHVISION_MEAN, TORCHVISION_STD, Preprocessing
from cnninvert.networks.tracing import trace
from cnninvert.operators.norms import norms

WHAT = ("values", "switches", "masks")
MANY, LARGE = 480, 160  # large pictures take more evaluations to converge


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0, or 1 after a sentence that says what is wrong, or 130 if interrupted."""
    options = _parser().parse_args(arguments)
    try:
        print(json.dumps(_invert(options)))
    except (ValueError, OSError, RuntimeError) as error:  # the last one for lack of memory, too
        sentence, *_ = str(error).strip().split("\n")
        print(f"cnninvert: {sentence}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("cnninvert: interrupted; nothing is written", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    about = "One picture through a layer of a network and back."
    parser = argparse.ArgumentParser(prog="cnninvert", description=about)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    one = commands.add_parser("invert", help="a picture from its activations")
    one.add_argument("picture", type=Path, metavar="PICTURE")
    one.add_argument("--network", help="as in config.yaml; default: vgg16")
    one.add_argument("--file", type=Path, help="your own network: a Python file")
    one.add_argument("--function", default="build", help="its function that returns the module")
    one.add_argument("--weights", type=Path, help="a safetensors file or a state_dict")
    one.add_argument(
        "--random", type=int, metavar="SEED", help="draw the filters, without --weights"
    )
    one.add_argument("--layer", required=True, help="a layer's name, such as pool4")
    default = "values,switches"
    words = f"of the layer: any of {', '.join(WHAT)}, with commas; default: {default}"
    one.add_argument("--known", default=default, help=words)
    one.add_argument("--size", type=int, default=224, help="side in pixels; default: 224")
    most = (
        f"from each of up to three starts; default: {EVALUATIONS}, or {MANY} from {LARGE} pixels on"
    )
    one.add_argument("--evaluations", type=int, help=most)
    of = "of red, green and blue in [0, 1]; default: torchvision's"
    one.add_argument("--mean", type=float, nargs=3, default=TORCHVISION_MEAN, help=of)
    one.add_argument("--std", type=float, nargs=3, default=TORCHVISION_STD, help=of)
    one.add_argument("--output", type=Path, required=True, help="the picture, PNG")
    one.add_argument("--beside", action="store_true", help="write it to the right of PICTURE")
    return parser


def _check(options: argparse.Namespace) -> None:
    """Raise ValueError, with the option, for what would fail or mislead after the computation."""
    known = options.known.split(",")
    if wrong := [each for each in known if each not in WHAT]:
        raise ValueError(f"--known {wrong[0]}: give any of {', '.join(WHAT)}, with commas")
    if (options.weights is None) == (options.random is None):
        raise ValueError("give weights with --weights, or a seed with --random, one of them")
    if options.network and options.file:
        raise ValueError("give --network or --file, one of them")
    for name in ("evaluations", "size"):
        value = getattr(options, name)
        if value is not None and value < 1:
            raise ValueError(f"--{name} {value}: give 1 or more")
    if not all(0 <= each <= 1 for each in options.mean):
        raise ValueError("--mean: give values in [0, 1], as of pixels in [0, 1]")
    if not all(0 < each < math.inf for each in options.std):
        raise ValueError("--std: give positive numbers")
    output = options.output
    if not output.absolute().parent.is_dir():
        raise ValueError(f"--output {output}: there is no such folder; make it first")
    if output.suffix.lower() != ".png" or output.is_dir():
        raise ValueError(f"--output {output}: give a file that ends with .png")


def _invert(options: argparse.Namespace) -> dict:
    _check(options)
    known = options.known.split(",")
    evaluations = options.evaluations
    if evaluations is None:
        evaluations = MANY if options.size >= LARGE else EVALUATIONS
    preprocessing = Preprocessing(options.size, tuple(options.mean), tuple(options.std))
    picture = _read(options.picture, options.size)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network = trace(_module(options).to(device, memory_format=torch.channels_last), options.size)
    began = time.perf_counter()
    found = observe(
        network,
        preprocessing(picture.to(device)),
        options.layer,
        values="values" in known,
        switches="switches" in known,
        masks="masks" in known,
    )
    progress = _Progress(evaluations)
    inversion = invert(network, found, preprocessing, evaluations=evaluations, callback=progress)
    truth = picture.to(device) / 255
    shown = [truth, inversion.pictures] if options.beside else [inversion.pictures]
    _write(torch.cat(shown, dim=3)[0], options.output)
    errors = {
        "relative_error": norms(inversion.pictures - truth) / norms(truth),
        "value_error": inversion.value_errors,
        "switch_error": inversion.switch_errors,
        "order_error": inversion.order_errors,
    }
    numbers = {name: each.item() for name, each in errors.items()}
    return {
        "layer": options.layer,
        "known": known,
        # Of a black picture the relative error is infinite.
        **{name: each if math.isfinite(each) else None for name, each in numbers.items()},
        "converged": inversion.converged.item(),
        "restarts": inversion.restarts.item(),
        "evaluations": inversion.evaluations,
        "seconds": round(time.perf_counter() - began, 1),
    }


def _module(options: argparse.Namespace) -> torch.nn.Module:
    if options.random is not None:
        torch.manual_seed(options.random)  # for what draw_parameters leaves as it is built
    if options.file:
        module = build_from_file(options.file, options.function)
    else:
        module = build(options.network or "vgg16")
    if options.weights:
        set_state(module, read_state(options.weights), options.weights)
    else:
        draw_parameters(module, options.random)
    return module


def _read(path: Path, size: int) -> Tensor:
    """The middle square of a picture (1, 3, size, size), uint8."""
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise ValueError("Pillow is not installed: pip install pillow") from error
    try:
        with Image.open(path) as image:
            wide = image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PPM")
            image = ImageOps.exif_transpose(image)
            if wide:  # 16 bits, which Pillow would clip at 255
                image = Image.fromarray(((np.asarray(image) + 128.0) // 257).astype(np.uint8))
            if image.has_transparency_data and image.convert("RGBA").getextrema()[3][0] < 255:
                raise ValueError("it has transparent pixels; flatten it")
            if image.mode in ("I", "F"):
                raise ValueError("pixels of 32 bits have no known scale")
            side = min(image.size)
            left, top = (image.width - side) // 2, (image.height - side) // 2
            box = (left, top, left + side, top + side)
            rgb = image.convert("RGB").resize((size, size), Image.Resampling.BICUBIC, box=box)
    except FileNotFoundError as error:
        raise ValueError(f"{path}: there is no such file") from error
    except Exception as error:  # Pillow raises many kinds for damaged or huge files
        raise ValueError(f"{path}: it cannot be read as a picture: {error}") from error
    return torch.from_numpy(np.array(rgb)).permute(2, 0, 1)[None]


def _write(picture: Tensor, path: Path) -> None:
    from PIL import Image

    array = (picture * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
    part = path.with_name(f".{path.name}.part")
    try:
        Image.fromarray(array).save(part, format="PNG")
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


class _Progress:
    """A line in the terminal that says how far it is."""

    def __init__(self, evaluations: int) -> None:
        self.most = evaluations
        self.start, self.began = 0, time.perf_counter()

    def __call__(self, evaluation: int, misfit: Tensor) -> None:
        if evaluation == 1:
            self.start, self.began = self.start + 1, time.perf_counter()
        if evaluation % 10 == 0:
            seconds = time.perf_counter() - self.began
            left = seconds / evaluation * max(0, self.most - evaluation)
            print(
                f"start {self.start}, {evaluation} of {self.most} evaluations, "
                f"misfit {misfit.max():.1e}, about {left:.0f} s left",
                file=sys.stderr,
            )
