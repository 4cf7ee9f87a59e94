"""Gilbert et al. (IJCAI 2017), reproduced and checked: every table and figure as a target."""

from snakemake.utils import min_version

min_version("9.27")


configfile: "config.yaml"


# Used with --software-deployment-method apptainer only, and made by workflow/envs/Containerfile.
# Without it, rules run in the environment that Snakemake runs in (install.sh, or conda's).
container: "workflow/envs/cnninvert.sif"


include: "workflow/rules/common.smk"
include: "workflow/rules/inputs.smk"
include: "workflow/rules/hooks.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/classify.smk"
include: "workflow/rules/statistics.smk"
include: "workflow/rules/recovery.smk"
include: "workflow/rules/reconstruct.smk"
include: "workflow/rules/iht.smk"
include: "workflow/rules/figure3_layers.smk"
include: "workflow/rules/decoder.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/fidelity.smk"
include: "workflow/rules/targets.smk"


rule all:
    default_target: True
    input:
        [target for name in TARGETS for target in TARGETS[name]],
    localrule: True


onstart:
    greet()


onsuccess:
    close()


onerror:
    write_manifest()
