"""What training does not change, image by image: computed once and kept, where it fits."""

from torch import Tensor

from paper.table1.architecture import SIDE, Architecture
from paper.table1.classifier import Classifier
from paper.table1.images import Changes, Images, passes
from paper.table1.recipe import Recipe


def is_cacheable(
    architecture: Architecture, images: int, recipe: Recipe, epochs: int, item: int
) -> bool:
    """Whether the constants of so many images, of ``item`` bytes a number, are kept.

    They are if they fit into ``recipe.cache`` bytes and are made less often than so many epochs
    would make them. They are computed at every step where nothing is frozen, and where images are
    shifted: zero padding makes a shifted image's responses more than shifted ones.
    """
    mirrored = 2 if recipe.augmentation.flips else 1
    if not architecture.frozen or recipe.augmentation.shifts or epochs <= mirrored:
        return False
    if architecture.batch_norm == "fixed":
        size = architecture.features * item
    else:  # maxima, minima and two float32 moments
        size = architecture.channels * (2 * (SIDE // 2) ** 2 * item + 2 * 4)
    return size * images * mirrored <= recipe.cache


class Constants:
    """``network.constant`` of ``images``: cached, or computed at every step."""

    def __init__(self, network: Classifier, images: Images, recipe: Recipe, epochs: int) -> None:
        self.network, self.images = network, images
        self.kept: tuple[Tensor, ...] | None = None
        item = images.pixels.element_size()
        if is_cacheable(network.architecture, len(images), recipe, epochs, item):
            mirrored = [False, True] if recipe.augmentation.flips else [False]
            sample = network.constant(images.pixels[:1])
            self.kept = tuple(_room(part, len(mirrored) * len(images)) for part in sample)
            for number, mirror in enumerate(mirrored):
                self._keep(number * len(images), mirror)

    def of(self, rows: Tensor, changes: Changes | None = None) -> tuple[Tensor, ...]:
        """For the images ``rows`` (B,) int64, changed if ``changes`` say so."""
        if self.kept is not None:
            if changes is not None:
                rows = rows + len(self.images) * changes.flipped
            return tuple(_channels_first(part.index_select(0, rows)) for part in self.kept)
        pixels = self.images.pixels
        return self.network.constant(pixels[rows] if changes is None else changes.of(pixels, rows))

    def _keep(self, start: int, mirror: bool) -> None:
        for pixels in passes(self.images.pixels):
            parts = self.network.constant(pixels.flip(3) if mirror else pixels)
            for kept, part in zip(self.kept, parts, strict=True):
                kept[start : start + len(part)] = _channels_last(part)
            start += len(pixels)


def _room(part: Tensor, count: int) -> Tensor:
    return part.new_empty(count, *_channels_last(part).shape[1:])


# Maps are kept as (N, H, W, C): torch gathers images of the channels_last format slowly, and makes
# another format of them.
def _channels_last(part: Tensor) -> Tensor:
    return part.permute(0, 2, 3, 1) if part.ndim == 4 else part


def _channels_first(part: Tensor) -> Tensor:
    return part.permute(0, 3, 1, 2) if part.ndim == 4 else part
