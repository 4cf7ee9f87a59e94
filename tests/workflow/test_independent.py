"""Statistics agree with an independent computation on torchvision's own model."""

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
import torchvision
from safetensors.torch import load_file

ALEXNET = "network={name: alexnet, images: 4, batch: 4, banks: 2}"


@pytest.fixture(scope="module")
def model(project):
    """torchvision's VGG-16, its convolutions filled from our weight file."""
    tensors = load_file(project.file("results/data/weights/vgg16-torchvision.safetensors"))
    features = torchvision.models.vgg16(weights=None).features.eval()
    convolutions = [layer for layer in features if isinstance(layer, torch.nn.Conv2d)]
    names = [name.removesuffix(".bias") for name in sorted(tensors) if name.endswith(".bias")]
    for layer, name in zip(convolutions, names, strict=True):
        layer.weight.data, layer.bias.data = tensors[f"{name}.weight"], tensors[f"{name}.bias"]
    return features


def test_table_2(project, model):
    with h5py.File(project.file("results/tiny/images/photographs.h5")) as file:
        images = torch.from_numpy(file["test"][:]) / 255
    x = torchvision.transforms.functional.normalize(
        images, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    )
    expected = []
    with torch.inference_mode():
        for layer in model:
            x = layer(x)
            if not isinstance(layer, torch.nn.Conv2d):
                expected.append(100 * np.count_nonzero(x.numpy()) / x.numel())
    table = pd.read_csv(project.file("results/tiny/tables/table2.csv"))
    assert np.abs(table["torchvision (%)"] - expected).max() < 0.1


def test_table_3(project, model):
    table = pd.read_csv(project.file("results/tiny/tables/table3.csv"))
    table = table[(table["place"] == "same") & (table["maximum"] == "absolute")]
    for value, layer in zip(
        table["learned"], [m for m in model if isinstance(m, torch.nn.Conv2d)], strict=True
    ):
        rows = layer.weight.detach().numpy().reshape(len(layer.weight), -1).astype(float)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        gram = np.abs(rows @ rows.T)
        np.fill_diagonal(gram, 0)
        assert value == pytest.approx(gram.max(), abs=1e-4)


def test_reconstruction_of_one_activation_by_hand(project):
    """Table 4's default reading for one image of pool(4), with loops and numpy."""
    with h5py.File(project.file("results/tiny/activations/torchvision.h5")) as file:
        x = file["pool4/output"][0].astype(float)
    weights = load_file(project.file("results/data/weights/vgg16-torchvision.safetensors"))
    filters = weights["conv5_1.weight"].numpy().astype(float)
    filters /= np.sqrt((filters**2).sum(axis=(1, 2, 3), keepdims=True))
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    response = np.zeros((512, 14, 14))
    for row in range(3):
        for column in range(3):
            window = padded[:, row : row + 14, column : column + 14]
            response += np.tensordot(filters[:, :, row, column], window, axes=1)
    code = np.zeros_like(response)
    for row in range(0, 14, 2):
        for column in range(0, 14, 2):
            block = response[:, row : row + 2, column : column + 2].reshape(512, 4)
            best = block.argmax(axis=1)
            code[np.arange(512), row + best // 2, column + best % 2] = block.max(axis=1)
    back = np.zeros((512, 16, 16))
    for row in range(3):
        for column in range(3):
            part = np.tensordot(filters[:, :, row, column].T, code, axes=1)
            back[:, row : row + 14, column : column + 14] += part
    back = back[:, 1:15, 1:15]
    back *= np.linalg.norm(x) / np.linalg.norm(back)
    with h5py.File(project.file("results/tiny/reconstructions/torchvision-pool4.h5")) as file:
        found = file["learned_known"][0]
    assert np.abs(found - back).max() < 1e-3 * np.abs(back).max()


def test_the_targets_for_any_network_give_the_papers_tables(project):
    """AlexNet's sparsity and coherence, in any number of parts."""
    # Under another name, so that the manifest of the shared run keeps its settings.
    project.run("sparsity", "coherence", "--config", "preset=whole", ALEXNET)
    project.run(
        *("results/thirds/networks/alexnet/stats/sparsity.csv", "--set-scatter", "photographs=3"),
        *("--config", "preset=thirds", ALEXNET),
    )
    stats = project.file("results/whole/networks/alexnet/stats")
    again = project.file("results/thirds/networks/alexnet/stats/sparsity.csv")
    assert (stats / "sparsity.csv").read_bytes() == again.read_bytes()
    paper = project.file("results/tiny/stats/measure_sparsity/alexnet-torchvision.csv")
    ours, theirs = (pd.read_csv(path) for path in (stats / "sparsity.csv", paper))
    for column in ("nonzeros", "spread"):
        assert ours[column].tolist() == theirs[column].tolist()
    paper = pd.read_csv(
        project.file("results/tiny/stats/measure_coherence/alexnet-torchvision.csv")
    )
    ours = pd.read_csv(stats / "coherence.csv")
    for maximum in ("absolute", "signed"):
        theirs = paper[(paper["place"] == "same") & (paper["maximum"] == maximum)]
        means = ours.groupby(["kind", "layer"], sort=False)[maximum].mean()
        assert means["learned"].tolist() == theirs["learned"].tolist()
        assert means["gaussian"].tolist() == theirs["random"].tolist()
