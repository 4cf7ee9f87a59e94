"""How the tests use Slurm: a real one of a single node, which tests/slurm/one_node.sh starts.

Without it, only the questions to a made-up sbatch are tested. The node has three CPUs, so
`--cores 2` and one thread a job take the place of the profile's four; tables are then those of a
local run to the last digit.
"""

import re
import subprocess

PROFILE = ("--workflow-profile", "profiles/slurm", "--max-threads", "1")
# How soon and how often jobs are asked for.
SOON = ("--slurm-init-seconds-before-status-checks", "1")
# Without the profile's retries, by which failed and cancelled jobs would be submitted again.
ONCE = ("--retries", "0")
PASSED = "Slurm runs passed, of 5"  # complete, failing, cancelled, killed and then completed


def submitted(output: str) -> list[str]:
    """The numbers of the Slurm jobs that a run has submitted."""
    return re.findall(r"submitted with SLURM jobid (\d+)", output)


def asked(job: str) -> str:
    """What Slurm knows of a job."""
    command = ["scontrol", "show", "job", job]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
