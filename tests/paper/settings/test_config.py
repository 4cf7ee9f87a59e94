"""A bad config is refused in one sentence that names the key."""

import copy
from pathlib import Path

import pytest
import yaml

from machinery.errors import InputError
from machinery.schema import typed
from paper.settings.config import MOVED, check_config
from paper.settings.plan import Plan

ROOT = Path(__file__).parents[3]
PRESETS = [ROOT / "tests" / "tiny.yaml", *sorted((ROOT / "presets").glob("*.yaml"))]


def merge(base, change):
    merged = copy.deepcopy(base)
    for key, value in change.items():
        old = merged.get(key)
        both = isinstance(value, dict) and isinstance(old, dict)
        merged[key] = merge(old, value) if both else value
    return merged


@pytest.fixture
def config():
    return yaml.safe_load((ROOT / "config.yaml").read_text())


def test_the_default_is_valid(config):
    check_config(config)


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_presets_are_valid_and_name_their_own_folder(path, config):
    preset = yaml.safe_load(path.read_text())
    check_config(merge(config, preset))
    assert preset["preset"] == path.stem


BAD = [
    ({"sede": 1}, "sede is not a setting"),
    ({"images": {"rooot": "x"}}, "images.rooot is not a setting"),
    ({"seed": "zero"}, "seed = 'zero'"),
    ({"seed": True}, "seed = True"),
    ({"seed": -1}, "at least 0"),
    ({"device": "gpu"}, "one of: auto, cpu, cuda"),
    ({"preset": "a/b"}, "preset = 'a/b'"),
    ({"preset": "data"}, "reserved"),
    ({"data": {"sources": []}}, "data.sources"),
    ({"data": {"sources": ["mirror", "mirror"]}}, "without repetition"),
    ({"images": {"root": "/no/such/folder"}}, "images.root = /no/such/folder: there is no such"),
    ({"images": {"test": 4}}, "table2.images = 16 is more than images.test = 4"),
    ({"weights": {"use": "mine"}}, "mine is neither known"),
    ({"weights": {"compare": ["torchvision"]}}, "weights.compare names torchvision"),
    ({"figure3": {"layer": "conv1_1"}}, "figure3.layer"),
    ({"figure3": {"lambda": 0}}, "figure3.lambda = 0"),
    ({"figure3": {"lambda": 1.5}}, "less than 1"),
    ({"table1": {"sizes": [4]}}, "table1.sizes"),
    (
        {"table1": {"sizes": [7], "channels": [64]}},
        "table1.multiply_adds = 15 (million) leaves out every configuration of 3 layers, the "
        "smallest of which has 73.87",
    ),
    ({"table1": {"chosen": {"conv-1": {"size": 3, "channels": 8}}}}, "table1.chosen"),
    ({"table1": {"train_images": 60000}}, "at most 50000"),
    ({"table1": {"train_images": 40}}, "train_images = 40 are fewer than table1.batch = 100"),
    ({"table1": {"search_images": 40, "validation": 0.01}}, "leave 0 images held out"),
    ({"table1": {"search_images": 100, "folds": 3}}, "leave 66 images to train on; 100 or"),
    ({"table1": {"search_images": 110, "validation": 0.9}}, "leave 11 images to train on"),
    ({"table1": {"search_images": 20, "folds": 21}}, "folds = 21 exceeds"),
    ({"table1": {"halving": 3}}, "halving = 3 exceeds table1.search_epochs = 2"),
    ({"table1": {"one_layer_halving": 3}}, "one_layer_halving = 3 exceeds table1.search_epochs"),
    ({"table1": {"layers": [1, 4], "variants": ["patches"]}}, "maps of layer 4, which are 4"),
    (
        {"table1": {"variants": ["patches"], "chosen": {"learned-3": {"size": 11, "channels": 8}}}},
        "chosen.learned-3.size = 11 do not fit into the maps of layer 3, which are 8 wide",
    ),
    ({"table1": {"inverted_seeds": 3}}, "inverted_seeds = 3 is more than table1.seeds = 1"),
    ({"table1": {"variants": ["dropout"]}}, "table1.variants"),
    ({"table1": {"flips": 1}}, "table1.flips"),
    ({"table1": {"precision": "half"}}, "one of: auto, float32, bfloat16"),
    ({"figure2": {"filter_size": 40}}, "figure2.filter_size = 40 exceeds"),
    ({"figure2": {"sparsity": 60}}, "figure2.sparsity = 60"),
    ({"decoders": {"crop": 100}}, "multiple of 32"),
    ({"decoders": {"crop": 32}}, "decoders.crop = 32"),
    ({"decoders": {"pool_loss": -1}}, "decoders.pool_loss = -1"),
    ({"decoders": {"steps": {"vgg16": {"pool1": 0}}}}, "decoders.steps.vgg16.pool1 = 0"),
    ({"decoders": {"steps": {"alexnet": {"pool3": 9}}}}, "decoders.steps.alexnet.pool3 is no"),
    ({"figure3_layers": {"layers": ["conv6"]}}, "figure3_layers.layers.0 = 'conv6'"),
    ({"figure3_layers": {"layers": ["conv5"]}}, "lambda_layers names conv1_2"),
    ({"figure3_layers": {"lambdas": [0.1, 1]}}, "less than 1"),
    ({"figure3_layers": {"images": 33}}, "figure3_layers.images = 33 is more than images.test"),
    ({"iht_codes": {"density": 0.3}}, "iht_codes.density = 0.3"),
    ({"iht_codes": {"densities": [0.1, 0.4]}}, "at most 0.25"),
    ({"iht_codes": {"length": 4, "channels": 2}}, "iht_codes: a density of 0.01 leaves no"),
    ({"iht_activations": {"images": 40}}, "iht_activations.images = 40 is more than images.test"),
    ({"iht_activations": {"steps": []}}, "iht_activations.steps"),
    ({"picture": {"file": "/no/such.jpg"}}, "picture.file = /no/such.jpg: there is no such file"),
    ({"picture": {"file": __file__}, "table4": {"layers": [1, 2]}}, "picture.layer = 4 is"),
    ({"picture": {"layer": 5}}, "picture.layer = 5"),
    ({"table4": {"iht_images": 33}}, "table4.iht_images = 33 is more than images.test"),
    ({"table4": {"codes_images": 1}}, "table4.codes_images = 1"),
    ({"table4": {"inverted_images": 33}}, "table4.inverted_images = 33 is more than images.test"),
    (
        {"images": {"test": 12}},
        "images.test = 12 (and figure3.images = 16, figure3_layers.images = 16); lower",
    ),
    ({"network": {"code_images": 33}}, "network.code_images = 33 needs network.images = 33"),
    ({"network": {"images": 3}}, "network.step_images = 4 needs network.images = 4 or more, inv"),
    ({"table4": {"codes_gap": 0}}, "more than 0"),
    ({"table4": {"lpips": ["squeeze"]}}, "one of: alexnet, vgg16"),
]


