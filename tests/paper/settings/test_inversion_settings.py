"""Which methods of inversion there are for a layer."""

import pytest

from paper.settings.inversion import inversion_methods

ALL = ["both", "values", "refined", "switches", "noise", "decoder"]
WITHOUT = ["both", "values", "switches", "noise"]  # without a decoder


def methods(switches, layer="pool3", wanted=ALL, **network):
    none = dict.fromkeys(("file", "weights", "random", "mean", "std"))
    decoders = {"switches": switches, "steps": {"vgg16": {"pool3": 3, "pool5": 3}}}
    return inversion_methods(
        {
            "network": {"name": "vgg16", **none, **network},
            "inversion": {"methods": wanted},
            "decoders": decoders,
        },
        layer,
    )


def test_pictures_are_refined_where_a_decoder_knows_the_values_alone():
    assert methods(["known"]) == [*WITHOUT, "decoder_known"]
    refined = ["both", "values", "refined", "switches", "noise"]
    assert methods(["known", "fixed"]) == [*refined, "decoder_known", "decoder_fixed"]
    assert methods(["fixed"]) == [*refined, "decoder_fixed"]
    assert methods(["fixed"], wanted=["values", "refined"]) == ["values", "refined"]
    assert methods(["known"], "pool5") == [*WITHOUT, "decoder_known"]


@pytest.mark.parametrize(
    "other",
    [
        {"layer": "conv3_1"},
        {"file": "my.py"},
        {"weights": "my.safetensors"},
        {"random": 0},
        {"mean": [0.5] * 3},
    ],
    ids=str,
)
def test_only_layers_that_have_decoders_are_refined_or_decoded(other):
    assert methods(["known", "fixed"], **other) == WITHOUT
