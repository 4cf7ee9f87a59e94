"""Bad files of every kind are refused in one sentence, leave nothing, and may be put right."""

import errno
import http.server
import io
import os
import pickle
import shutil
import struct
import subprocess
import sys
import tarfile
import threading
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from cnninvert import cifar10, classifier_data, fetch, weights
from cnninvert.activations import Activations, extract
from cnninvert.errors import InputError
from cnninvert.files import whole, write_csv
from cnninvert.hdf5 import PICTURES, finite, read_hdf5, read_photographs, whole_hdf5, write_rows
from cnninvert.layers import ARCHITECTURES, Conv, layers_in_file
from cnninvert.networks import Network
from cnninvert.photographs import index, load, shown
from cnninvert.plan import folder_digest
from cnninvert.timings import time_table
from cnninvert.workspace import check_writable, claim

CPU = torch.device("cpu")
LIBRARY = Path(__file__).parents[2] / "workflow" / "lib"


@pytest.fixture
def refuse(figure, tmp_path):
    """Call something that must refuse its input in words that name the file and say what to do."""

    def call(words, work, *arguments, **options):
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(InputError) as error:
            work(*arguments, **options)
        sentence = str(error.value)
        assert words in sentence and sentence.isprintable() and sentence.endswith("."), sentence
        assert sorted(tmp_path.rglob("*")) == before
        figure("bad inputs refused, by the library", 1)
        return sentence

    return call


class Server(http.server.BaseHTTPRequestHandler):
    """Serves ``body`` as ``how`` says: whole, cut off, in chunks of which the last is missing."""

    body, how = b"", "whole"

    def do_GET(self):
        if self.how == "missing":
            self.send_error(404)
            return
        self.send_response(200)
        if self.how == "chunks":
            self.protocol_version = "HTTP/1.1"
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"100000\r\n" + self.body[:100])
            return
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        sent = self.body[: len(self.body) // 2] if self.how == "cut" else self.body
        self.wfile.write(sent)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    """The handler of a server on this machine, and its address."""
    running = http.server.ThreadingHTTPServer(("localhost", 0), Server)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    monkeypatch.setattr(Server, "how", "whole")
    yield Server, f"http://localhost:{running.server_port}/cifar-10-binary.tar.gz"
    running.shutdown()


def archive_of_cifar10(cut=0):
    """An archive like the official one, of 20 images a batch; the last lacks ``cut`` bytes."""
    rng, packed = np.random.default_rng(0), io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as file:
        for name in [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]:
            records = rng.integers(0, 10, (20, 3073), dtype=np.uint8).tobytes()
            content = records[: len(records) - cut * (name == "test_batch.bin")]
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("how", "body", "words"),
    [
        ("cut", archive_of_cifar10(), "broke off"),
        ("chunks", archive_of_cifar10(), "broke off"),
        ("missing", b"", "Not Found"),
        ("whole", archive_of_cifar10()[:-3000], "cannot be unpacked"),
        ("whole", b"<html>please log in</html>", "cannot be unpacked"),
        ("whole", b"", "cannot be unpacked"),
        (
            "whole",
            archive_of_cifar10(cut=7),
            "test_batch.bin of CIFAR-10's official archive is",
        ),
        ("whole", archive_of_cifar10(), "are not CIFAR-10's"),
    ],
    ids=["cut", "chunks", "404", "truncated", "page", "empty", "short-batch", "other-content"],
)
def test_bad_downloads(server, how, body, words, refuse, tmp_path, monkeypatch):
    handler, address = server
    monkeypatch.setattr(cifar10, "OFFICIAL", address)
    path = tmp_path / "data" / "cifar10.h5"
    path.parent.mkdir()

    def download(number):
        # The scratch folder, which a job removes, is elsewhere.
        scratch = tmp_path.with_name(f"{tmp_path.name}-scratch-{number}")
        scratch.mkdir()
        cifar10.download(path, ["official"], scratch)

    handler.body, handler.how = body, how
    refuse(words, download, 1)
    # Once the source serves what it should, the download succeeds.
    handler.body, handler.how = archive_of_cifar10(), "whole"
    digests = []
    monkeypatch.setattr(cifar10, "content_sha256", lambda _: digests.append(0) or "right")
    monkeypatch.setattr(cifar10, "CONTENT_SHA256", "right")
    download(2)
    assert digests and list(path.parent.iterdir()) == [path]
    assert h5py.File(path)["test_images"].shape == (20, 3, 32, 32)


