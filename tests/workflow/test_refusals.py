"""Bad input ends in one sentence and a non-zero exit, before any long work."""

import numpy as np
import pytest
from PIL import Image

CASES = [
    (("--config", "sede=1"), "sede is not a setting"),
    (("--config", "device=gpu"), "one of: auto, cpu, cuda"),
    (("--config", "images={root: /no/such/folder}"), "there is no such folder"),
    (("--config", "figure3={layer: conv9_9}"), "figure3.layer = 'conv9_9'"),
]


@pytest.mark.parametrize(("arguments", "words"), CASES, ids=[words for _, words in CASES])
def test_a_bad_config_is_refused_when_the_workflow_is_parsed(empty_project, arguments, words):
    process = empty_project.plan(*arguments)
    assert process.returncode != 0
    assert words in process.stdout
    assert "Traceback" not in process.stdout


def folder_of_images(path, count):
    path.mkdir()
    rng = np.random.default_rng(0)
    for number in range(count):
        pixels = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path / f"{number}.png")


def test_an_unreadable_image_is_found_before_any_long_work(empty_project, tmp_path):
    folder = tmp_path / "photographs"
    folder_of_images(folder, 12)
    for path in folder.glob("1*.png"):
        path.write_bytes(b"this is no image")
    process = empty_project.snakemake(
        "table4", "--config", "preset=broken", f"images={{root: {folder}}}"
    )
    assert process.returncode != 0
    assert "this image cannot be read" in process.stdout
    broken = empty_project.file("results/broken")
    assert not list(broken.rglob("*.h5")) and not list(broken.rglob("*.part*"))


def test_a_picture_that_cannot_serve_is_refused_before_a_decoder_is_trained(
    empty_project, tmp_path
):
    process = empty_project.snakemake("picture", "--config", "preset=picture")
    assert process.returncode != 0
    assert "--config 'picture={file: holiday.jpg, layer: 4}'" in process.stdout
    path = tmp_path / "see through.png"
    Image.new("RGBA", (64, 64), (1, 2, 3, 100)).save(path)
    setting = f"picture={{file: {path}}}"
    process = empty_project.snakemake("picture", "--config", "preset=picture", setting)
    assert process.returncode != 0
    assert f"{path}: the image has transparent pixels" in process.stdout
    assert not empty_project.file("results/picture").exists()


def test_partial_weights_leave_out_what_they_cannot_reach(empty_project, tmp_path):
    import torch
    from safetensors.torch import save_file

    path = tmp_path / "first.safetensors"
    tensors = {}
    for name, outputs, inputs in (
        *(("conv1_1", 64, 3), ("conv1_2", 64, 64)),
        *(("conv2_1", 128, 64), ("conv2_2", 128, 128)),
    ):
        tensors[f"{name}.weight"] = torch.randn(outputs, inputs, 3, 3) / (3 * inputs**0.5)
        tensors[f"{name}.bias"] = torch.zeros(outputs)
    save_file(tensors, path)
    settings = (
        *("--config", "preset=partial"),
        f"weights={{use: mine, files: {{mine: {{path: {path}, preprocessing: caffe-rgb}}}}}}",
    )
    planned = empty_project.planned(*settings)
    assert planned["train_decoder"] == planned["measure_activation_space"] == 1
    assert planned["plot_figure4"] == planned["write_gallery"] == 1
    assert "recover_codes" not in planned
    # VGG-16's pool1 and pool2, and AlexNet, whose weights are torchvision's.
    planned = empty_project.planned("decoders", *settings)
    assert planned["train_decoder"] == planned["evaluate_decoder"] == 2 + 3
    output = empty_project.run("table2", *settings)
    assert "figure3 is left out" in output
    assert "decoders is left out for VGG-16's pool3, pool4, pool5: the weights mine end" in output
    assert empty_project.file("results/partial/tables/table2.csv").exists()
    process = empty_project.snakemake("figure3", *settings)
    assert process.returncode != 0 and "figure3 is left out" in process.stdout
