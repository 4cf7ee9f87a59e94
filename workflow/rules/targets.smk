"""The targets: snakemake table1, figure4, fidelity, ..."""

for target, files in {**TARGETS, **EXTRA}.items():

    rule:
        name:
            target
        input:
            files or left_out(target),
        localrule: True
