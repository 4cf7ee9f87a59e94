"""The methods of image space: how their datasets are called in HDF5 files."""

import re


def dataset(filters: str, bank: int, how: str) -> str:
    """The name of a filter bank's reconstructions: learned_iht, gaussian0_iht."""
    return f"{filters}_{how}" if filters == "learned" else f"{filters}{bank}_{how}"


def method_and_bank(name: str) -> tuple[str, int]:
    """The inverse: gaussian2_known -> gaussian_known, 2; other methods have one bank, 0."""
    number = re.search(r"\d+", name)
    return re.sub(r"\d+", "", name), int(number[0]) if number else 0
