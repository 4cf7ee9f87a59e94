"""Jobs on Slurm that fail, are cancelled or orphaned, and what a submission asks for."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import yaml

from copies import copy_project
from slurm_runs import ONCE, PASSED, PROFILE, SOON, asked, submitted

ROOT = Path(__file__).parents[2]


def test_a_job_that_fails_says_why_and_the_others_finish(slurm, empty_project, tmp_path, figure):
    (tmp_path / "one.jpg").write_bytes(b"no picture")
    coherence = "results/broken/stats/measure_coherence/alexnet-torchvision.csv"
    process = empty_project.snakemake(
        *("figure2", "results/broken/images/photographs.h5", coherence, *PROFILE, *SOON, *ONCE),
        *("--config", "preset=broken", "device=cuda", f"images={{root: {tmp_path}}}"),
    )
    assert process.returncode == 1
    assert "index_photographs: images.test = 4, but the folder" in process.stdout
    assert empty_project.file("results/broken/figures/figure2.png").exists()
    assert not empty_project.file("results/broken/images/photographs.h5").exists()
    on_gpu = [job for job in submitted(process.stdout) if "gres:gpu:1" in asked(job)]
    assert len(on_gpu) == 1 and "measure_coherence" in asked(on_gpu[0])
    figure(PASSED, 1)


SEARCH = "search_classifiers/learned-1"
PATIENCE = 600  # seconds until a job has begun, or is seen to have ended
LONG = "table1={search_images: 4000, search_epochs: 16, halving: 1, channels: [8]}"
CUT = (f"results/cut/stats/{SEARCH}.csv", *PROFILE, *SOON, *ONCE, "--config", "preset=cut", LONG)


@pytest.fixture
def start(empty_project):
    """Start a search on Slurm and wait until it leaves a checkpoint; its Snakemake and its job."""
    folder = empty_project.folder
    token = folder / f"results/cut/logs/{SEARCH}.token"
    started, jobs = [], []

    def checkpoints():
        return {
            path: path.stat().st_mtime_ns for path in folder.glob(f"results/cut/state/{SEARCH}/*")
        }

    def start() -> tuple[subprocess.Popen, str]:
        before, left = token.read_text() if token.exists() else "", checkpoints()
        command = [sys.executable, "-m", "snakemake", "--cores", "2", *CUT]
        command += ["--configfile", "tests/tiny.yaml"]
        log = (folder / "results" / "cut.log").open("w")
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
        started.append(process)
        last = time.monotonic() + PATIENCE
        while not token.exists() or token.read_text() == before or checkpoints() == left:
            assert process.poll() is None and time.monotonic() < last, Path(log.name).read_text()
            time.sleep(0.1)
        jobs.append(re.match(r"cnninvert/(\d+) ", token.read_text())[1])
        return process, jobs[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
    # One that is stopped would keep its CPU for hours.
    subprocess.run(["scancel", *jobs], capture_output=True)


def script_of(job: str) -> psutil.Process:
    """The process of our own in a Slurm job, inside all of Snakemake's."""
    for process in psutil.process_iter(["cmdline", "environ"]):
        command, environment = process.info["cmdline"] or [], process.info["environ"] or {}
        named = any("/.snakemake/scripts/" in part for part in command[1:2])
        if named and environment.get("SLURM_JOB_ID") == job:
            return process
    raise AssertionError(f"job {job} runs no script")


def test_a_cancelled_job_and_a_killed_snakemake_are_made_good(slurm, start, empty_project, figure):
    process, cancelled = start()
    subprocess.run(["scancel", cancelled], check=True)
    assert process.wait(PATIENCE) == 1
    log = empty_project.file("results/cut.log").read_text()
    assert f"SLURM-job '{cancelled}' failed" in log

    process, orphan = start()
    process.kill()
    process.wait()
    # It is a slow one: when its successor comes, it is still there.
    script = script_of(orphan)
    script.suspend()
    locked = empty_project.snakemake(*CUT)
    assert locked.returncode == 1 and "--unlock" in locked.stdout
    empty_project.run(*CUT, "--unlock")
    empty_project.run(*CUT)
    assert "JobState=CANCELLED" in asked(orphan) and not script.is_running()
    assert (
        "going on after epoch" in empty_project.file(f"results/cut/logs/{SEARCH}.log").read_text()
    )

    empty_project.run(f"results/whole/stats/{SEARCH}.csv", "--config", "preset=whole", LONG)
    for suffix in (".csv", "-curves.csv"):
        ours, undisturbed = (
            empty_project.file(f"results/{preset}/stats/{SEARCH}{suffix}").read_bytes()
            for preset in ("cut", "whole")
        )
        assert ours == undisturbed
    figure(PASSED, 3)


@pytest.fixture
def sbatch(tmp_path, shared_data):
    """What a Snakemake on a machine with a GPU asks sbatch for; nothing is submitted."""
    copy_project(ROOT, tmp_path, shared_data)
    with (tmp_path / "workflow/lib/paper/settings/gpu.py").open("a") as module:
        module.write("\n\ndef has_gpu():\n    return True\n")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sbatch", "squeue", "scontrol", "sinfo", "sacct", "sacctmgr"):
        note = f'echo "$@" > {tmp_path}/asked; exit 1' if name == "sbatch" else "exit 0"
        (programs / name).write_text(f"#!/bin/sh\n{note}\n")
        (programs / name).chmod(0o755)

    def ask(*settings: str) -> str:
        command = [sys.executable, "-m", "snakemake", "results/default/stats/simulate_iht.csv"]
        command += ["--workflow-profile", "profiles/slurm", *ONCE, "--config", *settings]
        command += ["--slurm-init-seconds-before-status-checks", "1"]
        environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"}
        process = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert process.returncode == 1 and (tmp_path / "asked").exists(), process.stderr
        return (tmp_path / "asked").read_text()

    return ask


def test_a_submission_asks_for_a_gpu_as_the_site_says(sbatch, tmp_path):
    by_itself = sbatch("device=auto")
    assert "--gpus" not in by_itself and "--gres" not in by_itself
    assert "-p main -t 60 --mem 2000 " in by_itself and "--cpus-per-task=1" in by_itself
    asked = sbatch("device=cuda")
    assert "--gpus=1" in asked and "--gres" not in asked
    profile = tmp_path / "profiles/slurm/config.yaml"
    text, changed = re.subn(r"^# (- gpu_gres=)", r"  \1", profile.read_text(), flags=re.MULTILINE)
    assert changed == 1
    profile.write_text(text)
    asked = sbatch("device=cuda")
    assert "--gres=gpu:a100:1" in asked and "--gpus" not in asked


def test_here_auto_takes_the_gpu_for_one_job_at_a_time(sbatch, tmp_path):
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--dry-run", "simulate_iht"]
    plan = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "gpu=1" in plan.stdout + plan.stderr
    profile = yaml.safe_load((tmp_path / "profiles/default/config.yaml").read_text())
    assert profile["resources"] == ["gpu=1"]


def test_the_slurm_of_the_tests_leaves_another_one_alone(tmp_path):
    (tmp_path / "slurm.conf").write_text("ClusterName=another\n")
    process = subprocess.run(
        [ROOT / "tests/slurm/one_node.sh", "start"],
        env=os.environ | {"SLURM_CONF": str(tmp_path / "slurm.conf")},
        capture_output=True,
        text=True,
    )
    assert process.returncode == 1
    assert re.fullmatch(r"tests/slurm/one_node\.sh: .*\.\n", process.stderr)
    assert [path.name for path in tmp_path.iterdir()] == ["slurm.conf"]