def test_a_wrong_checksum(server, refuse, tmp_path):
    handler, address = server
    handler.body = b"something else"
    (tmp_path / "file").touch()
    refuse("the file's sha256 is", fetch.url, address, tmp_path / "file", "0" * 64)


class Evil:
    def __reduce__(self):
        return os.system, ("echo this ran; touch /tmp/this-ran",)


def test_files_that_would_run_code(refuse, tmp_path, capfd):
    pickled, checkpoint = tmp_path / "w.ckpt", tmp_path / "w.pth"
    pickled.write_bytes(pickle.dumps({"VGG16_0": Evil()}))
    torch.save({"features.0.bias": Evil()}, checkpoint)
    refuse("which is no array; refused", weights.from_flax, pickled, "vgg16")
    refuse("no readable checkpoint", weights.from_torchvision, checkpoint, "vgg16")
    assert "this ran" not in capfd.readouterr().out


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "a/../../evil", "../in-and-out/evil"])
def test_archives_with_members_outside(name, refuse, tmp_path):
    zipped, tarred, folder = tmp_path / "a.zip", tmp_path / "a.tar", tmp_path / "in"
    folder.mkdir()
    with zipfile.ZipFile(zipped, "w") as file:
        file.writestr(name, "x")
    with tarfile.open(tarred, "w") as file:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, name
        file.addfile(link)
    refuse("points outside", fetch.unpack, zipped, folder)
    refuse("cannot be unpacked", fetch.unpack, tarred, folder)


# --- weights


def convolutions(dtype=torch.float32):
    """Tensors of VGG-16's first two layers."""
    tensors = {}
    for layer in ARCHITECTURES["vgg16"][:2]:
        assert isinstance(layer, Conv)
        tensors[f"{layer.name}.weight"] = torch.full(layer.shape, 0.01).to(dtype)
        tensors[f"{layer.name}.bias"] = torch.zeros(layer.outputs, dtype=dtype)
    return tensors


def spoilt(tmp_path, how):
    """A safetensors file that is not what it should be."""
    path, tensors = tmp_path / "w.safetensors", convolutions()
    match how:
        case "NaN" | "inf":
            tensors["conv1_2.weight"][1, 2, 0, 0] = float(how)
        case "shape":
            tensors["conv1_2.weight"] = tensors["conv1_2.weight"][:, :32].contiguous()
        case "bias":
            tensors["conv1_2.bias"] = torch.zeros(32)
        case "integers":
            tensors = convolutions(torch.int8)
        case "names":
            tensors = {f"features.{name}": tensor for name, tensor in tensors.items()}
    save_file(tensors, path)
    content = path.read_bytes()
    match how:
        case "truncated":
            path.write_bytes(content[:-1000])
        case "header":
            path.write_bytes(content[:60])
        case "empty":
            path.write_bytes(b"")
        case "pickle":
            torch.save(tensors, path)
        case "list":
            path.write_bytes(struct.pack("<Q", 2) + b"[]")
        case "longer":
            path.write_bytes(content + b"more")
    return path


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("NaN", "conv1_2.weight holds NaN or infinite values; get the file anew"),
        ("inf", "conv1_2.weight holds NaN or infinite values; get the file anew"),
        ("shape", "conv1_2.weight has shape [64, 32, 3, 3], but vgg16 wants [64, 64, 3, 3]"),
        ("bias", "conv1_2.bias has shape [32], but vgg16 wants [64]"),
        ("integers", "conv1_1.weight is of type I8; save it as one of F64, F32, F16, BF16"),
        ("names", "holds no conv1_1.weight and conv1_1.bias"),
        ("truncated", "get it anew"),
        ("header", "no safetensors file"),
        ("empty", "no safetensors file"),
        ("pickle", "no safetensors file"),
        ("list", "no safetensors file"),
        ("longer", "get it anew"),
    ],
)
def test_bad_weights(how, words, refuse, tmp_path):
    path, output = spoilt(tmp_path, how), tmp_path / "out" / "vgg16-mine.safetensors"
    output.parent.mkdir()
    sentence = refuse(words, weights.adopt, output, path, "vgg16", "caffe-rgb")
    assert str(path) in sentence
    save_file(convolutions(torch.float16), path)
    weights.adopt(output, path, "vgg16", "caffe-rgb")
    assert [layer.name for layer in layers_in_file(output)] == ["conv1_1", "conv1_2", "pool1"]


