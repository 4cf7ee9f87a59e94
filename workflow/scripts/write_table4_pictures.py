"""Table 4's pictures under all metrics, with methods that the paper has not, and baselines."""

import pandas as pd

from cnninvert import job
from cnninvert.methods import BASELINES, METHODS
from cnninvert.tables import write_table

COLUMNS = {
    "error": ("relative error", 3),
    "psnr": ("PSNR (dB)", 1),
    "ssim": ("SSIM", 3),
    "lpips_alexnet": ("LPIPS (AlexNet)", 3),
    "lpips_vgg16": ("LPIPS (VGG-16)", 3),
    "activation_error": ("activation error", 3),
}


def main(snakemake):
    (baselines,) = snakemake.input.baselines
    scores = pd.concat(
        [
            *(pd.read_csv(path) for path in snakemake.input.metrics),
            pd.read_csv(baselines).assign(layer="", decoder="none"),
        ]
    )
    write_table(table(scores), snakemake.output)


def table(scores: pd.DataFrame) -> pd.DataFrame:
    """A row a layer, decoder and method, in METHODS' order, from a row a photograph as well.

    Mean ± standard deviation over the n photographs of the metrics that ``scores`` has; the
    baselines, which have no layer, come last.
    """
    titles = METHODS | BASELINES
    rows = []
    for (layer, decoder), part in scores.groupby(["layer", "decoder"], sort=False):
        by_method = dict(list(part.groupby("method")))
        for method in [name for name in titles if name in by_method]:
            group = by_method[method]
            row = {"layer": f"pool({layer[4:]})" if layer else "", "decoder": decoder}
            row |= {"method": titles[method], "n": len(group)}
            for name, (title, digits) in COLUMNS.items():
                if name in scores:
                    row[title] = mean_and_spread(group[name], digits)
            rows.append(row)
    return pd.DataFrame(rows)


def mean_and_spread(values: pd.Series, digits: int) -> str:
    """0.123 ± 0.045; 0 where all are, and nothing where there are none."""
    if values.isna().all():
        return ""
    if (values == 0).all():
        return "0"
    return f"{values.mean():.{digits}f} ± {values.std():.{digits}f}"


if "snakemake" in globals():
    job.run(snakemake, main)
