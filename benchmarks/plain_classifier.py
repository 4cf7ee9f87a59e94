"""The plain training loop that our classifiers' engine is compared with.

What one writes from torch's and torchvision's tutorials: a DataLoader over PIL images and
transforms, an eager float32 nn.Sequential in torch's own memory format, frozen filters by
requires_grad = False. Loss, optimiser and schedule are the engine's, in torch's default
implementation.
"""

from collections.abc import Iterator

import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from paper.table1.architecture import SIDE
from paper.table1.classifier import Classifier
from paper.table1.images import MEAN, STD, Augmentation
from paper.table1.muon import Muon
from paper.table1.optimisation import WEIGHT_DECAY
from paper.table1.recipe import Recipe


class Pictures(Dataset):
    """``pixels`` (N, 3, 32, 32) uint8 and ``labels`` (N,), as torchvision's CIFAR10 serves them."""

    def __init__(self, pixels: Tensor, labels: Tensor, augmentation: Augmentation) -> None:
        self.pixels = pixels.permute(0, 2, 3, 1).contiguous().numpy()
        self.labels = labels.tolist()
        self.transform = transforms.Compose(_changes(augmentation))

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, row: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self.pixels[row])), self.labels[row]


def sequential(network: Classifier) -> nn.Sequential:
    """The same network with the same weights, from torch's own layers; batch norm has a scale."""
    modules: list[nn.Module] = []
    for layer in network.layers:
        channels, inputs, size, _ = layer.weight.shape
        convolution = nn.Conv2d(inputs, channels, size, padding=size // 2, bias=False)
        convolution.weight.requires_grad = layer.weight.requires_grad
        norm = nn.BatchNorm2d(channels)
        norm.load_state_dict(layer.norm.state_dict())
        after = network.architecture.batch_norm == "after"
        middle = [nn.ReLU(), norm] if after else [norm, nn.ReLU()]
        modules += [convolution, *middle, nn.MaxPool2d(2)]
        with torch.no_grad():
            convolution.weight.copy_(layer.weight)
    classifier = nn.Linear(network.classifier.in_features, network.classifier.out_features)
    with torch.no_grad():
        classifier.weight.copy_(channels_first(network.classifier.weight, network))
        classifier.bias.copy_(network.classifier.bias)
    return nn.Sequential(*modules, nn.Flatten(), classifier).to(network.classifier.weight.device)


def channels_first(weight: Tensor, network: Classifier) -> Tensor:
    """The linear classifier's (10, features) for features in torch's order: our channels are
    innermost."""
    side = SIDE >> network.architecture.layers
    return weight.unflatten(1, (side, side, -1)).permute(0, 3, 1, 2).flatten(1)


class PlainTraining:
    """The loop between two steps; ``epochs`` of ``recipe`` are those of the schedule."""

    def __init__(self, network: nn.Sequential, pictures: Pictures, recipe: Recipe) -> None:
        self.network, self.pictures, self.recipe = network.train(), pictures, recipe
        self.device = next(network.parameters()).device
        trained = [p for p in network.parameters() if p.requires_grad]
        groups = [
            {"params": [p for p in trained if p.ndim == 2], "weight_decay": WEIGHT_DECAY},
            {"params": [p for p in trained if p.ndim == 1], "weight_decay": 0.0},
        ]
        self.optimisers = [torch.optim.AdamW(groups, lr=recipe.learning_rate)]
        if filters := [p for p in trained if p.ndim == 4]:
            self.optimisers.append(Muon(filters, recipe.filter_rate))
        self.schedules = [
            torch.optim.lr_scheduler.OneCycleLR(
                optimiser,
                optimiser.param_groups[0]["lr"],
                total_steps=len(pictures) // recipe.batch * recipe.epochs + 1,
                cycle_momentum=False,
            )
            for optimiser in self.optimisers
        ]
        self.loss = nn.CrossEntropyLoss(label_smoothing=recipe.smoothing)
        self.sums = torch.zeros(2, device=self.device)  # of loss and right answers

    def batches(self, workers: int) -> Iterator[list[Tensor]]:
        """Shuffled batches of images and labels without end; closing it ends the workers."""
        loader = DataLoader(
            self.pictures,
            self.recipe.batch,
            shuffle=True,
            drop_last=True,
            num_workers=workers,
            persistent_workers=workers > 0,
            pin_memory=self.device.type == "cuda",
        )
        while True:
            yield from loader

    def step(self, images: Tensor, labels: Tensor) -> None:
        """One step on a batch from the loader."""
        images = images.to(self.device, non_blocking=True)
        labels = labels.to(self.device, non_blocking=True)
        self.network.zero_grad()
        scores = self.network(images)
        loss = self.loss(scores, labels)
        loss.backward()
        for optimiser, schedule in zip(self.optimisers, self.schedules, strict=True):
            optimiser.step()
            schedule.step()
        with torch.no_grad():
            self.sums += torch.stack([loss, (scores.argmax(1) == labels).float().mean()])


def _changes(augmentation: Augmentation) -> list[object]:
    changes: list[object] = []
    if augmentation.shifts:
        padding = {"padding": augmentation.shifts, "padding_mode": "edge"}
        changes.append(transforms.RandomCrop(SIDE, **padding))
    if augmentation.flips:
        changes.append(transforms.RandomHorizontalFlip())
    return [*changes, transforms.ToTensor(), transforms.Normalize(MEAN, STD)]
