"""How many bits the switches of each max-pooling hold, beside the bits of the picture itself."""

from pathlib import Path

import pandas as pd

from machinery import job
from machinery.files import read_csv
from paper.inversion.bits import known_so_far, lossless, of_poolings
from paper.inversion.tables import read_errors
from paper.printing.tables import write_table


def write_switch_bits(
    switches: Path, codecs: Path, errors: list[Path], network: str, side: int, tables: list[Path]
) -> None:
    coded = read_csv(switches)
    rows = of_poolings(coded)
    pixels = side**2
    table = pd.DataFrame(
        {
            "layer": rows["layer"],
            "switches": rows["regions"].astype(int),
            "of positive maxima (%)": 100 * rows["positive"] / rows["regions"],
            "bits a switch": rows["context"] / rows["regions"],
            "bits a pixel": rows["context"] / pixels,
            "bits a pixel, up to here": rows["context"].cumsum() / pixels,
            "bits a pixel, given the values": rows["given_values"] / pixels,
        }
    )
    if errors:
        alone = known_so_far(coded, read_errors(errors)).set_index("layer")
        for column, name in (("relative_error", "relative error"), ("psnr", "PSNR (dB)")):
            table[f"switches alone: {name}"] = alone[column].reindex(table["layer"]).to_numpy()
    own = [f"{codec} {bits / pixels:.1f}" for codec, bits in lossless(read_csv(codecs)).items()]
    title = f"Bits in the switches of {network}, {side} x {side} pixels, by context coding"
    write_table(table, tables, title=f"{title}; the pictures themselves: {', '.join(own)} a pixel")


if "snakemake" in globals():
    job.run(snakemake, write_switch_bits)
