"""Kill jobs and Snakemake itself at random moments, and see what the next runs make of it.

    python tests/kills.py --kills 10 --seed 0

runs a preset twice in a copy of the project: undisturbed, and with kill -9 of a training, of a
recovery job and of Snakemake in turn. Its jobs are orphans then; every other time they are stopped
first, and woken when the next run has restarted them. After each kill Snakemake is started again,
as a user would. At the end each table must be the undisturbed run's, byte for byte; no job may have
been done twice, each must have gone on from its checkpoint, and neither a process nor a file that
is not whole may be left.
"""

import argparse
import math
import os
import random
import re
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

import psutil

from copies import copy_project
from watched import Job, WatchedRun, alive

ROOT = Path(__file__).parents[1]
SETTINGS = ("tests/tiny.yaml", "tests/kills.yaml")
RULES = {
    "training": ("train_decoder", "search_classifiers", "test_classifier", "vary_classifier"),
    "recovery": (
        *("recover_codes", "recover_layer_codes", "reconstruct_codes", "reconstruct_iht"),
        *("measure_iht", "measure_activation_space", "simulate_iht"),
    ),
}
KINDS = ("training", "recovery", "Snakemake, its jobs stopped")
KINDS += ("training", "recovery", "Snakemake, its jobs at work")
POLL = 0.02  # seconds
PATIENCE = 10  # seconds until an orphan has ended
ROUNDS = 4  # at most


@dataclass(frozen=True)
class Hit:
    """A job when it was killed or orphaned.

    Seconds of work, seconds since its last checkpoint (since it began, if there is none), and how
    many files of checkpoints it had.
    """

    worked: float
    lost: float
    checkpoints: int


@dataclass
class Kill:
    """One of ``kind``, when the job ``during`` is at a moment that was drawn for it."""

    kind: str
    during: str | None = None
    orphans: list[psutil.Process] = field(default_factory=list)
    free: float = math.inf  # since when they have been able to end
    hits: dict[str, Hit] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def fits(self, job: str) -> bool:
        return self.kind not in RULES or job.partition("/")[0] in RULES[self.kind]

    def __str__(self) -> str:
        hits = [
            f"{job} (worked {hit.worked:.1f} s, repeats {hit.lost:.1f} s)"
            for job, hit in self.hits.items()
        ]
        return f"{self.kind}: {', '.join(hits)}"


