"""Gilbert et al. (IJCAI 2017), reproduced and checked: every table and figure as a target."""

from snakemake.utils import min_version

min_version("9.27")


configfile: "config.yaml"


report: "workflow/report/workflow.rst"


# Used with --software-deployment-method apptainer only, and made by workflow/envs/Containerfile.
# Without it, rules run in the environment that Snakemake runs in (install.sh, or conda's).
container: "workflow/envs/cnninvert.sif"


include: "workflow/rules/common.smk"
include: "workflow/rules/inputs/data.smk"
include: "workflow/rules/inputs/table1.smk"
include: "workflow/rules/inputs/figure3.smk"
include: "workflow/rules/inputs/table4.smk"
include: "workflow/rules/inputs/networks.smk"
include: "workflow/rules/inputs/inversion.smk"
include: "workflow/rules/inputs/targets.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/table1.smk"
include: "workflow/rules/table1_networks.smk"
include: "workflow/rules/table2_3.smk"
include: "workflow/rules/figure2.smk"
include: "workflow/rules/figure3.smk"
include: "workflow/rules/decoders.smk"
include: "workflow/rules/table4.smk"
include: "workflow/rules/figure4.smk"
include: "workflow/rules/iht.smk"
include: "workflow/rules/networks.smk"
include: "workflow/rules/inversion.smk"
include: "workflow/rules/horizon.smk"
include: "workflow/rules/verdict.smk"
include: "workflow/rules/targets.smk"
include: "workflow/rules/hooks.smk"


rule all:
    default_target: True
    input:
        [path for target in TARGETS for path in files_of(target)],
    localrule: True


onstart:
    on_start()


onsuccess:
    report_run()


onerror:
    write_manifest()
