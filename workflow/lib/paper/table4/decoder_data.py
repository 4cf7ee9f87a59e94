"""Training crops of the decoders, and the photographs that are held out for validation."""

from pathlib import PurePosixPath

import h5py
import numpy as np
import torch
from torch import Tensor

from machinery.errors import InputError
from paper.seeds import generator

VALIDATION = 16  # photographs held out, at most a tenth of all
MIDDLE = 128  # pixels, the side of what is decoded of each: all of it would take thrice as long


class Crops:
    """Training batches and held-out crops, uint8, read from the open HDF5 file when needed."""

    def __init__(self, file: h5py.File, seed: int, device: torch.device) -> None:
        self.images, self.device = file["train"], device
        names = file["train_path"][:]
        photographs, first, of = np.unique(names, return_index=True, return_inverse=True)
        if len(photographs) < 2:
            raise InputError(
                f"images.train: the decoders need at least 2 training photographs, one of them for "
                f"validation, and there are {len(photographs)}."
            )
        # A folder counts by the square root of its size: the test photographs come in equal parts
        # from all folders, and yet a folder of one photograph must not be half of the training.
        folders = np.array([str(PurePosixPath(name.decode()).parent) for name in photographs])
        _, folder, size = np.unique(folders, return_inverse=True, return_counts=True)
        chance = torch.from_numpy(size[folder] ** -0.5)
        count = min(VALIDATION, max(1, len(photographs) // 10))
        held_out = torch.multinomial(chance, count, generator=generator(seed, 1)).numpy()
        self.validation = first[held_out]  # one crop of each photograph
        self.training = np.flatnonzero(~np.isin(of, held_out))
        self.chance = chance[of[self.training]]

    def draw(self, count: int, side: int, rng: torch.Generator) -> Tensor:
        """Random crops, flipped or not, of the training crops: (count, 3, side, side)."""
        most = self.images.shape[-1] - side + 1
        batch = []
        for index in torch.multinomial(self.chance, count, replacement=True, generator=rng):
            top, left, flip = (
                int(torch.randint(limit, (), generator=rng)) for limit in (most, most, 2)
            )
            crop = self.images[self.training[index], :, top : top + side, left : left + side]
            batch.append(torch.from_numpy(crop).flip(2) if flip else torch.from_numpy(crop))
        return torch.stack(batch).to(self.device)

    def held_out(self) -> Tensor:
        """The middles of the validation crops."""
        top = max(0, (self.images.shape[-1] - MIDDLE) // 2)
        middle = slice(top, top + MIDDLE)
        images = self.images[np.sort(self.validation), :, middle, middle]
        return torch.from_numpy(images).to(self.device)