class Kills:
    """``count`` kills of the disturbed run in ``folder``, a copy of the project.

    ``targets`` of Snakemake may name their ``{preset}``; none: the default. ``moments``: from which
    share of a job's work to which it may be hit. Long jobs are hit more often.
    """

    def __init__(
        self,
        folder: Path,
        targets: Sequence[str] = (),
        count: int = 10,
        seed: int = 0,
        moments: tuple[float, float] = (0.1, 0.8),
        cores: int = 2,
    ) -> None:
        self.folder, self.targets, self.cores = folder, targets, cores
        self.moments, self.random = moments, random.Random(seed)
        self.waiting = [Kill(kind) for kind in islice(cycle(KINDS), count)]
        self.struck: list[Kill] = []
        self.problems: list[str] = []
        self.tables = 0

    def undisturbed(self) -> float:
        """Run everything once, and draw a moment for each job; returns the seconds it took."""
        began, run = time.monotonic(), self._start("undisturbed")
        while run.process.poll() is None:
            run.running()
            time.sleep(POLL)
        if run.process.returncode:
            raise SystemExit(f"the undisturbed run failed:\n{run.says()[-3000:]}")
        seconds = {job.name: job.worked() for job in run.jobs.values() if job.ended}
        draw = self.random.uniform
        self.moment = {name: draw(*self.moments) * seconds[name] for name in sorted(seconds)}
        # Weighted sampling without replacement (Efraimidis and Spirakis, 2006).
        keys = {name: draw(0, 1) ** (1 / seconds[name]) for name in sorted(seconds)}
        self.order = sorted(keys, key=keys.get, reverse=True)
        return time.monotonic() - began

    def disturbed(self) -> float:
        """Run everything again, with kills, until it is done; returns the seconds it took.

        If the machine has become faster, jobs may end before their moments come, and kills be left:
        then another round begins, with moments half as late.
        """
        self.began = time.monotonic()
        for number in range(ROUNDS):
            before = len(self.struck)
            self._round(number)
            self._check_results(self.struck[before:])
            if not self.waiting or self.problems:
                break
            shutil.rmtree(self.folder / "results" / "disturbed")
            self.moment = {job: seconds / 2 for job, seconds in self.moment.items()}
        return time.monotonic() - self.began

    def survived(self) -> int:
        """How many kills nothing bad came of."""
        return 0 if self.problems else sum(not kill.problems for kill in self.struck)

    def _round(self, round_number: int) -> None:
        done: set[str] = set()
        for number in range(3 * len(self.waiting) + 1):  # locked ones are among them
            for kill in self.waiting:
                if not kill.during or kill.during in done or not number:
                    self._aim(kill, done)
            run = self._start("disturbed", number=f"{round_number}-{number}")
            struck = self._strike(run)
            if run.locked():
                self._start("disturbed", "--unlock").process.wait()
                continue
            twice, done = run.begun() & done, done | run.finished()
            self._check(not twice, f"done twice: {sorted(twice)}")
            unasked = run.failed() - {job for kill in struck for job in kill.hits}
            self._check(not unasked, f"failed without a kill: {sorted(unasked)}, {run.path}")
            if not struck:
                self._check(run.process.returncode == 0, f"failed without a kill: {run.path}")
                break
        for kill in self.struck:
            self._wake(kill)
            kill.free = min(kill.free, time.monotonic())
            psutil.wait_procs(kill.orphans, timeout=PATIENCE)
            self._expect_end(kill, patience=0)

    def _check_results(self, kills: list[Kill]) -> None:
        """Compare the results of the two runs, and look for what is left behind."""
        one, other = (self.folder / "results" / name for name in ("undisturbed", "disturbed"))
        tables = sorted([*one.glob("tables/**/*.csv"), *one.glob("stats/**/*.csv")])
        self.tables = len(tables)
        for path in tables:
            ours = other / path.relative_to(one)
            same = ours.exists() and ours.read_bytes() == path.read_bytes()
            self._check(same, f"{ours} is not that of the undisturbed run")
        kept = (".lock", ".snakemake_timestamp")
        hidden = [path for path in other.rglob(".*") if path.name not in kept]
        left = [*hidden, *other.rglob("*.token"), *other.glob("state/*/*")]
        self._check(not left, f"left behind: {', '.join(map(str, left))}")
        # A job's log is that of its last start.
        last = {job: kill for kill in kills for job in kill.hits}
        for job, kill in last.items():
            log = (other / "logs" / f"{job}.log").read_text()
            if kill.hits[job].checkpoints and not self._goes_on(log, kill.hits[job]):
                kill.problems.append(f"{job} did not go on from its checkpoint")

    def _start(self, preset: str, *options: str, number: str = "0") -> WatchedRun:
        targets = [target.format(preset=preset) for target in self.targets]
        arguments = ["--cores", str(self.cores), *options, *targets]
        arguments += ["--configfile", *SETTINGS, "--config", f"preset={preset}"]
        output = self.folder / f"{preset}{''.join(options)}-{number}.out"
        return WatchedRun(arguments, self.folder, Path("results", preset, "logs"), output)

    def _strike(self, run: WatchedRun) -> list[Kill]:
        """Watch a run until it ends, and kill when it is time; returns the kills."""
        before = len(self.struck)
        while run.process.poll() is None:
            running = run.running()
            for kill in self.struck:
                if kill.hits.keys() & {job.name for job in running}:
                    self._wake(kill)
                self._expect_end(kill, PATIENCE)
            for kill in list(self.waiting):
                process = [job for job in run.jobs.values() if job.name == kill.during]
                if process and process[-1].ended:
                    self._aim(kill, {job.name for job in run.jobs.values()})
                elif process and process[-1].worked() >= self.moment[kill.during]:
                    self._kill(kill, process[-1], run, running)
                    break
            time.sleep(POLL)
        return self.struck[before:]

    def _aim(self, kill: Kill, seen: set[str]) -> None:
        """Choose during which job to strike: one that fits, and may yet come."""
        taken = {other.during for other in [*self.waiting, *self.struck]} | seen
        free = [name for name in self.order if kill.fits(name) and name not in taken]
        kill.during = next(iter(free), kill.during)

    def _kill(self, kill: Kill, job: Job, run: WatchedRun, running: list[Job]) -> None:
        self.waiting.remove(kill)
        self.struck.append(kill)
        when = time.monotonic() - self.began
        if kill.kind not in RULES:
            kill.hits = {each.name: self._hit(each) for each in running}
            kill.orphans = run.descendants()
            for each in running if kill.kind.endswith("stopped") else ():
                each.process.suspend()
            if kill.kind.endswith("at work"):
                kill.free = time.monotonic()
            run.process.kill()
            run.process.wait()
        else:
            kill.hits = {job.name: self._hit(job)}
            job.process.kill()
        print(f"kill {len(self.struck)}, {when:.1f} s: {kill}", flush=True)

    def _hit(self, job: Job) -> Hit:
        state = self.folder / "results" / "disturbed" / "state" / job.name
        files = [path for path in state.rglob("[!.]*") if path.is_file()]
        ages = [time.time() - path.stat().st_mtime for path in files]
        return Hit(job.worked(), min([job.worked(), *ages]), len(files))

    def _wake(self, kill: Kill) -> None:
        """Let stopped orphans go on, beside the jobs that were begun in their place."""
        for process in filter(alive, kill.orphans):
            if process.status() == psutil.STATUS_STOPPED:
                process.resume()
                kill.free = time.monotonic()

    def _expect_end(self, kill: Kill, patience: float) -> None:
        for process in filter(alive, list(kill.orphans)):
            if time.monotonic() - kill.free >= patience:
                kill.problems.append(f"an orphan lives on: {process}")
                process.kill()
                kill.orphans.remove(process)

    def _goes_on(self, log: str, hit: Hit) -> bool:
        """Whether a job said so, with all of its parts if it is done in parts."""
        said = re.search(r"going on (?:from step|after epoch|after) (\d+)( of)?", log)
        return bool(said) and (not said[2] or int(said[1]) >= hit.checkpoints)

    def _check(self, holds: bool, problem: str) -> None:
        if not holds:
            self.problems.append(problem)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--data", type=Path, default=ROOT / "results" / "data")
    parser.add_argument("targets", nargs="*", help="files or targets of Snakemake; default: all")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="kills-"))
    copy_project(ROOT, folder, options.data)
    # A script that is newer than a download would fetch it again.
    for path in (folder / "workflow" / "scripts").rglob("download_*.py"):
        os.utime(path, (0, 0))
    kills = Kills(folder, options.targets, options.kills, options.seed, cores=options.cores)
    print(f"in {folder}\nundisturbed: {kills.undisturbed():.0f} s", flush=True)
    print(f"disturbed: {kills.disturbed():.0f} s")
    problems = kills.problems + [problem for kill in kills.struck for problem in kill.problems]
    print(*problems, f"{kills.tables} tables compared", sep="\n")
    print(f"kills survived: {kills.survived()} of {options.kills}")
    if kills.survived() == options.kills:
        shutil.rmtree(folder)
    return kills.survived() != options.kills


if __name__ == "__main__":
    raise SystemExit(main())