def test_what_is_chosen_for_other_depths_need_not_fit(config):
    chosen = {"random-1": {"size": 11, "channels": 8}, "learned-5": {"size": 3, "channels": 8}}
    check_config(merge(config, {"table1": {"variants": ["patches"], "chosen": chosen}}))


@pytest.mark.parametrize(("change", "words"), BAD, ids=[words for _, words in BAD])
def test_refusals(change, words, config):
    with pytest.raises(InputError) as error:
        check_config(merge(config, change))
    sentence = str(error.value)
    assert words in sentence
    assert "\n" not in sentence and sentence.endswith(".")


OLD = [
    ({"classify": {"epochs": 3}}, "classify.epochs", "table1.epochs"),
    ({"theory": {"trials": 3}}, "theory.trials", "figure2.trials"),
    ({"sparsity": {"images": 3}}, "sparsity.images", "table2.images"),
    ({"coherence": {"seeds": 3}}, "coherence.seeds", "table3.banks"),
    ({"rip": {"lambda": 0.1}}, "rip.lambda", "figure3.lambda"),
    ({"reconstruct": {"iht_steps": 3}}, "reconstruct.iht_steps", "table4.iht_steps"),
    (
        {"iht_activations": {"filter_seeds": 3}},
        "iht_activations.filter_seeds",
        "iht_activations.banks",
    ),
    ({"decoder": {"crop": 64}}, "decoder.crop", "decoders.crop"),
    ({"metrics": {"lpips": []}}, "metrics.lpips", "table4.lpips"),
    ({"rip": {}}, "rip", "figure3"),
    ({"rip": None}, "rip", "figure3"),
    ({"classify": 3}, "classify", "table1"),
]


@pytest.mark.parametrize(("change", "old", "new"), OLD, ids=[old for _, old, _ in OLD])
def test_settings_that_were_called_otherwise_are_refused_with_their_new_names(
    change, old, new, config
):
    with pytest.raises(InputError) as error:
        check_config(merge(config, change))
    assert str(error.value) == f"config: {old} has moved: it is called {new} now."


