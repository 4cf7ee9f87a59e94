"""What stands beside decoded pictures: baselines, wrong switches, tables, claims."""

import numpy as np
import pandas as pd
import pytest
import torch

from paper.table4.baselines import baselines, mean_colour
from paper.table4.methods import BASELINES, METHODS
from paper.table4.switch_controls import mean_activations, shuffled
from paper.verdict import claims
from paper.verdict.claim import table as table_of
from table4.write_table4_pictures import by_method


def test_baselines():
    photograph = torch.rand(1, 3, 48, 64, generator=torch.Generator().manual_seed(0))
    found = baselines(photograph, torch.tensor([0.1, 0.2, 0.3]))
    assert list(found) == list(BASELINES)
    assert all(picture.shape == photograph.shape for picture in found.values())
    assert found["mean_colour"][0, :, 5, 7].tolist() == pytest.approx([0.1, 0.2, 0.3])
    # The best constant of the photograph, and of each block.
    torch.testing.assert_close(found["own_mean"][0, :, 3, 4], photograph.mean((0, 2, 3)))
    block = photograph[0, :, 16:32, 48:64].mean((1, 2))
    torch.testing.assert_close(found["block_means"][0, :, 31, 48], block)
    assert len(found["block_means"].flatten(2).unique(dim=2)[0, 0]) == 3 * 4


def test_mean_colour_of_photographs():
    images = np.zeros((4, 3, 8, 8), np.uint8)
    images[:2, 0], images[3, 2] = 255, 51
    assert mean_colour(images).tolist() == pytest.approx([0.5, 0, 0.05])


def test_shuffled_switches_keep_each_channels_histogram():
    random = torch.Generator().manual_seed(0)
    places = {"pool1": torch.randint(4, (1, 6, 8, 8), generator=random, dtype=torch.uint8)}
    places["pool1"][0, 0] = 3  # a channel where all places are the same
    found = shuffled(places, seed=0, image=0)["pool1"]
    for before, after in zip(places["pool1"][0], found[0], strict=True):
        assert before.flatten().bincount(minlength=4).equal(after.flatten().bincount(minlength=4))
    assert not found.equal(places["pool1"]) and found.dtype == torch.uint8
    assert found.equal(shuffled(places, seed=0, image=0)["pool1"])
    assert not found.equal(shuffled(places, seed=0, image=1)["pool1"])
    assert not found.equal(shuffled(places, seed=1, image=0)["pool1"])
    # Each channel has a permutation of its own.
    same = {"pool1": places["pool1"][:, 1:2].repeat(1, 2, 1, 1)}
    one, other = shuffled(same, seed=0, image=0)["pool1"][0]
    assert not one.equal(other)


def test_mean_activations_leave_the_photograph_out():
    class Stored:
        data = torch.rand(5, 3, 4, 4, generator=torch.Generator().manual_seed(0))

        def __len__(self):
            return len(self.data)

        def read(self, layer, kind, start, stop):
            return self.data[start:stop]

    found = mean_activations(Stored(), "pool1")
    assert found.shape == (5, 3, 1, 1)
    torch.testing.assert_close(found[1].flatten(), Stored.data[[0, 2, 3, 4]].mean((0, 2, 3)))


def scores(errors, decoder="known"):
    """A row for each method and photograph; ``errors``: a list a method."""
    rows = [
        {"layer": "pool2", "decoder": decoder, "image": f"{image}.png", "method": method}
        | {"error": error, "psnr": 20.0 + image, "activation_error": 0.0}
        for method, values in errors.items()
        for image, error in enumerate(values)
    ]
    return pd.DataFrame(rows)


def test_table_of_pictures():
    decoded = scores({"learned_iht": [0.1, 0.3], "original": [0.1, 0.2, 0.3]})
    plain = scores({"own_mean": [0.4, 0.4, 0.4]}).drop(columns="activation_error")
    found = by_method(pd.concat([decoded, plain.assign(layer="", decoder="none")]))
    assert found["method"].tolist() == [
        METHODS["original"],
        METHODS["learned_iht"],
        BASELINES["own_mean"],
    ]
    assert found["n"].tolist() == [3, 2, 3]
    assert found["layer"].tolist() == ["pool(2)", "pool(2)", ""]
    assert found["relative error"].tolist() == ["0.200 ± 0.100", "0.200 ± 0.141", "0.400 ± 0.000"]
    assert found["PSNR (dB)"][0] == "21.0 ± 1.0"
    assert found["activation error"].tolist() == ["0", "0", ""]
    assert "LPIPS (AlexNet)" not in found


@pytest.fixture
def image_errors():
    """Errors of five photographs, and of the first three only for more steps and codes."""
    many = {"original": 0.1, "shuffled": 0.6, "others": 0.5, "constant": 0.3}
    few = {}
    for filters in ("learned", "gaussian"):
        many[f"{filters}_absolute"] = 0.4
        few |= {f"{filters}_iht": 0.2, f"{filters}_codes": 0.45}
    errors = {name: [error + i / 50 for i in range(5)] for name, error in many.items()}
    return errors | {name: [error + i / 49 for i in range(3)] for name, error in few.items()}


def verdicts(image_errors, decoder="known", baseline=0.3):
    table = scores(image_errors, decoder).assign(reference="picture", pixels="unit")
    plain = scores({name: [baseline + i / 60 for i in range(5)] for name in BASELINES})
    return table_of(claims.pictures(table, plain.drop(columns=["layer", "decoder"])))


def test_claims_on_pictures(image_errors):
    table = verdicts(image_errors).set_index("claim")
    assert (table["id"] == "pictures.pool2").all()
    assert (table.filter(like="more IHT steps", axis=0)["verdict"] == "holds").all()
    assert (table.filter(like="Algorithm 2", axis=0)["verdict"] == "contradicted").all()
    assert (table.filter(like="Algorithm 2", axis=0)["n"] == 3).all()
    # Only on the photographs that both have: a mean over all five would be larger by 0.02.
    more = table.filter(like="more IHT steps", axis=0)
    assert more["ours"].tolist() == pytest.approx([0.2 + 1 / 50 - 1 / 49] * 2)
    assert table.filter(like="right switches", axis=0)["verdict"].tolist() == ["holds"] * 2
    assert (
        table.filter(like="original activations beat", axis=0)["verdict"].tolist() == ["holds"] * 3
    )


def test_a_decoder_worse_than_a_baseline_is_none(image_errors):
    table = verdicts(image_errors, baseline=0.05).set_index("claim")
    beats = table.filter(like="original activations beat", axis=0)
    assert (beats["verdict"] == "contradicted").all()
    image_errors["constant"] = [0.9] * 5
    table = verdicts(image_errors).set_index("claim")
    right = table.filter(like="right switches", axis=0)
    assert (right["verdict"] == "contradicted").all()


def test_a_decoder_with_fixed_switches_has_no_wrong_ones(image_errors):
    table = verdicts({k: v for k, v in image_errors.items() if k != "constant"}, "fixed")
    assert not table["claim"].str.startswith("right switches").any()
