"""The decoders: unpooling, mirrored layers, their start, and training that can be resumed."""

import h5py
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from cnninvert import decoder as decoder_module
from cnninvert import decoder_training
from cnninvert.decoder import Decoder, Mirror, encode
from cnninvert.decoder_data import Crops
from cnninvert.decoder_training import Recipe, relative_errors, train
from cnninvert.device import generator
from cnninvert.errors import InputError
from cnninvert.files import forget
from cnninvert.layers import ARCHITECTURES, Conv, Pool
from cnninvert.networks import Network
from cnninvert.switches import max_pool, unpool

CPU = torch.device("cpu")
POOL = Pool("pool1")
RECIPE = Recipe("pool1", "known", steps=6, crop=32, batch=2, learning_rate=0.3, seed=3)


def write_network(path, last):
    """VGG-16 with random filters up to the convolution ``last``."""
    rng, tensors = generator(0), {}
    for layer in ARCHITECTURES["vgg16"]:
        if isinstance(layer, Conv):
            scale = (2 / (9 * layer.inputs)) ** 0.5
            tensors[f"{layer.name}.weight"] = scale * torch.randn(layer.shape, generator=rng)
            tensors[f"{layer.name}.bias"] = torch.zeros(layer.outputs)
        if layer.name == last:
            break
    save_file(tensors, path, {"architecture": "vgg16", "preprocessing": "torchvision"})
    return Network(path)


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return write_network(tmp_path_factory.mktemp("weights") / "vgg16.safetensors", "conv4_3")


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


@pytest.mark.parametrize("layer", ["pool1", "pool2", "pool3", "pool4"])
def test_decoders_mirror_the_encoder(network, images, layer):
    activation, places = encode(network, images, layer)
    number = int(layer[-1])
    assert [tuple(place.shape[2:]) for place in places.values()] == [
        (64 >> i,) * 2 for i in range(1, number + 1)
    ]
    decoder = Decoder("vgg16", layer, "known")
    assert decoder(activation, places).shape == images.shape
    # With the encoder's own filters, every layer is the adjoint of the encoder's linear part.
    rng = generator(0)
    for name, mirror in decoder.mirrors.items():
        weight = network.filters(name)
        bias, centre = torch.zeros(weight.shape[1]), torch.zeros(weight.shape[0])
        mirror.load_state_dict({"weight": weight, "bias": bias, "centre": centre})
        x = torch.randn(1, weight.shape[1], 6, 6, generator=rng, dtype=torch.float64)
        z = torch.randn(1, weight.shape[0], 6, 6, generator=rng, dtype=torch.float64)
        forward = (F.conv2d(x, weight.double(), padding=1) * z).sum()
        torch.testing.assert_close(forward, (x * mirror.double()(z)).sum())


def test_least_squares_finds_the_layer_that_made_its_target():
    rng = generator(0)
    x = torch.rand(4, 3, 16, 16, generator=rng)
    plain = torch.nn.ConvTranspose2d(3, 2, 3, padding=1)
    mirror = Mirror(3, 2)
    mirror.fit(x, plain(x).detach(), rng)
    torch.testing.assert_close(mirror.weight, plain.weight, atol=2e-3, rtol=0)
    torch.testing.assert_close(mirror(x), plain(x), atol=5e-3, rtol=0)


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


def test_weights_that_end_early_serve_the_pools_they_reach(tmp_path, shallow, photographs):
    run(shallow, photographs, tmp_path)
    with pytest.raises(InputError, match="end at conv2_1, so there is no pool2"):
        run(shallow, photographs, tmp_path, Recipe("pool2", "known", 1, 32, 2, 0.3, 0))


def test_training_lowers_the_errors_and_keeps_the_best(tmp_path, network, photographs, monkeypatch):
    monkeypatch.setattr(decoder_module, "ROWS", 64)  # too few for a good start
    recipe = Recipe("pool2", "known", steps=16, crop=32, batch=2, learning_rate=0.3, seed=0)
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


def test_a_killed_training_goes_on_as_if_nothing_had_happened(
    tmp_path, shallow, photographs, monkeypatch, caplog
):
    undisturbed, curve = run(shallow, photographs, tmp_path / "a")
    again, _ = run(shallow, photographs, tmp_path / "b")
    assert same(undisturbed, again)
    interrupted(shallow, photographs, tmp_path / "c", monkeypatch, steps=4)
    caplog.set_level("INFO")
    resumed, resumed_curve = run(shallow, photographs, tmp_path / "c")
    assert "going on from step 4" in caplog.text
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
        recipe = Recipe("pool1", "known", 6, 32, 2, 0.1, 3)
    else:
        path = tmp_path / "checkpoint.pt"
        path.write_bytes(path.read_bytes()[:1000])
    caplog.set_level("INFO")
    started_afresh, _ = run(shallow, photographs, tmp_path, recipe)
    assert "is not used" in caplog.text
    assert same(started_afresh, run(shallow, photographs, tmp_path / "fresh", recipe)[0])