@pytest.mark.parametrize("how", ["truncated", "empty", "pickle", "attributes"])
def test_weights_that_were_damaged_after_they_were_fetched(how, refuse, tmp_path):
    path = spoilt(tmp_path, how)  # without the attributes of ours in any case
    refuse("delete the file and run again" if how != "truncated" else "w.safeten", Network, path)


# --- HDF5


@pytest.fixture
def vgg16(tmp_path):
    path = tmp_path / "vgg16.safetensors"
    about = {"architecture": "vgg16", "preprocessing": "torchvision", "source": "here"}
    save_file(convolutions(), path, about)
    return Network(path)


def write_photographs(path):
    with whole_hdf5(path) as file:
        for split in ("test", "train"):
            write_rows(file, split, 0, 3, np.zeros((3, 3, 32, 32), "u1"))
            write_rows(file, f"{split}_path", 0, 3, np.array(["a", "b", "c"], "S"))
        file.attrs.update(short_side=32, crop=32)


def change(path, name, values):
    with h5py.File(path, "a") as file:
        if name in file:
            del file[name]
        if values is not None:
            file[name] = values


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("test", None, "holds no dataset test"),
        ("test", np.zeros((3, 32, 32), "u1"), "its dataset test is uint8 (3, 32, 32)"),
        ("test", np.zeros((3, 3, 32, 32), "f4"), "its dataset test is float32"),
        ("test", np.zeros((2, 3, 32, 32), "u1"), "one name for each picture"),
        ("test_path", np.zeros(3), "its dataset test_path is float64 (3,)"),
        (None, 100, "cannot be read"),
        (None, 0, "cannot be read"),
        (None, -1000, "cannot be read"),
    ],
)
def test_bad_photographs_file(name, values, words, refuse, tmp_path):
    path = tmp_path / "photographs.h5"
    write_photographs(path)
    if name:
        change(path, name, values)
    else:
        path.write_bytes(path.read_bytes()[:values])
    sentence = refuse(words, read_photographs, path, "test")
    assert sentence.startswith(str(path)) and "delete the file and run again" in sentence
    path.unlink()
    write_photographs(path)
    assert len(read_photographs(path, "test")["test"]) == 3


def test_bad_activations(vgg16, refuse, tmp_path):
    photographs, path = tmp_path / "photographs.h5", tmp_path / "activations.h5"
    write_photographs(photographs)
    extract(vgg16, photographs, ["pool1"], path, CPU)
    assert Activations(path, vgg16).shape("pool1") == (64, 16, 16)
    cases = {
        lambda file: file.attrs.update(weights="there"): "it is of other weights, there,",
        lambda file: file.attrs.update(network="alexnet"): "it is of other weights",
        lambda file: file.attrs.clear(): "it is of other weights, None,",
        lambda file: file["pool1/output"].write_direct(
            np.full((1, 64, 16, 16), np.nan, "f4"), dest_sel=np.s_[1:2]
        ): "its dataset pool1/output holds NaN",
        lambda file: file.pop("pool1"): "holds no pool1/output",
        lambda file: file.pop("images"): "holds no dataset images",
    }
    for number, (spoil, words) in enumerate(cases.items()):
        spoilt = shutil.copy(path, tmp_path / f"{number}.h5")
        with h5py.File(spoilt, "a") as file:
            spoil(file)
        sentence = refuse(words, lambda spoilt=spoilt: Activations(spoilt, vgg16).read("pool1"))
        assert sentence.startswith(str(spoilt)) and "delete the file and run again" in sentence
    assert Activations(path, vgg16).read("pool1").isfinite().all()


def test_photographs_without_attributes(vgg16, refuse, tmp_path):
    path = tmp_path / "photographs.h5"
    write_photographs(path)
    with h5py.File(path, "a") as file:
        file.attrs.clear()
    arguments = (path, ["pool1"], tmp_path / "activations.h5", CPU)
    refuse("it does not say how its pictures were cropped", extract, vgg16, *arguments)


