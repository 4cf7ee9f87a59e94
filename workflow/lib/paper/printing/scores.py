"""How the metrics of decoded pictures are printed. Free of torch."""

import pandas as pd

# Title and decimals, by the name of the metric.
METRICS = {
    "error": ("relative error", 3),
    "psnr": ("PSNR (dB)", 1),
    "ssim": ("SSIM", 3),
    "lpips_alexnet": ("LPIPS (AlexNet)", 3),
    "lpips_vgg16": ("LPIPS (VGG-16)", 3),
    "activation_error": ("activation error", 3),
}


def printed(scores: pd.DataFrame, names: list[str]) -> dict[str, str]:
    """Mean ± standard deviation over the rows of ``scores``, by the title of each metric."""
    found = {}
    for name in [name for name in METRICS if name in names]:
        title, digits = METRICS[name]
        found[title] = mean_and_spread(scores[name], digits)
    return found


def mean_and_spread(values: pd.Series, digits: int) -> str:
    """0.123 ± 0.045; 0 where all are, and nothing where there are none."""
    if values.isna().all():
        return ""
    if (values == 0).all():
        return "0"
    return f"{values.mean():.{digits}f} ± {values.std():.{digits}f}"
