"""The decoders: unpooling, mirrored layers, their start, and training that can be resumed."""

import math
from dataclasses import replace

import h5py
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from cnninvert import decoder_training
from cnninvert import mirror as mirror_module
from cnninvert.decoder import Decoder, encode
from cnninvert.decoder_data import Crops
from cnninvert.decoder_start import plain, start, trainable
from cnninvert.decoder_training import Recipe, Training, relative_errors, train
from cnninvert.device import generator
from cnninvert.errors import InputError
from cnninvert.files import forget
from cnninvert.layers import ARCHITECTURES, Conv, Pool
from cnninvert.mirror import Mirror
from cnninvert.networks import Network
from cnninvert.switches import max_pool, unpool

CPU = torch.device("cpu")
POOL = Pool("pool1")
RECIPE = Recipe("pool1", "known", 6, 32, 2, learning_rate=0.5, pool_loss=0.0, seed=3)
POOLS = [
    *(("vgg16", f"pool{number}") for number in range(1, 6)),
    *(("alexnet", f"pool{number}") for number in (1, 2, 5)),
]


def write_network(path, last, architecture="vgg16"):
    """A network with random filters up to the convolution ``last``."""
    rng, tensors = generator(0), {}
    for layer in ARCHITECTURES[architecture]:
        if isinstance(layer, Conv):
            scale = (2 / (layer.size**2 * layer.inputs)) ** 0.5
            tensors[f"{layer.name}.weight"] = scale * torch.randn(layer.shape, generator=rng)
            tensors[f"{layer.name}.bias"] = torch.zeros(layer.outputs)
        if layer.name == last:
            break
    save_file(tensors, path, {"architecture": architecture, "preprocessing": "torchvision"})
    return Network(path)


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return write_network(tmp_path_factory.mktemp("weights") / "vgg16.safetensors", "conv5_3")


@pytest.fixture(scope="module")
def alexnet(tmp_path_factory):
    path = tmp_path_factory.mktemp("alexnet") / "alexnet.safetensors"
    return write_network(path, "conv5", "alexnet")


@pytest.fixture
def networks(network, alexnet):
    return {"vgg16": network, "alexnet": alexnet}


@pytest.fixture(scope="module")
def shallow(tmp_path_factory):
    return write_network(tmp_path_factory.mktemp("shallow") / "vgg16.safetensors", "conv2_1")


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """Five photographs, two 64 x 64 crops of each: smooth, so that there is something to learn."""
    path = tmp_path_factory.mktemp("images") / "photographs.h5"
    coarse = torch.rand(10, 3, 8, 8, generator=generator(1)) * 255
    with h5py.File(path, "w") as file:
        smooth = F.interpolate(coarse, scale_factor=8, mode="bilinear")
        file["train"] = smooth.to(torch.uint8).numpy()
        file["train_path"] = np.repeat([f"{i}.jpg" for i in range(5)], 2).astype("S")
    return path


@pytest.fixture(autouse=True)
def small_start(monkeypatch):
    monkeypatch.setattr(decoder_training, "START_BATCHES", 2)


@pytest.fixture
def images(photographs):
    with h5py.File(photographs) as file:
        return torch.from_numpy(file["train"][:2])


def run(network, photographs, state, recipe=RECIPE):
    decoder, curve = train(network, photographs, recipe, state, CPU)
    return decoder.state_dict(), curve


