"""Table 4, image space: pictures decoded from original, reconstructed and random activations."""

import re

import h5py
import pandas as pd
import torch

from cnninvert import job
from cnninvert.activations import Activations
from cnninvert.decoder import Decoder
from cnninvert.files import whole, write_csv
from cnninvert.layers import Pool
from cnninvert.networks import TORCHVISION_MEAN
from cnninvert.progress import progress
from cnninvert.rip import norms


def main(snakemake):
    layer, switches = snakemake.wildcards.layer, snakemake.wildcards.switches
    device = job.device(snakemake)
    decoder = Decoder.load(snakemake.input.decoder, device)
    activations = Activations(snakemake.input.activations)
    rows = []
    with (
        torch.inference_mode(),
        h5py.File(snakemake.input.photographs) as photographs,
        h5py.File(snakemake.input.reconstructions) as reconstructions,
        whole(snakemake.output.pictures) as part,
        h5py.File(part, "w") as file,
    ):
        names = [name.decode() for name in photographs["test_path"]]
        file["paths"] = photographs["test_path"][:]
        for number in progress(range(len(names)), "photographs decoded"):
            picture = torch.from_numpy(photographs["test"][number : number + 1]).to(device) / 255
            places = {
                step.name: activations.read(step.name, "places", number, number + 1).to(device)
                for step in decoder.steps
                if isinstance(step, Pool)
            }
            encoded = {"original": activations.read(layer, "output", number, number + 1)}
            for name in reconstructions:
                encoded[name] = torch.from_numpy(reconstructions[name][number : number + 1])
            decoded = {name: decoder(x.to(device), places) for name, x in encoded.items()}
            for name, result in decoded.items():
                method, bank = method_and_bank(name)
                if bank == 0:
                    save(file, method, number, len(names), result)
                errors = relative_errors(result, picture, decoded["original"])
                for (reference, pixels), error in errors.items():
                    rows.append(
                        (layer, switches, names[number], method, bank, reference, pixels, error)
                    )
    columns = ["layer", "decoder", "image", "method", "bank", "reference", "pixels", "error"]
    write_csv(snakemake.output.errors, pd.DataFrame(rows, columns=columns))


def method_and_bank(name: str) -> tuple[str, int]:
    """gaussian2_known -> gaussian_known, 2; other methods have one bank, 0."""
    number = re.search(r"\d+", name)
    return re.sub(r"\d+", "", name), int(number[0]) if number else 0


def relative_errors(
    result: torch.Tensor, picture: torch.Tensor, decoded: torch.Tensor
) -> dict[tuple[str, str], float]:
    """||x^ - x|| / ||x|| of one picture (1, 3, H, W), under Table 4's four readings of x.

    x is the picture, or what is decoded from the original activation; its pixels lie in [0, 1], or
    have ImageNet's mean colour subtracted, which changes ||x|| alone.
    """
    mean = torch.tensor(TORCHVISION_MEAN, device=picture.device).view(3, 1, 1)
    return {
        (reference, pixels): float(norms(result - x) / norms(x - shift))
        for reference, x in (("picture", picture), ("decoded", decoded))
        for pixels, shift in (("unit", 0.0), ("centred", mean))
    }


def save(file: h5py.File, method: str, number: int, count: int, picture: torch.Tensor) -> None:
    """Keep a decoded picture as 8-bit RGB, clipped."""
    pixels = (picture[0].clamp(0, 1) * 255).round().byte().cpu().numpy()
    if method not in file:
        file.create_dataset(method, (count, *pixels.shape), "u1", chunks=(1, *pixels.shape))
    file[method][number] = pixels


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
