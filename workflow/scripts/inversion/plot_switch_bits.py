"""What a picture costs in bits: JPEG, WebP, and the switches that give it back."""

from pathlib import Path

from machinery import job
from machinery.files import read_csv
from paper.inversion.bits import LOSSLESS, known_so_far, lossless
from paper.inversion.tables import read_errors
from paper.printing.plotting import COLOURS, save, subplots

STYLES = {"JPEG": COLOURS["gaussian"], "WebP": COLOURS["normalised"]}


def plot_switch_bits(
    switches: Path, codecs: Path, errors: list[Path], network: str, side: int, figures: list[Path]
) -> None:
    figure, axis = subplots(1, 1, (5.2, 3.4))
    coded = read_csv(codecs)
    lossy = coded[~coded["codec"].isin(LOSSLESS)]
    for kind, colour in STYLES.items():
        table = lossy[lossy["codec"].str.startswith(kind)]
        means = table.groupby("codec", sort=False)[["bits", "psnr"]].mean()
        axis.plot(means["bits"] / side**2, means["psnr"], color=colour, label=kind)
    if errors:
        found = known_so_far(read_csv(switches), read_errors(errors))
        bits = found["bits"] / side**2
        label = f"switches of {network} alone"
        axis.plot(bits, found["psnr"], "^-", color=COLOURS["theory"], lw=1, ms=5, label=label)
        points = zip(found["layer"], bits, found["psnr"], strict=True)
        for number, (layer, x, y) in enumerate(points):
            # Points are near each other: names in turn below and above.
            place = {"textcoords": "offset points", "xytext": (0, 7 if number % 2 else -13)}
            axis.annotate(f"to {layer}", (x, y), fontsize=8, ha="center", **place)
    for codec, bits in lossless(coded).items():
        axis.axvline(bits / side**2, color=COLOURS["noise"], lw=0.8, ls=":")
        top = axis.get_xaxis_transform()
        words = {"rotation": 90, "fontsize": 8, "ha": "right", "va": "bottom", "transform": top}
        axis.text(bits / side**2, 0.02, codec, color=COLOURS["noise"], **words)
    axis.set(xscale="log", xlabel="bits a pixel", ylabel="PSNR (dB)")
    axis.margins(x=0.08, y=0.12)
    figure.legend(loc="outside upper center", ncols=3, handlelength=1.6)
    save(figure, figures)


if "snakemake" in globals():
    job.run(snakemake, plot_switch_bits)