def test_every_old_name_leads_to_a_setting_that_there_is(config):
    assert {old.partition(".")[0] for old in MOVED} == {old.partition(".")[0] for _, old, _ in OLD}
    for old, new in MOVED.items():
        section, _, key = new.partition(".")
        assert section in config and (not key or key in config[section])
        section, _, key = old.partition(".")
        assert key not in config[section] if section in config else True


def test_text_from_the_command_line_becomes_what_it_says():
    given = {"a": {"b": "3", "c": "0.1", "d": "null", "e": "true", "f": "pool4", "g": ["1", 2]}}
    read = {"a": {"b": 3, "c": 0.1, "d": None, "e": True, "f": "pool4", "g": [1, 2]}}
    assert typed(given) == read
    assert typed({"root": "", "path": "a: b: c"}) == {"root": "", "path": "a: b: c"}
    given = {
        "preset": "12",
        "images": {"root": "null", "test": "8"},
        "figure4": {"photographs": "2"},
    }
    read = {"preset": "12", "images": {"root": None, "test": 8}, "figure4": {"photographs": "2"}}
    assert typed(given) == read
    # YAML takes it for text.
    given = {"horizon": {"floor": "1e-3", "side": "1e2"}, "preset": "1e-3"}
    assert typed(given) == {"horizon": {"floor": 0.001, "side": "1e2"}, "preset": "1e-3"}
    assert typed({"data": {"sources": ["1"]}, "seed": "null"}) == {
        "data": {"sources": [1]},
        "seed": "null",
    }


def test_a_missing_key(config):
    del config["figure3"]["gap"]
    with pytest.raises(InputError, match=r"figure3\.gap is missing"):
        check_config(config)


def write_safetensors(path, shapes):
    import torch
    from safetensors.torch import save_file

    save_file({name: torch.zeros(shape) for name, shape in shapes.items()}, path)


def with_file(config, path):
    files = {"mine": {"path": str(path), "preprocessing": "caffe-bgr"}}
    return merge(config, {"weights": {"use": "mine", "files": files}})


def test_a_file_that_is_no_safetensors_file(config, tmp_path):
    (tmp_path / "w.safetensors").write_text("hello")
    with pytest.raises(InputError, match="not a safetensors file"):
        check_config(with_file(config, tmp_path / "w.safetensors"))


def test_a_file_of_other_shapes(config, tmp_path):
    path = tmp_path / "w.safetensors"
    write_safetensors(path, {"conv1_1.weight": (3, 3, 64, 3), "conv1_1.bias": (64,)})
    with pytest.raises(InputError, match=r"conv1_1\.weight has shape"):
        check_config(with_file(config, path))


def test_a_file_of_the_first_layers_leaves_the_rest_out_with_sentences(config, tmp_path):
    path = tmp_path / "w.safetensors"
    shapes = {}
    for name, outputs, inputs in (
        *(("conv1_1", 64, 3), ("conv1_2", 64, 64), ("conv2_1", 128, 64)),
        *(("conv2_2", 128, 128), ("conv3_1", 256, 128)),
    ):
        shapes |= {f"{name}.weight": (outputs, inputs, 3, 3), f"{name}.bias": (outputs,)}
    write_safetensors(path, shapes)
    changed = merge(with_file(config, path), {"picture": {"file": __file__, "layer": 3}})
    check_config(changed)
    plan = Plan(changed)
    assert plan.layers["mine"][-1] == "conv3_1"
    assert plan.macro_layers["mine"] == [1, 2]
    assert not plan.figure3 and not plan.picture
    vgg16 = [layer for network, _, layer in plan.figure3_layers if network == "vgg16"]
    assert vgg16 == ["conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1"]
    assert plan.lambda_layers == [("vgg16", "mine", "conv1_2")]
    assert {"table4", "figure3", "figure3_layers", "picture"} <= plan.left_out.keys()
    left_out = " ".join(sentence for each in plan.left_out.values() for sentence in each)
    for words in ("pool(3)", "pool(4)", "figure3", "figure3_layers", "picture", "conv3_1"):
        assert words in left_out


def test_the_figure_of_switches_needs_decoders_that_use_them(config):
    assert Plan(config).switches
    plan = Plan(merge(config, {"decoders": {"switches": ["fixed"]}}))
    assert not plan.switches
    (sentence,) = plan.left_out["switches"]
    assert sentence.startswith("switches is left out")
