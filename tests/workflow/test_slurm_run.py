"""On Slurm the pipeline makes the tables that it makes here."""

import shutil
import time

from slurm_runs import PASSED, PROFILE, SOON, asked, submitted

AGAIN = [
    "models/decoder-vgg16-torchvision-pool2-known.safetensors",
    "stats/test_classifier/random-1.csv",
    "stats/recover_codes/torchvision-gaussian-linear.csv",
]
MADE = {"table1", "table1_configurations", "table4", "table4_pictures", "fidelity", "claims"}


def test_a_run_on_slurm_gives_the_tables_of_a_local_one(slurm, project, figure):
    """A training, a recovery, a decoder and all that follows from them, tables in batches."""
    here, there = project.file("results/tiny"), project.file("results/slurm")
    shutil.copytree(here, there)
    started = time.time()
    forced = [f"results/slurm/{name}" for name in AGAIN]
    output = project.run("--forcerun", *forced, *PROFILE, *SOON, "--config", "preset=slurm")
    made = [path for path in there.rglob("*.csv") if path.stat().st_mtime > started]
    assert {path.stem for path in made} >= MADE
    for path in made:
        local = here / path.relative_to(there)
        assert path.read_bytes() == local.read_bytes(), local
    jobs = submitted(output)
    assert len(jobs) == 12 <= output.count("Finished jobid") / 2
    assert not any("gres:gpu" in asked(job) for job in jobs)  # device: auto
    assert project.planned("--config", "preset=slurm") == {}
    shutil.rmtree(there)
    figure(PASSED, 1)
