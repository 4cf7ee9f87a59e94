"""Our convolutional l1 solver beside its peers, on the same problems to the same duality gap.

.venv/bin/python benchmarks/sparse_coding.py --output sparse_coding.csv --plot sparse_coding.png

Each solver runs until its codes have the relative duality gap ``--gap``. That gap is always
computed by the same function from the codes; ours and FISTA compute their own as they go and pay
for it, for the others the clock stands still meanwhile. Peers that are not installed, or cannot
take a problem, are left out with a sentence: ./install.sh bench installs them.
"""

import argparse
import os
import sys
from pathlib import Path
from statistics import mean

import torch

from peers import report
from peers.problems import PROBLEMS, InputError, Problem
from peers.registry import OURS, SOLVERS, run
from peers.timing import CannotRun, Run, Settings

# Of each problem: threads, repetitions of a run, and the batch that peers are given.
DEFAULTS = {
    "vgg-conv5_2": {"threads": 2, "repeat": 1, "peer_samples": 4},
    "gaussian-64": {"threads": 1, "repeat": 3, "peer_samples": 32},
}


def arguments(values: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--output", type=Path, required=True, help="CSV, a row for each solver and problem")
    add("--plot", type=Path, help="gap against time (PNG or PDF)")
    add("--problems", nargs="+", choices=PROBLEMS, default=list(PROBLEMS))
    add("--lambdas", nargs="+", type=float, default=[0.1, 0.01], help="shares of lambda_max")
    add("--solvers", nargs="+", choices=SOLVERS, default=list(SOLVERS))
    add("--gap", type=float, default=1e-3, help="relative duality gap to reach (0.001)")
    add("--samples", type=int, default=32, help="samples of the batch (32)")
    add("--peer-samples", type=int, help="batch of the peers (gaussian-64: 32, vgg-conv5_2: 4)")
    add("--alone", type=int, default=4, help="samples for peers that take one at a time (4)")
    add("--threads", type=int, help="of all libraries (gaussian-64: 1, vgg-conv5_2: 2)")
    add("--repeat", type=int, help="runs; the fastest counts (gaussian-64: 3, vgg-conv5_2: 1)")
    add("--max-iterations", type=int, default=20_000)
    add("--limit", type=float, default=300, help="seconds after which a peer's run ends (300)")
    add("--seed", type=int, default=0, help="of the Gaussian problem")
    add("--device", default="cpu", help="cpu or cuda; on cuda only the solvers in torch run")
    return parser.parse_args(values)


def main(values: list[str] | None = None) -> None:
    options = arguments(values)
    device = torch.device(options.device)
    torch.backends.cudnn.allow_tf32 = False
    print(report.machine(device), flush=True)
    rows, runs = [], {}
    for name in options.problems:
        chosen = {
            key: value if getattr(options, key) is None else getattr(options, key)
            for key, value in DEFAULTS[name].items()
        }
        limit_threads(chosen["threads"])
        problem = PROBLEMS[name](options.samples, options.seed).to(device)
        settings = Settings(
            gap=options.gap,
            max_iterations=options.max_iterations,
            limit=options.limit,
            peer_samples=chosen["peer_samples"],
            alone=options.alone,
        )
        print(
            f"\n{name}: {tuple(problem.x.shape)} signals, {tuple(problem.code_shape)} codes, "
            f"{problem.x.dtype}, {chosen['threads']} threads (load {os.getloadavg()[0]:.1f})",
            flush=True,
        )
        for fraction in options.lambdas:
            found = compare(options.solvers, problem.at(fraction), settings, chosen["repeat"])
            for solver, best in found.items():
                runs[name, fraction, solver] = best
                rows.append(report.row(name, fraction, solver, best))
            report.write(rows, options.output)
    print("\n" + report.table(rows, options.gap))
    for (name, fraction, solver), each in runs.items():
        if solver == OURS and fraction == options.lambdas[0]:
            print(
                f"{name}: once a bank, {solver} prepares in {each.setup:.2f} s, not counted above"
            )
    print(
        "ms/sample and iterations: means; gap: the largest of the samples', in float64; "
        "ratio: time as a multiple of ours; >: the gap was not reached. The fastest of "
        "the repetitions counts."
    )
    if options.plot:
        report.plot(runs, options.gap, options.plot)


def compare(
    solvers: list[str], problem: Problem, settings: Settings, repeat: int
) -> dict[str, Run]:
    """The fastest of ``repeat`` runs of each solver, in turns, so that all see the same load."""
    problem.operator.adjoint(problem.operator(problem.x))  # warms torch up
    found: dict[str, Run] = {}
    left_out: set[str] = set()
    for turn in range(repeat):
        for solver in solvers:
            if solver in left_out:
                continue
            title = f"  λ = {problem.fraction:g} λmax, {solver:14}"
            try:
                with torch.inference_mode():
                    each = run(solver, problem, settings)
            except CannotRun as error:
                left_out.add(solver)
                print(f"{title} is left out: it {error}", flush=True)
                continue
            if solver not in found or each.seconds < found[solver].seconds:
                found[solver] = each
            if turn == 0:
                print(
                    f"{title} {1e3 * each.seconds:10.2f} ms a sample, gap "
                    f"{float(each.gaps.max()):.1e}, {mean(each.iterations):.1f} iterations "
                    f"({each.how})",
                    flush=True,
                )
    return found


def limit_threads(count: int) -> None:
    """Give torch and, where threadpoolctl is installed, the libraries loaded so far ``count``."""
    torch.set_num_threads(count)
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        return
    threadpool_limits(count)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"{Path(__file__).name}: {error}")
