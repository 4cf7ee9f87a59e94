"""Configs drawn from the schema, through Snakemake: bad ones start nothing, valid ones plan all."""

import copy
import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import torch
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import save_file

from cnninvert.networks.layers import ARCHITECTURES, Conv
from config_strategies import DEFAULT, NEW, SCHEMA, at, breaks, changed, nodes, valid
from machinery.errors import InputError
from machinery.schema import typed
from paper.settings.config import check_config

SOME = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
BAD, VALID = 20, 8


def dry_runs(project, folder, texts, targets):
    """Dry runs of ``targets`` with each of ``texts`` as config file, two at a time."""

    def plan(number):
        path = folder / f"{number}.yaml"
        path.write_bytes(texts[number])
        return project.plan(*targets, "-q", "rules", preset=str(path))

    before = sorted(project.folder.rglob("[!.]*"))
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(plan, range(len(texts))))
    left = [path for path in sorted(project.folder.rglob("[!.]*")) if ".snakemake" not in str(path)]
    assert left == [path for path in before if ".snakemake" not in str(path)]
    return done


def refused_by_snakemake():
    """Configs that break one rule each, as a config file can hold them, and their sentences."""
    # What stands in a mapping that is empty by default cannot be broken alone.
    rules = [
        broken
        for broken in breaks()
        if broken.rule != "required" and NEW not in broken.place
        if at(DEFAULT, broken.place[:-1]) is not None
    ]
    found = []
    for broken in random.Random(0).sample(rules, 6 * BAD):
        value = an_example(broken.values)
        config = changed(DEFAULT, broken.place, value)
        # It comes on top of config.yaml, and text in it may become a number.
        if not broken.place or value == {} or typed(config) != config:
            continue
        text = yaml.safe_dump(config, allow_unicode=True).encode()
        with pytest.raises(InputError) as error:
            check_config(config)
        found.append((text, str(error.value)))
    return found[:BAD]


def an_example(values):
    drawn = []

    @settings(SOME, max_examples=1)
    @given(values)
    def draw(value):
        drawn.append(value)

    draw()
    return drawn[0]


def test_bad_configs_are_refused_before_any_job_starts(empty_project, tmp_path, figure):
    cases = refused_by_snakemake()
    assert len(cases) == BAD
    done = dry_runs(empty_project, tmp_path, [text for text, _ in cases], [])
    for process, (_, sentence) in zip(done, cases, strict=True):
        assert process.returncode != 0
        assert sentence in process.stdout, process.stdout
        assert "Traceback" not in process.stdout and "Building DAG" not in process.stdout
    figure(f"configs refused through Snakemake: {len(cases)} of {len(cases)}")


@pytest.fixture(scope="module")
def own_files(tmp_path_factory):
    """What a config may name: weights of the first layers, a folder of images, a picture."""
    folder = tmp_path_factory.mktemp("own")
    tensors = {}
    for layer in ARCHITECTURES["vgg16"][:5]:
        if isinstance(layer, Conv):
            tensors[f"{layer.name}.weight"] = torch.zeros(layer.shape)
            tensors[f"{layer.name}.bias"] = torch.zeros(layer.outputs)
    save_file(tensors, folder / "w.safetensors")
    (folder / "images").mkdir()
    Image.new("RGB", (64, 64)).save(folder / "images" / "a picture.png")
    return folder


def valid_configs(files, count):
    """Configs drawn key by key: what the rules between keys refuse stays at its default.

    Every second one has the user's own files, whatever is drawn beside them.
    """
    mine = {"mine": {"path": str(files / "w.safetensors"), "preprocessing": "caffe-bgr"}}
    both = {
        ("weights", "files"): ({}, mine),
        ("weights", "use"): ("torchvision", "mine"),
        ("weights", "compare"): ([], ["oxford", "torchvision"]),
        ("images", "root"): (None, str(files / "images")),
        ("picture", "file"): (None, str(files / "images" / "a picture.png")),
        ("table4", "lpips"): (["alexnet"], []),
        ("table1", "chosen"): ({}, {"random-1": {"size": 3, "channels": 8}}),
        ("device",): ("auto", "cpu"),
    }
    leaves = [
        (place, valid(schema, {}))
        for place, schema in nodes(SCHEMA)
        if "properties" not in schema and NEW not in place
        if not any(place[: len(fixed)] == fixed for fixed in both)
        if not any(isinstance(name, int) for name in place)
    ]
    drawn = []

    # The first examples of all are the simplest, and much alike: they are not built.
    @settings(SOME, max_examples=4 * count)
    @given(st.data())
    def draw(data):
        config = copy.deepcopy(DEFAULT)
        for place, values in both.items():
            config = changed(config, place, values[len(drawn) % 2])
        check_config(config)
        for place, values in data.draw(st.permutations(leaves)):
            value = data.draw(values)
            if len(drawn) < 3 * count:
                continue
            new = changed(config, place, value)
            with suppress(InputError):
                check_config(new)
                config = new
        drawn.append(config)

    draw()
    return drawn[-count:]


def test_valid_configs_plan_everything(empty_project, own_files, tmp_path, figure):
    configs = valid_configs(own_files, VALID)
    assert len({str(config) for config in configs}) > VALID / 2
    texts = [yaml.safe_dump(config).encode() for config in configs]
    targets = ["all", "figure3_layers", "decoders"]
    for process, text in zip(dry_runs(empty_project, tmp_path, texts, targets), texts, strict=True):
        assert process.returncode == 0, text.decode() + process.stdout
    figure(f"valid configs that plan: {len(configs)} of {len(configs)}")
