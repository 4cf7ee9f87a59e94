"""The decoders: mirrored layers, their start, their losses and a training's state."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from cnninvert.decoders.decoder import Decoder, Mirror, encode
from cnninvert.decoders.initialisation import plain, start, trainable
from cnninvert.decoders.training import DecoderRecipe, DecoderTraining, relative_errors
from cnninvert.decoders.whitened import WhitenedMirror
from cnninvert.networks.layers import Pool
from cnninvert.networks.pretrained import Network
from cnninvert.operators.switches import unpool
from random_networks import write_network

CPU = torch.device("cpu")
RECIPE = DecoderRecipe("pool1", "known", steps=6, learning_rate=0.5, pool_loss=0.0)
POOLS = [
    *(("vgg16", f"pool{number}") for number in range(1, 6)),
    *(("alexnet", f"pool{number}") for number in (1, 2, 5)),
]


def photographs_like(count):
    """Smooth uint8 images of side 64, so that there is something to learn."""
    coarse = torch.rand(count, 3, 8, 8, generator=torch.Generator().manual_seed(1)) * 255
    return F.interpolate(coarse, scale_factor=8, mode="bilinear").to(torch.uint8)


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "vgg16.safetensors"
    return Network(write_network(path, "conv5_3"))


@pytest.fixture(scope="module")
def alexnet(tmp_path_factory):
    path = tmp_path_factory.mktemp("alexnet") / "alexnet.safetensors"
    return Network(write_network(path, "conv5", "alexnet"))


@pytest.fixture
def networks(network, alexnet):
    return {"vgg16": network, "alexnet": alexnet}


@pytest.fixture
def images():
    return photographs_like(2)


def test_fixed_switches_are_place_zero_and_ignore_the_encoder_s(network, images):
    values = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    zeros = torch.zeros(2, 3, 4, 4).byte()
    assert torch.equal(unpool(values, None), unpool(values, zeros))
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
    rng, network = torch.Generator().manual_seed(0), networks[architecture]
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
    rng = torch.Generator().manual_seed(0)
    x = torch.rand(16, 3, 20, 20, generator=rng)
    layer = torch.nn.ConvTranspose2d(3, 2, size, **geometry)
    mirror = WhitenedMirror(3, 2, size, **geometry)
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
    start(decoder, network, images, torch.Generator().manual_seed(0))
    finished = plain(decoder)
    assert {type(mirror) for mirror in finished.mirrors.values()} == {Mirror}
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
    with pytest.raises(ValueError, match="cannot be read"):
        Decoder.load(tmp_path / "decoder.safetensors")


@pytest.mark.parametrize(
    "change", [{"switches": "konwn"}, {"layer": "conv1_2"}, {"layer": "pool2"}]
)
def test_a_decoder_file_that_says_something_else_is_refused(tmp_path, change):
    decoder = Decoder("vgg16", "pool1", "fixed")
    for name, value in change.items():
        setattr(decoder, name, value)
    decoder.save(tmp_path / "decoder.safetensors")
    with pytest.raises(ValueError, match=r"cannot be read: [^\n]*$"):
        Decoder.load(tmp_path / "decoder.safetensors")


def test_losses_at_the_pools(network, images):
    """With a weight of 0 the loss is the pixels' alone; each pool adds its relative error."""
    recipe = replace(RECIPE, layer="pool3")
    training = DecoderTraining(network, recipe, CPU)
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


def test_relative_errors():
    images = torch.full((2, 3, 4, 4), 255, dtype=torch.uint8)
    decoded = torch.stack([torch.zeros(3, 4, 4), torch.full((3, 4, 4), 0.75)])
    torch.testing.assert_close(relative_errors(decoded, images), torch.tensor([1.0, 0.25]))


def test_weights_that_do_not_reach_the_layer_are_refused(tmp_path):
    shallow = Network(write_network(tmp_path / "vgg16.safetensors", "conv2_1"))
    assert DecoderTraining(shallow, RECIPE, CPU).step == 0
    with pytest.raises(ValueError, match="end at conv2_1, so there is no pool2"):
        DecoderTraining(shallow, replace(RECIPE, layer="pool2"), CPU)


def trained(training, images, steps):
    """Its decoder's weights after so many steps more, each followed by an evaluation."""
    for _ in range(steps):
        training.advance(images[:2])
        training.evaluate(images[2:])
    return training.best_decoder().state_dict()


def test_a_training_goes_on_from_its_state_as_if_undisturbed(network, tmp_path):
    images = photographs_like(4)
    whole = DecoderTraining(network, RECIPE, CPU)
    whole.start(images[:2], images[2:], torch.Generator().manual_seed(0))
    trained(whole, images, 2)
    torch.save(whole.state(), tmp_path / "state.pt")
    expected = trained(whole, images, RECIPE.steps - 2)
    resumed = DecoderTraining(network, RECIPE, CPU)
    resumed.load_state(torch.load(tmp_path / "state.pt", weights_only=True))
    found = trained(resumed, images, RECIPE.steps - 2)
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in found)
    # Row 0 has no training loss.
    assert resumed.curve[1:] == whole.curve[1:] and resumed.curve[0]["error"] > 0
    assert [row["step"] for row in whole.curve] == list(range(RECIPE.steps + 1))


def test_the_best_decoder_is_kept(network):
    images = photographs_like(4)
    recipe = replace(RECIPE, steps=8, learning_rate=30.0)
    training = DecoderTraining(network, recipe, CPU)
    training.start(images[:2], images[2:], torch.Generator().manual_seed(0))
    trained(training, images, recipe.steps)
    errors = [row["error"] for row in training.curve]
    assert training.share < 1  # steps were too long
    decoder = training.best_decoder()
    assert not decoder.training
    with torch.no_grad():
        decoded = decoder(*encode(network, images[2:], "pool1"))
    found = float(relative_errors(decoded, images[2:]).mean())
    assert found == pytest.approx(min(errors), rel=1e-3)


def test_the_third_comparison_without_a_better_one_halves_the_steps(network, monkeypatch):
    errors = iter([0.5, 0.4, 0.45, 0.44, 0.43, 0.42, 0.41, 0.3, 0.31])
    module = "cnninvert.decoders.training.relative_errors"
    monkeypatch.setattr(module, lambda decoded, images: torch.tensor([next(errors)]))
    images = photographs_like(4)
    training = DecoderTraining(network, replace(RECIPE, steps=8), CPU)
    training.start(images[:2], images[2:], torch.Generator().manual_seed(0))
    shares = []
    for _ in range(8):
        training.advance(images[:2])
        training.evaluate(images[2:])
        shares.append(training.share)
        if len(shares) == 4:  # the third since the best
            kept = training.decoder.state_dict()
            assert all(torch.equal(kept[name], best) for name, best in training.best.items())
    assert shares == [1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5]


@pytest.mark.parametrize(
    "what", [("vgg19", "pool1", "known"), ("vgg16", "pool9", "known"), ("vgg16", "pool1", "Known")]
)
def test_what_is_no_decoder_is_refused(what):
    with pytest.raises(ValueError, match="a decoder has one of"):
        Decoder(*what)