def same(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


def test_unpooling_agrees_with_torch():
    x = torch.randn(2, 5, 8, 12, generator=generator(0))
    values, indices = F.max_pool2d(x, 2, return_indices=True)
    maxima, places = max_pool(x, POOL)
    assert torch.equal(maxima, values)
    assert torch.equal(unpool(values, places, POOL), F.max_unpool2d(values, indices, 2))


def test_unpooling_inverts_pooling_where_the_rest_is_zero():
    rng = generator(0)
    values = torch.rand(2, 5, 4, 6, generator=rng) + 0.1
    places = torch.randint(4, values.shape, generator=rng, dtype=torch.uint8)
    sparse = unpool(values, places, POOL)
    pooled, found = max_pool(sparse, POOL)
    assert torch.equal(pooled, values)
    assert torch.equal(found, places)
    assert torch.equal(sparse[:, :, 1::2, ::2][places == 2], values[places == 2])


def test_unpooling_is_adjoint_to_reading_the_places():
    rng = generator(0)
    values = torch.randn(1, 3, 4, 4, generator=rng, requires_grad=True)
    places = torch.randint(4, values.shape, generator=rng, dtype=torch.uint8)
    y = torch.randn(1, 3, 8, 8, generator=rng)
    unpool(values, places, POOL).backward(y)
    ones = unpool(torch.ones_like(values), places, POOL)
    assert torch.equal(unpool(values.grad, places, POOL), y * ones)


def test_fixed_switches_are_place_zero_and_ignore_the_encoder_s(network, images):
    values = torch.randn(2, 3, 4, 4, generator=generator(0))
    zeros = torch.zeros(2, 3, 4, 4).byte()
    assert torch.equal(unpool(values, None, POOL), unpool(values, zeros, POOL))
    activation, places = encode(network, images, "pool2")
    others = {name: (place + 1) % 4 for name, place in places.items()}
    for switches, equal in (("fixed", True), ("known", False)):
        decoder = Decoder("vgg16", "pool2", switches)
        decoded = decoder(activation, places), decoder(activation, others)
        assert torch.equal(*decoded) == equal


@pytest.mark.parametrize(("architecture", "layer"), POOLS)
@pytest.mark.parametrize("side", [64, 96])
def test_decoders_mirror_the_encoder(networks, images, architecture, layer, side):
    """Every output of the encoder has a mirror of its shape, and the pictures are whole."""
    images = F.pad(images, (0, side - 64, 0, side - 64))
    network = networks[architecture]
    shapes = {"pixels": images.shape}
    shapes |= {step.layer.name: step.output.shape for step in network.steps(images, layer)}
    for switches in ("known", "fixed"):
        decoder = Decoder(architecture, layer, switches)
        rebuilt = dict(decoder.rebuild(*encode(network, images, layer)))
        assert {name: x.shape for name, x in rebuilt.items()} == shapes
        assert list(rebuilt)[-1] == "pixels"


@pytest.mark.parametrize(("architecture", "layer"), [("vgg16", "pool5"), ("alexnet", "pool5")])
def test_with_the_encoder_s_filters_a_mirror_is_the_adjoint_of_its_convolution(
    networks, architecture, layer
):
    rng, network = generator(0), networks[architecture]
    decoder = Decoder(architecture, layer, "known").double()
    for step in decoder.steps:
        if isinstance(step, Pool):
            continue
        filters = network.filters(step.name).double()
        mirror = decoder.mirrors[step.name]
        mirror.load_state_dict({"weight": filters, "bias": torch.zeros(step.inputs)})
        x = torch.randn(1, step.inputs, 8 * step.stride, 8 * step.stride, generator=rng).double()
        forward = F.conv2d(x, filters, stride=step.stride, padding=step.padding)
        z = torch.randn(forward.shape, generator=rng).double()
        torch.testing.assert_close((forward * z).sum(), (x * mirror(z)).sum())


@pytest.mark.parametrize(
    ("size", "geometry"),
    [
        (3, {"stride": 1, "padding": 1}),
        (5, {"stride": 1, "padding": 2}),
        (11, {"stride": 4, "padding": 2, "output_padding": 1}),
    ],
    ids=["3 x 3", "5 x 5", "strided"],
)
def test_least_squares_finds_the_layer_that_made_its_target(size, geometry):
    rng = generator(0)
    x = torch.rand(16, 3, 20, 20, generator=rng)
    layer = torch.nn.ConvTranspose2d(3, 2, size, **geometry)
    mirror = Mirror(3, 2, size, **geometry)
    target = layer(x).detach()
    mirror.fit(x, target, rng)
    weight, bias = mirror.folded()
    torch.testing.assert_close(weight, layer.weight, atol=2e-3, rtol=0)
    torch.testing.assert_close(bias, layer.bias, atol=2e-2, rtol=0)
    torch.testing.assert_close(mirror(x), target, atol=1e-2, rtol=0)


@pytest.mark.parametrize("architecture", ["vgg16", "alexnet"])
def test_a_finished_decoder_gives_the_same_pictures_without_centres(networks, images, architecture):
    network = networks[architecture]
    decoder = trainable(network, "pool2", "known")
    start(decoder, network, images, generator(0))
    finished = plain(decoder)
    assert {type(mirror) for mirror in finished.mirrors.values()} == {torch.nn.ConvTranspose2d}
    names = {name.rsplit(".", 1)[1] for name in finished.state_dict()}
    assert names == {"weight", "bias"}
    code = encode(network, images, "pool2")
    torch.testing.assert_close(finished(*code), decoder(*code), atol=1e-5, rtol=0)


def test_decoders_survive_a_file(tmp_path, network, images):
    decoder = Decoder("vgg16", "pool1", "fixed")
    decoder.save(tmp_path / "decoder.safetensors", steps=7)
    loaded = Decoder.load(tmp_path / "decoder.safetensors")
    assert (loaded.layer, loaded.switches) == ("pool1", "fixed")
    code = encode(network, images, "pool1")
    assert torch.equal(loaded(*code), decoder(*code))
    (tmp_path / "decoder.safetensors").write_bytes(b"nonsense")
    with pytest.raises(InputError, match="cannot be read"):
        Decoder.load(tmp_path / "decoder.safetensors")


@pytest.mark.parametrize(
    "change", [{"switches": "konwn"}, {"layer": "conv1_2"}, {"layer": "pool2"}]
)
def test_a_decoder_file_that_says_something_else_is_refused(tmp_path, change):
    decoder = Decoder("vgg16", "pool1", "fixed")
    for name, value in change.items():
        setattr(decoder, name, value)
    decoder.save(tmp_path / "decoder.safetensors")
    with pytest.raises(InputError, match=r"cannot be read: [^\n]*\.$"):
        Decoder.load(tmp_path / "decoder.safetensors")


def test_weights_that_end_early_serve_the_pools_they_reach(tmp_path, shallow, photographs):
    run(shallow, photographs, tmp_path)
    with pytest.raises(InputError, match="end at conv2_1, so there is no pool2"):
        run(shallow, photographs, tmp_path, replace(RECIPE, layer="pool2"))


def test_training_lowers_the_errors_and_keeps_the_best(tmp_path, network, photographs, monkeypatch):
    monkeypatch.setattr(mirror_module, "ROWS", 64)  # too few for a good start
    recipe = replace(RECIPE, layer="pool2", steps=16, seed=0)
    decoder, curve = train(network, photographs, recipe, tmp_path, CPU)
    errors = curve["error"].tolist()
    assert curve["step"].tolist() == list(range(0, 17, 2))
    assert min(errors) < 0.9 * errors[0]
    assert curve["loss"].iloc[-1] < curve["loss"].iloc[1]
    with h5py.File(photographs) as file:
        held_out = Crops(file, recipe.seed, CPU).held_out()
    with torch.no_grad():
        decoded = decoder(*encode(network, held_out, "pool2"))
    assert float(relative_errors(decoded, held_out).mean()) == pytest.approx(min(errors), rel=0.02)


def test_losses_at_the_pools(network, images, monkeypatch):
    """With a weight of 0 the loss is the pixels' alone; each pool adds its relative error."""
    monkeypatch.setattr(decoder_training, "half_precision", lambda device: False)
    recipe = replace(RECIPE, layer="pool3")
    training = Training(network, recipe, CPU)
    activation, places = encode(network, images, "pool3")
    rebuilt = dict(training.decoder.rebuild(activation, places))
    pixels = (rebuilt["pixels"] - images / 255).square().mean()
    torch.testing.assert_close(training.loss(images), pixels)
    expected = pixels
    for name in ("pool1", "pool2"):
        target, _ = encode(network, images, name)
        expected = expected + 0.5 * ((rebuilt[name] - target).norm() / target.norm()) ** 2
    training.recipe = replace(recipe, pool_loss=0.5)
    torch.testing.assert_close(training.loss(images), expected)


def test_losses_at_the_pools_draw_the_mirrored_pools_to_the_encoder_s(
    tmp_path, network, photographs, images, monkeypatch
):
    monkeypatch.setattr(mirror_module, "ROWS", 64)  # too few for a good start
    target, _ = encode(network, images, "pool1")
    errors = []
    for weight in (0.0, 10.0):
        recipe = replace(RECIPE, layer="pool2", steps=16, pool_loss=weight)
        decoder, _ = train(network, photographs, recipe, tmp_path / str(weight), CPU)
        with torch.no_grad():
            rebuilt = dict(decoder.rebuild(*encode(network, images, "pool2")))
        errors.append(float((rebuilt["pool1"] - target).norm() / target.norm()))
    assert errors[1] < 0.95 * errors[0]


def test_steps_that_are_too_long_are_taken_back_and_halved(
    tmp_path, shallow, photographs, monkeypatch, caplog
):
    caplog.set_level("INFO")
    recipe = replace(RECIPE, steps=16, learning_rate=300.0)
    _, curve = run(shallow, photographs, tmp_path / "guarded", recipe)
    assert "back to the best weights, with 0.25 of the learning rate" in caplog.text
    monkeypatch.setattr(decoder_training, "RETREAT", math.inf)
    _, wild = run(shallow, photographs, tmp_path / "wild", recipe)
    assert curve["error"].iloc[-1] < wild["error"].iloc[-1] / 2


def test_validation_shares_no_photograph_with_training(photographs):
    with h5py.File(photographs) as file:
        crops = Crops(file, RECIPE.seed, CPU)
        names = file["train_path"][:]
        assert not set(names[crops.training]) & set(names[crops.validation])
        assert len(crops.validation) == 1 and len(crops.training) == 8


def test_a_folder_counts_by_the_square_root_of_its_size(tmp_path):
    names = np.array([f"many/{i}.jpg" for i in range(16)] + [f"few/{i}.jpg" for i in range(4)], "S")
    with h5py.File(tmp_path / "folders.h5", "w") as file:
        file["train"], file["train_path"] = np.zeros((20, 3, 32, 32), "u1"), names
        crops = Crops(file, RECIPE.seed, CPU)
    many = torch.tensor([name.startswith(b"many") for name in names[crops.training]])
    assert torch.allclose(crops.chance[many], torch.tensor(1 / 4, dtype=torch.float64))
    assert torch.allclose(crops.chance[~many], torch.tensor(1 / 2, dtype=torch.float64))


def test_one_photograph_is_too_few(tmp_path, network, photographs):
    path = tmp_path / "one.h5"
    with h5py.File(photographs) as file, h5py.File(path, "w") as one:
        one["train"], one["train_path"] = file["train"][:2], file["train_path"][:2]
    with pytest.raises(InputError, match=r"images\.train"):
        run(network, path, tmp_path)


def test_relative_errors():
    images = torch.full((2, 3, 4, 4), 255, dtype=torch.uint8)
    decoded = torch.stack([torch.zeros(3, 4, 4), torch.full((3, 4, 4), 0.75)])
    torch.testing.assert_close(relative_errors(decoded, images), torch.tensor([1.0, 0.25]))


def interrupted(network, photographs, state, monkeypatch, steps):
    """Train until killed after ``steps``, with a checkpoint after each."""
    with monkeypatch.context() as patch:
        patch.setattr(decoder_training, "CHECKPOINT_EVERY", 0.0)
        advance = decoder_training.Training.advance

        def killed(self, images):
            if self.step == steps:
                raise KeyboardInterrupt
            advance(self, images)

        patch.setattr(decoder_training.Training, "advance", killed)
        with pytest.raises(KeyboardInterrupt):
            run(network, photographs, state)


@pytest.mark.parametrize("steps", [0, 4])
def test_a_killed_training_goes_on_as_if_nothing_had_happened(
    tmp_path, shallow, photographs, monkeypatch, caplog, steps
):
    undisturbed, curve = run(shallow, photographs, tmp_path / "a")
    again, _ = run(shallow, photographs, tmp_path / "b")
    assert same(undisturbed, again)
    interrupted(shallow, photographs, tmp_path / "c", monkeypatch, steps)
    caplog.set_level("INFO")
    resumed, resumed_curve = run(shallow, photographs, tmp_path / "c")
    assert f"going on from step {steps}" in caplog.text
    assert same(undisturbed, resumed)
    assert curve.equals(resumed_curve)
    forget(tmp_path / "c")
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("damage", ["settings", "content"])
def test_a_checkpoint_that_does_not_fit_is_ignored(
    tmp_path, shallow, photographs, monkeypatch, caplog, damage
):
    interrupted(shallow, photographs, tmp_path, monkeypatch, steps=2)
    recipe = RECIPE
    if damage == "settings":
        recipe = replace(RECIPE, learning_rate=0.1)
    else:
        path = tmp_path / "checkpoint.pt"
        path.write_bytes(path.read_bytes()[:1000])
    caplog.set_level("INFO")
    started_afresh, _ = run(shallow, photographs, tmp_path, recipe)
    assert "is not used" in caplog.text
    assert same(started_afresh, run(shallow, photographs, tmp_path / "fresh", recipe)[0])
