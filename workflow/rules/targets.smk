"""The targets: snakemake table1, figure4, fidelity, ..."""

for target in {**TARGETS, **EXTRA}:

    rule:
        name:
            target
        input:
            files_of(target) or left_out(target),
        localrule: True
