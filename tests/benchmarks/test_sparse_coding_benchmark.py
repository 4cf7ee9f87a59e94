"""The benchmark of the l1 solver: its baseline solves the same problem, its CSV has its columns."""

import csv

import pytest
import torch

import sparse_coding as benchmark
from cnninvert.operators.convolution import Convolution, gaussian_filters, unit_norm
from cnninvert.solvers.sparse_coding import sparse_coding
from peers import fista
from peers.problems import Problem, gaussian
from peers.report import COLUMNS
from peers.timing import Settings


@pytest.fixture
def problem(random):
    w = Convolution(unit_norm(gaussian_filters((10, 4, 3, 3), random, torch.float64)), 8, padding=1)
    x = torch.randn(3, 4, 8, 8, generator=random, dtype=torch.float64)
    return Problem("tiny", w, x, 0.05)


def objective(problem, z):
    residual = (problem.x - problem.operator.adjoint(z)).flatten(1).square().sum(1)
    return residual / 2 + problem.lam * z.flatten(1).abs().sum(1)


@pytest.mark.parametrize("solve", [fista.solve, fista.solve_with_restart])
def test_the_baseline_agrees_with_the_library(problem, solve):
    run = solve(problem, Settings(gap=1e-7))
    ours = sparse_coding(problem.operator, problem.x, 0.05, tolerance=1e-7, max_iterations=20_000)
    assert (run.gaps <= 1e-7).all() and ours.converged.all()
    assert torch.allclose(objective(problem, run.codes), objective(problem, ours.codes), rtol=2e-7)


def test_the_common_gap_bounds_the_true_excess(problem):
    best = objective(problem, fista.solve_with_restart(problem, Settings(gap=1e-11)).codes)
    for iterations in (1, 5, 20):
        rough = fista.solve(problem, Settings(max_iterations=iterations))
        value = objective(problem, rough.codes)
        assert ((value - best) <= rough.gaps * value).all()


def test_the_gaussian_problem_repeats_itself():
    assert torch.equal(gaussian(3, 0).x, gaussian(3, 0).x)
    assert not torch.equal(gaussian(3, 0).x, gaussian(3, 1).x)


def test_the_command_writes_its_columns_and_a_picture(tmp_path, capsys):
    threads = torch.get_num_threads()
    table, picture = tmp_path / "table.csv", tmp_path / "picture.png"
    command = "--problems gaussian-64 --samples 2 --repeat 1 --lambdas 0.1"
    try:
        benchmark.main([*command.split(), "--output", str(table), "--plot", str(picture)])
    finally:
        torch.set_num_threads(threads)
    rows = list(csv.reader(table.open()))
    assert rows[0] == COLUMNS
    solvers = [row[2] for row in rows[1:]]
    assert solvers[:3] == ["cnninvert", "fista-restart", "fista"]
    assert all(float(row[4]) <= 1.001e-3 for row in rows[1:])
    assert picture.stat().st_size > 10_000
    output = capsys.readouterr().out
    for peer in {"pyproximal", "sporco", "scikit-learn"} - set(solvers):
        assert f"{peer:14} is left out" in output
