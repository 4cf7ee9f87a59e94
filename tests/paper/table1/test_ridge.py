"""The ridge classifier is the least-squares fit that it claims to be, and chooses honestly."""

import numpy as np
import pytest
import torch

from machinery.errors import InputError
from paper.table1 import ridge

SHAPES = [(60, 17), (40, 40), (30, 75)]  # more images than features, as many, fewer
CLASSES = 4


def problem(shape, random, dtype=torch.float32):
    """Features like those after ReLU and pooling: non-negative, of a large mean; labels fit them.

    The last tenth of the rows is held out.
    """
    count, size = shape
    labels = torch.randint(CLASSES, (count,), generator=random)
    means = torch.randn(CLASSES, size, generator=random)
    features = (means[labels] + 2 * torch.randn(shape, generator=random) + 5).clamp(min=0)
    return features.to(dtype), labels, torch.arange(count - count // 10, count)


def fit(*given):
    """Solved to what float32 products allow, so that it can be compared."""
    return ridge.fit(*given, tolerance=1e-6)


def dense(features, labels, share):
    """Weight and bias by least squares in float64: the penalty as rows below the features."""
    x, y = features.double().numpy(), np.eye(CLASSES)[labels.numpy()]
    mean, level = x.mean(0), y.mean(0)
    centred = x - mean
    scale = share * (centred**2).sum() / min(x.shape)
    rows = np.vstack([centred, np.sqrt(scale) * np.eye(x.shape[1])])
    below = np.zeros((x.shape[1], CLASSES))
    weight = np.linalg.lstsq(rows, np.vstack([y - level, below]), rcond=None)[0]
    return weight, level - mean @ weight


def seen(labels, held_out):
    return torch.tensor([i for i in range(len(labels)) if i not in held_out.tolist()])


def recorded(monkeypatch):
    """A list that takes up each fit that is made: (weight, bias)."""
    fits, classifier = [], ridge._Equations.classifier

    def record(equations, weight):
        fits.append(classifier(equations, weight))
        return fits[-1]

    monkeypatch.setattr(ridge._Equations, "classifier", record)
    return fits


def held_out_accuracy(features, labels, held_out, share):
    rows = seen(labels, held_out)
    weight, bias = dense(features[rows], labels[rows], share)
    guesses = (features[held_out].double().numpy() @ weight + bias).argmax(1)
    return (guesses == labels[held_out].numpy()).mean()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("share", [1e-3, 1e-1, 10.0])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_fit_is_that_of_dense_least_squares(shape, share, dtype, device, random):
    features, labels, held_out = problem(shape, random, dtype)
    model = fit(features.to(device), labels, CLASSES, [share], held_out)
    weight, bias = dense(features, labels, share)
    assert model.weight.dtype == model.bias.dtype == torch.float32
    # Products in float32 are wrong by 1e-7, and a penalty of 1e-3 makes 1e-3 of that.
    largest = np.abs(weight).max()
    np.testing.assert_allclose(model.weight.cpu(), weight, atol=2e-3 * largest, rtol=0)
    got = ridge.scores(features.to(device), model.weight, model.bias).cpu()
    expected = features.double().numpy() @ weight + bias
    np.testing.assert_allclose(got, expected, atol=1e-3)
    assert model.tried == [
        (share, pytest.approx(held_out_accuracy(features, labels, held_out, share)))
    ]


@pytest.mark.parametrize("shape", SHAPES)
def test_features_of_other_scales_are_solved(shape, random):
    """Variances over eight decades, of which the preconditioner takes care."""
    features, labels, held_out = problem(shape, random)
    features = features * torch.logspace(0, -4, shape[1])
    model = fit(features, labels, CLASSES, [1e-3], held_out)
    weight, bias = dense(features, labels, 1e-3)
    got = ridge.scores(features, model.weight, model.bias)
    np.testing.assert_allclose(got, features.double().numpy() @ weight + bias, atol=1e-3)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_tolerance_of_the_pipeline_gives_the_same_labels(shape, random):
    features, labels, held_out = problem(shape, random)
    near = ridge.fit(features, labels, CLASSES, [0.1], held_out)
    far = fit(features, labels, CLASSES, [0.1], held_out)
    assert near.iterations < far.iterations
    first, second = (ridge.scores(features, m.weight, m.bias) for m in (near, far))
    assert torch.equal(first.argmax(1), second.argmax(1))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("block", [1, 150, 600])
def test_the_size_of_blocks_makes_no_difference(block, shape, random, monkeypatch):
    features, labels, held_out = problem(shape, random)
    whole = fit(features, labels, CLASSES, [1e-3, 1e-1], held_out)
    monkeypatch.setitem(ridge.BLOCK, features.device.type, block)
    parts = fit(features, labels, CLASSES, [1e-3, 1e-1], held_out)
    assert torch.allclose(parts.weight, whole.weight, atol=1e-5)
    assert torch.allclose(parts.bias, whole.bias, atol=1e-4)
    assert (parts.penalty, parts.tried) == (whole.penalty, whole.tried)
    together = ridge.scores(features, whole.weight, whole.bias)
    assert torch.allclose(ridge.scores(features, parts.weight, parts.bias), together, atol=1e-4)


def test_a_large_mean_does_no_harm(random):
    features, labels, held_out = problem((60, 17), random)
    near = fit(features, labels, CLASSES, [1e-3], held_out)
    far = fit(features + 1024, labels, CLASSES, [1e-3], held_out)
    assert torch.allclose(far.weight, near.weight, atol=1e-3 * near.weight.abs().max())


@pytest.mark.parametrize("shape", [(400, 30), (200, 300)])
def test_the_best_penalty_on_held_out_rows_is_chosen(shape, random):
    features, labels, _ = problem(shape, random)
    held_out = torch.randperm(shape[0], generator=random)[: shape[0] // 3]
    shares = [1e-2, 3.0, 0.3, 1e3]
    model = fit(features, labels, CLASSES, shares, held_out)
    expected = [
        (share, held_out_accuracy(features, labels, held_out, share))
        for share in sorted(shares, reverse=True)
    ]
    # The smaller ones are left out once the accuracy falls.
    falls = [i for i in range(1, 4) if expected[i][1] < max(value for _, value in expected[:i])]
    expected = expected[: falls[0] + 1] if falls else expected
    assert [share for share, _ in model.tried] == [share for share, _ in expected]
    assert [value for _, value in model.tried] == pytest.approx([value for _, value in expected])
    assert len({value for _, value in expected}) > 1
    best = max(expected, key=lambda entry: (entry[1], entry[0]))[0]
    assert model.penalty == best
    weight, _ = dense(features, labels, best)
    np.testing.assert_allclose(model.weight, weight, atol=1e-3 * np.abs(weight).max())


@pytest.mark.parametrize("shares", [[1e-3, 1e-2, 1e-1], [1e-1, 1e-2, 1e-3]])
def test_of_equal_penalties_the_largest_is_chosen(shares, random):
    labels = torch.arange(40) % 2
    features = 10.0 * labels[:, None] + torch.rand(40, 5, generator=random)
    model = fit(features, labels, 2, shares, torch.arange(10))
    assert [accuracy for _, accuracy in model.tried] == [1, 1, 1]
    assert model.penalty == 0.1


@pytest.mark.parametrize("shape", [(200, 30), (100, 150)])
def test_held_out_labels_change_scores_and_not_the_fits_behind_them(shape, random, monkeypatch):
    features, labels, held_out = problem(shape, random)
    fits = recorded(monkeypatch)
    shares = [1e-3, 1e-1]
    first = fit(features, labels, CLASSES, shares, held_out)
    other = labels.clone()
    other[held_out] = (labels[held_out] + 1) % CLASSES
    second = fit(features, other, CLASSES, shares, held_out)
    assert len(fits) == 6  # two on the rows that are seen and one on all, twice
    for before, after in zip(fits[:2], fits[3:5], strict=True):
        assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert first.tried != second.tried
    assert not torch.equal(first.weight, second.weight)


@pytest.mark.parametrize("shape", SHAPES)
def test_held_out_features_do_not_enter_the_fits_that_choose(shape, random, monkeypatch):
    features, labels, held_out = problem(shape, random)
    fits = recorded(monkeypatch)
    fit(features, labels, CLASSES, [1e-2], held_out)
    rows = seen(labels, held_out)
    # The penalty is relative to the rows that are fitted.
    weight, bias = dense(features[rows], labels[rows], 1e-2)
    np.testing.assert_allclose(fits[0][0], weight, atol=1e-5)
    np.testing.assert_allclose(fits[0][1], bias, atol=1e-3)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_unit_of_the_features_makes_no_difference(shape, random):
    features, labels, held_out = problem(shape, random)
    one = fit(features, labels, CLASSES, [1e-2], held_out)
    thousand = fit(1024 * features, labels, CLASSES, [1e-2], held_out)
    assert torch.allclose(1024 * thousand.weight, one.weight, atol=1e-6)
    assert torch.allclose(thousand.bias, one.bias, atol=1e-5)


def test_the_features_are_left_as_they_were(random):
    features, labels, held_out = problem((30, 75), random)
    before = features.clone(), labels.clone(), held_out.clone()
    fit(features, labels, CLASSES, [1e-2], held_out)
    assert torch.equal(features, before[0])
    assert torch.equal(labels, before[1])
    assert torch.equal(held_out, before[2])


def test_a_class_without_images_is_never_the_label(random):
    features, labels, held_out = problem((60, 17), random)
    model = fit(features, labels, CLASSES + 1, [1e-2], held_out)
    assert torch.equal(model.weight[:, -1], torch.zeros(17))
    assert model.bias[-1] == 0


@pytest.mark.parametrize("shape", SHAPES)
def test_repeated_images_and_dead_features_can_be_fitted(shape, random):
    features, labels, held_out = problem(shape, random)
    features[1::2], labels[1::2] = features[::2], labels[::2]
    features[:, ::3] = 0
    model = fit(features, labels, CLASSES, [1e-3], held_out)
    assert torch.equal(model.weight[::3], torch.zeros_like(model.weight[::3]))
    weight, _ = dense(features, labels, 1e-3)
    np.testing.assert_allclose(model.weight, weight, atol=1e-4)


@pytest.mark.parametrize("penalties", [[], [0.0], [1e-2, -1.0]])
def test_penalties_that_are_not_positive_are_refused(penalties, random):
    features, labels, held_out = problem((60, 17), random)
    with pytest.raises(ValueError, match="positive"):
        fit(features, labels, CLASSES, penalties, held_out)


@pytest.mark.parametrize(("count", "held"), [(10, 0), (10, 10), (10, 9)])
def test_too_few_images_are_refused_in_a_sentence(count, held, random):
    features, labels, _ = problem((count, 4), random)
    with pytest.raises(InputError, match=f"{held} of 10 images are held out"):
        fit(features, labels, CLASSES, [1e-2], torch.arange(held))


@pytest.mark.parametrize("value", [0.1, float("nan"), float("inf")])
@pytest.mark.parametrize("shape", [(60, 17), (30, 75)])
def test_features_that_say_nothing_are_refused(shape, value, random):
    _, labels, held_out = problem(shape, random)
    with pytest.raises(ValueError, match="all the same or not finite"):
        fit(torch.full(shape, value), labels, CLASSES, [1e-2], held_out)


def test_a_fit_that_is_not_exact_says_so(random, caplog, monkeypatch):
    monkeypatch.setattr(ridge, "ITERATIONS", 2)
    features, labels, held_out = problem(SHAPES[1], random)
    fit(features, labels, CLASSES, [1e-3], held_out)
    assert "penalty 0.001: after 2 iterations a relative residual of" in caplog.text
