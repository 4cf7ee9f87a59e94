"""Whitened images have equal variances in all directions, but for the regularisation."""

import pytest
import torch

from machinery.errors import InputError
from paper.table1.whitening import Whitening, fit


@pytest.fixture
def pixels(random):
    """Images whose neighbouring pixels are alike."""
    noise = torch.randn(4000, 3, 4, 4, generator=random)
    return noise + noise.roll(1, 2) + noise.roll(1, 3) + 0.5 * noise.sum(1, keepdim=True) + 7


def covariance(pixels):
    return torch.cov(pixels.flatten(1).T.double())


def test_without_regularisation_the_covariance_is_the_identity(pixels):
    whitened = fit(pixels, 1e-9)(pixels)
    assert whitened.shape == pixels.shape
    torch.testing.assert_close(
        covariance(whitened), torch.eye(48, dtype=torch.float64), atol=5e-3, rtol=0
    )
    assert whitened.mean(0).abs().max() < 1e-4


def test_regularisation_spares_what_varies_little(pixels):
    before, after = (
        torch.linalg.eigvalsh(covariance(x)) for x in (pixels, fit(pixels, 0.1)(pixels))
    )
    assert after.mean() == pytest.approx(1, rel=1e-3)
    e = 0.1 * before.mean()
    expected = before / (before + e)
    torch.testing.assert_close(after, expected / expected.mean(), rtol=5e-3, atol=0)


def test_it_is_symmetric_and_comes_back_from_its_file(pixels, tmp_path):
    fitted = fit(pixels, 0.1)
    torch.testing.assert_close(fitted.matrix, fitted.matrix.T)
    fitted.save(tmp_path / "w.h5")
    assert torch.equal(Whitening.load(tmp_path / "w.h5")(pixels), fitted(pixels))
    (tmp_path / "w.h5").write_bytes(b"no")
    with pytest.raises(InputError, match=r"w\.h5"):
        Whitening.load(tmp_path / "w.h5")
