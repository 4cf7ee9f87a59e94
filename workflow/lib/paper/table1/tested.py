"""A row of the table of tested networks."""

from dataclasses import asdict

from paper.table1.architecture import Architecture
from paper.table1.images import Images


def result(
    architecture: Architecture, seed: int, score: float, images: Images, test: Images, cost: int
) -> dict[str, object]:
    """What is written of a network that was tested.

    ``cost``: multiply-adds of its training. Seconds would differ from run to run.
    """
    return asdict(architecture) | {
        "seed": seed,
        "test_accuracy": score,
        "train_images": len(images),
        "test_images": len(test),
        "parameters": architecture.parameters,
        "multiply_adds": architecture.multiply_adds,
        "training_multiply_adds": cost,
    }
