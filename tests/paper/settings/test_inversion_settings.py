"""Which methods of inversion there are for a layer."""

import pytest

from paper.settings.inversion import inversion_methods

ALL = ["both", "values", "refined", "switches", "noise", "decoder"]
WITHOUT = ["both", "values", "switches", "noise"]  # without a decoder


def methods(switches, layer="pool3", wanted=ALL, **network):
    network = {"name": "vgg16", "file": None, "weights": None, "random": None, **network}
    config = {"network": network, "inversion": {"methods": wanted}}
    return inversion_methods(config | {"decoders": {"switches": switches}}, layer)


def test_pictures_are_refined_where_a_decoder_knows_the_values_alone():
    assert methods(["known"]) == [*WITHOUT, "decoder_known"]
    refined = ["both", "values", "refined", "switches", "noise"]
    assert methods(["known", "fixed"]) == [*refined, "decoder_known", "decoder_fixed"]
    assert methods(["fixed"]) == [*refined, "decoder_fixed"]
    assert methods(["fixed"], wanted=["values", "refined"]) == ["values", "refined"]


@pytest.mark.parametrize(
    "other",
    [{"layer": "conv3_1"}, {"file": "my.py"}, {"weights": "my.safetensors"}, {"random": 0}],
    ids=str,
)
def test_only_layers_that_have_decoders_are_refined_or_decoded(other):
    assert methods(["known", "fixed"], **other) == WITHOUT
