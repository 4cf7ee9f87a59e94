"""Configs drawn from the schema: each that breaks one rule is refused in one sentence."""

import copy

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from config_strategies import DEFAULT, MISSING, NEW, SCHEMA, Unknown, breaks, changed
from machinery.errors import InputError
from paper.settings.config import OF_TEST, check_config

SCREEN = 80 * 24  # characters
SOME = settings(
    max_examples=2,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def damaged_file(config):
    """The sentence that refuses ``config``."""
    with pytest.raises(InputError) as error:
        check_config(config)
    sentence = str(error.value)
    assert sentence.startswith("config: ") and sentence.endswith("."), sentence
    assert sentence.isprintable() and len(sentence) < SCREEN, sentence
    return sentence


@pytest.fixture
def base(tmp_path):
    """The default config with an entry of the user's in each mapping that may have some."""
    (tmp_path / "w.safetensors").touch()
    config = copy.deepcopy(DEFAULT)
    entry = {"path": str(tmp_path / "w.safetensors"), "preprocessing": "torchvision"}
    config["weights"]["files"][NEW] = entry
    names = SCHEMA["properties"]["table1"]["properties"]["chosen"]["properties"]
    cell = {"size": 3, "channels": 8, "epochs": 1}
    config["table1"]["chosen"] = {name: dict(cell) for name in names}
    check_config(config)
    return config


def test_every_rule_of_the_schema_is_kept(base, figure):
    refused = set()

    def refuse(broken):
        @SOME
        @given(broken.values)
        def once(value):
            sentence = damaged_file(changed(base, broken.place, value))
            key = ".".join(str(name) for name in broken.place)
            if isinstance(value, Unknown):
                assert key in sentence
            else:
                assert f"config: {key or 'the file'} " in sentence, sentence
            refused.add((broken, repr(value)))

        once()

    rules = list(breaks())
    for broken in rules:
        refuse(broken)
    assert {broken for broken, _ in refused} == set(rules)
    assert len(refused) >= 1000
    figure(f"configs refused: {len(refused)} of {len(refused)}, for {len(rules)} rules")


PATCHES = {"layers": [4], "variants": ["patches"], "multiply_adds": None}
# What a schema cannot say: for each rule, the change that breaks it and the key that is named.
BETWEEN = {
    **{
        f"{section}.{key}": st.integers(DEFAULT["images"]["test"] + 1, 10**9).map(
            lambda count, section=section, key=key: {section: {key: count}}
        )
        for section, key in OF_TEST
    },
    "weights.use": st.from_regex("^[a-n]{3,9}$").map(lambda name: {"weights": {"use": name}}),
    "weights.compare": st.sampled_from(["torchvision", "nosuch"]).map(
        lambda name: {"weights": {"compare": [name]}}
    ),
    "images.root": st.text(min_size=1).map(lambda name: {"images": {"root": f"/no/such/{name}"}}),
    "picture.file": st.text(min_size=1).map(lambda name: {"picture": {"file": f"/no/such/{name}"}}),
    "picture.layer": st.sampled_from([1, 2, 3]).map(
        lambda layer: {
            "picture": {"file": __file__, "layer": layer},
            "table4": {"layers": [4]},
        }
    ),
    "table1.folds": st.integers(DEFAULT["table1"]["search_images"] + 1, 10**9).map(
        lambda n: {"table1": {"folds": n}}
    ),
    "table1.validation": st.floats(0.995, 1, exclude_max=True).map(
        lambda share: {"table1": {"validation": share}}
    ),
    "table1.multiply_adds": st.floats(1e-9, 1).map(lambda n: {"table1": {"multiply_adds": n}}),
    "table1.halving": st.integers(3, 10**9).map(lambda n: {"table1": {"halving": n}}),
    "table1.one_layer_halving": st.integers(3, 10**9).map(
        lambda n: {"table1": {"one_layer_halving": n}}
    ),
    "table1.train_images": st.integers(20, 99).map(lambda n: {"table1": {"train_images": n}}),
    "table1.variants": st.sampled_from([9, 11]).map(
        lambda size: {"table1": {**PATCHES, "sizes": [size]}}
    ),
    "figure2.filter_size": st.integers(33, 10**9).map(lambda n: {"figure2": {"filter_size": n}}),
    "figure2.sparsity": st.integers(49, 10**9).map(lambda n: {"figure2": {"sparsity": n}}),
    "figure3_layers.lambda_layers": st.sampled_from(["conv1", "conv5", "conv4_3"]).map(
        lambda layer: {"figure3_layers": {"layers": [layer]}}
    ),
    "iht_codes": st.floats(1e-9, 1e-6).map(lambda density: {"iht_codes": {"densities": [density]}}),
}


@pytest.mark.parametrize("key", BETWEEN)
def test_every_rule_between_keys_is_kept(key, figure):
    refused = set()

    @settings(SOME, max_examples=10)
    @given(BETWEEN[key])
    def once(change):
        config = copy.deepcopy(DEFAULT)
        for section, values in change.items():
            config[section] |= values
        assert key in damaged_file(config)
        refused.add(repr(change))

    once()
    figure("configs refused for a rule between keys", len(refused))


@pytest.mark.parametrize("path", ["a" * 5000, "a\0b", "{layer}", "x\ny", "\udc80", "~nobody/x"])
def test_odd_paths_are_refused(path, tmp_path):
    (tmp_path / "{layer}").mkdir()
    for section, key in (("images", "root"), ("picture", "file")):
        config = copy.deepcopy(DEFAULT)
        config[section][key] = str(tmp_path / path)
        assert f"{section}.{key}" in damaged_file(config)[:40]


def test_a_missing_key_of_any_section():
    for section in DEFAULT:
        assert section in damaged_file(changed(DEFAULT, (section,), MISSING))