def test_weights_whose_activations_overflow(vgg16, refuse, tmp_path):
    write_photographs(tmp_path / "photographs.h5")
    vgg16.tensors["conv1_1.bias"] += 1e38
    vgg16.tensors["conv1_2.weight"] += 1e38
    arguments = (tmp_path / "photographs.h5", ["pool1"], tmp_path / "activations.h5", CPU)
    refuse("gives values that are not finite; use other weights", extract, vgg16, *arguments)


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("train_labels", None, "holds no dataset train_labels"),
        ("train_images", np.zeros((30, 32, 32, 3), "u1"), "(30, 32, 32, 3)"),
        ("train_images", np.zeros((10, 3, 32, 32), "u1"), "holds no 20 images"),
        ("train_labels", np.full(30, 10, "u1"), "ten classes"),
        ("train_labels", np.full(30, np.nan), "its dataset train_labels is float64"),
    ],
)
def test_bad_cifar10_file(name, values, words, refuse, tmp_path):
    path = tmp_path / "cifar10.h5"
    with h5py.File(path, "w") as file:
        file["train_images"] = np.zeros((30, 3, 32, 32), "u1")
        file["train_labels"] = np.zeros(30, "u1")
    read = (classifier_data.read, path, "train", 20, CPU, torch.float32)
    assert len(read[0](*read[1:])) == 20
    change(path, name, values)
    refuse(words, *read)


def test_reconstructions_with_nan(refuse, tmp_path):
    path = tmp_path / "r.h5"
    with h5py.File(path, "w") as file:
        file["noise"] = np.array([[1.0], [np.inf]])
    with read_hdf5(path, {}) as file:
        assert finite(file["noise"], 0, 1) == [[1.0]]
        refuse("its dataset noise holds NaN or infinite values", finite, file["noise"], 1, 2)
    refuse("holds no dataset original", read_hdf5, path, {"original": PICTURES})


# --- images


def save_image(path, mode="RGB", size=(64, 64)):
    Image.new(mode, size).save(path)


def tall(path):
    save_image(path, "1", (20000, 20000))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.write_bytes(b"no image"), "this image cannot be read"),
        (lambda path: path.write_bytes(b""), "this image cannot be read"),
        (tall, "the image"),
        (lambda path: save_image(path, size=(16, 16)), "16 x 16 pixels are too few"),
        (lambda path: save_image(path, "RGBA"), "transparent pixels"),
        (lambda path: path.write_bytes(b"GIF89a" + 50 * b"\xff"), "cannot be read"),
    ],
    ids=["text", "empty", "huge", "tiny", "transparent", "header"],
)
def test_bad_images_in_a_folder(make, words, refuse, tmp_path):
    for number in range(3):
        save_image(tmp_path / f"{number}.png")
    make(tmp_path / "1.png")
    assert str(tmp_path / "1.png") in refuse(words, index, tmp_path, 2, 1, 0)
    save_image(tmp_path / "1.png")
    assert len(index(tmp_path, 2, 1, 0)) == 3


@pytest.mark.parametrize("name", [b"caf\xe9.png", b"two\nlines.png", b"bell\a.png"])
def test_names_that_are_no_line_of_text(name, refuse, tmp_path):
    save_image(tmp_path / "a.png")
    os.link(tmp_path / "a.png", os.fsencode(tmp_path) + b"/" + name)
    refuse("is no line of text; rename the image", index, tmp_path, 1, 1, 0)
    assert folder_digest(str(tmp_path))


def test_folders_that_hold_odd_things_pass(tmp_path):
    for name in ("a {brace}.png", "naïve 图像.png", "a b.png", "*.png"):
        save_image(tmp_path / name)
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    (tmp_path / "nowhere.png").symlink_to(tmp_path / "no such.png")
    (tmp_path / "again").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe.png")
    save_image(tmp_path / "print.tiff", "CMYK")
    save_image(tmp_path / "scan.png", "I;16")
    before = folder_digest(str(tmp_path))
    chosen = index(tmp_path, 9, 1, 0)
    assert {"print.tiff", "scan.png", "a {brace}.png"} <= set(chosen["path"])
    assert not {"loop.png", "nowhere.png", "pipe.png"} & set(chosen["path"])
    save_image(tmp_path / "one more.png")
    assert folder_digest(str(tmp_path)) != before


def test_folders_without_images(refuse, tmp_path):
    refuse("the folder holds no image", index, tmp_path, 1, 1, 0)
    refuse("there is no such folder", index, tmp_path / "x", 1, 1, 0)
    refuse("no test photograph matches; the first is a.png", shown, ["a.png"], "b*")
    refuse("cannot be read", load, tmp_path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF"])
def test_every_damaged_image_is_refused_or_read(kind, tmp_path, recwarn):
    rng, packed, path = np.random.default_rng(0), io.BytesIO(), tmp_path / "image"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)).save(
        packed, kind, **({} if kind in ("BMP", "GIF") else {"exif": exif})
    )
    refused = 0
    for _ in range(100):
        content = bytearray(packed.getvalue())
        for place in rng.integers(200, size=4):
            content[place] = rng.integers(256)
        path.write_bytes(content)
        try:
            assert load(path).mode == "RGB"
        except InputError as error:
            assert str(path) in str(error)
            refused += 1
    assert refused and not recwarn.list


