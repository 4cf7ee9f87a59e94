"""A picture that a layer does not tell from a photograph: on the way towards the next one."""

from pathlib import Path

from cnninvert.inversion.agreement import agreement
from cnninvert.inversion.known import observe
from cnninvert.inversion.witness import walk
from machinery import job
from machinery.errors import input_errors
from machinery.progress import counter
from paper.device import use_device
from paper.inversion import pictures_file
from paper.inversion.methods import METHODS
from paper.network.pictures import crops, listed
from paper.network.prepared import read_prepared


def find_witnesses(
    prepared: Path,
    folder: Path,
    names: Path,
    place: str,
    method: str,
    number: str,
    settings: dict,
    gpu: int,
    pictures: Path,
    errors: Path,
) -> None:
    """Of photograph ``number``, at layer ``place``. ``settings``: side, distance and steps."""
    device, side, first = use_device(gpu), settings["side"], int(number)
    network, preprocessing = read_prepared(prepared, device, side)
    with input_errors("name layers of the network in witnesses.layers"):
        network.layer(place)
    chosen = listed(names, first, 2)
    photographs = crops(folder, chosen, side).to(device)
    one, other = (photographs / 255).double().split(1)
    found = walk(
        *(network, place, one, other, preprocessing),
        switches=METHODS[method].switches,
        distance=settings["distance"],
        steps=settings["steps"],
        callback=counter(settings["steps"], "steps"),
    )
    # Once more, from the picture alone, by the network as it is.
    precise = network.double()
    truth = observe(precise, preprocessing.normalise(one), place)
    values, switches = agreement(precise, truth, found.picture, preprocessing)
    about = {
        "distance": found.distance,
        "to_the_other": ((found.picture - other).norm() / other.norm()).item(),
        "value_error": values.item(),
        "order_error": found.order_error,
        "switch_error": switches.item(),
        "steps": found.steps,
    }
    picture = found.picture.float().cpu().numpy()
    shown = photographs[:1].cpu().numpy()
    pictures_file.write(pictures, errors, chosen[:1], shown, picture, about)


if "snakemake" in globals():
    job.run(snakemake, find_witnesses)