# --- folders


def test_folders_that_cannot_be_written_to(refuse, tmp_path):
    check_writable(tmp_path / "results" / "tiny")
    (tmp_path / "results").touch()
    sentence = refuse("a file where a folder is to be", check_writable, tmp_path / "results/tiny")
    assert sentence.startswith(f"{tmp_path}/results: ")
    (tmp_path / "results").unlink()
    (tmp_path / "results").symlink_to(tmp_path / "nowhere")
    refuse("a file where a folder is to be", check_writable, tmp_path / "results" / "tiny")


def test_a_folder_is_one_runs_until_its_process_ends(refuse, tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from cnninvert.workspace import claim; "
        f"claim(Path({str(tmp_path)!r})); print('mine', flush=True); time.sleep(60)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, env={"PYTHONPATH": str(LIBRARY)}
    )
    assert other.stdout.readline() == b"mine\n"
    refuse("another run is at work there", claim, tmp_path)
    other.kill()
    other.wait()
    claim(tmp_path)


def test_benchmarks_that_a_full_disk_cut_off_are_passed_over(tmp_path):
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "a.tsv").write_text("s\tmax_rss\n1.5\t20\n")
    (tmp_path / "benchmarks" / "b.tsv").touch()
    (tmp_path / "benchmarks" / "c.tsv").write_text("s\th:m")
    assert "1.5" in time_table(tmp_path)


# --- a full disk


def write_checkpoint(path):
    with whole(path) as part:
        torch.save({"weights": torch.zeros(200_000)}, part)


def write_decoder(path):
    with whole(path) as part:
        save_file({"weights": torch.zeros(200_000)}, part)


def write_figure(path):
    with whole(path) as part:
        noise = np.random.default_rng(0).integers(0, 256, (500, 500, 3), dtype=np.uint8)
        Image.fromarray(noise).save(part, "PNG")


def write_crops_of_noise(path):
    noise = np.random.default_rng(0).integers(0, 256, (12, 3, 150, 150), dtype=np.uint8)
    with whole_hdf5(path) as file:
        images = file.create_dataset("test", noise.shape, "u1", chunks=(1, *noise.shape[1:]))
        for number, pixels in enumerate(noise):
            images[number] = pixels


def write_rows_of(length):
    def write(path):
        with whole_hdf5(path) as file:
            for number in range(800_000 // length):
                write_rows(file, "x", number, 800_000 // length, np.ones((1, length), "u1"))

    return write


@pytest.mark.parametrize(
    "write",
    [
        *(write_checkpoint, write_decoder, write_figure, write_crops_of_noise),
        *(write_rows_of(400_000), write_rows_of(1000)),
        lambda path: write_csv(path, pd.DataFrame(np.random.default_rng(0).random((20_000, 2)))),
    ],
    ids=["checkpoint", "decoder", "figure", "chunks", "large-rows", "small-rows", "table"],
)
def test_a_full_disk_leaves_the_old_file(write, mounted, tmp_path, capfd, figure):
    mounted(tmp_path, "size=300k")
    path = tmp_path / "file.h5"
    path.write_text("old")
    with pytest.raises(OSError) as error:
        write(path)
    assert (error.value.errno, error.value.filename) == (errno.ENOSPC, str(path))
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
    assert capfd.readouterr().err == ""
    figure("bad inputs refused, by the library", 1)
    mounted(tmp_path, "size=10m")
    write(path)
    assert path.stat().st_size > 300_000 and list(tmp_path.iterdir()) == [path]


def test_a_disk_that_is_full_or_read_only_is_found_at_the_start(mounted, refuse, tmp_path):
    mounted(tmp_path, "size=300k")
    refuse("the disk is full; make room there", check_writable, tmp_path / "results" / "tiny")
    mounted(tmp_path, "size=10m,nr_inodes=1")
    refuse("the disk is full; make room there", check_writable, tmp_path / "results" / "tiny")
    mounted(tmp_path, "size=10m,nr_inodes=100")
    check_writable(tmp_path / "results" / "tiny")
    mounted(tmp_path, "ro")
    refuse("make it writable, or run in another folder", check_writable, tmp_path / "results")
