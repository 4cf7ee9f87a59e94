"""Ours beside the paper's numbers and claims."""


rule write_fidelity:
    input:
        code=code("verdict/write_fidelity"),
        paper=PAPER,
        classifiers=TESTED,
        variants=VARIED,
        sparsity=VGG16_SPARSITY,
        coherence=VGG16_COHERENCE,
        activation_space=ACTIVATION_SPACE,
        image_space=IMAGE_SPACE,
    output:
        fidelity=csv_table("fidelity"),
        readings=csv_table("fidelity_readings"),
        groups=csv_table("fidelity_groups"),
    log:
        "<logs>/write_fidelity.log",
    benchmark:
        "<benchmarks>/write_fidelity.tsv"
    params:
        weights=MAIN,
        seed=SEED,
    script:
        "../scripts/verdict/write_fidelity.py"


rule check_claims:
    input:
        code=code("verdict/check_claims"),
        paper=PAPER,
        classifiers=TESTED,
        trials=rules.simulate_theory.output.trials,
        bound=rules.simulate_theory.output.bound,
        ratios=RATIOS,
        activation_space=ACTIVATION_SPACE_BY_IMAGE,
        image_space=DECODED_ERRORS,
        metrics=DECODED_METRICS,
        baselines=BASELINES,
        iht_codes=rules.simulate_iht.output.curves,
        iht_activations=IHT_ERRORS,
    output:
        claims=csv_table("claims"),
    log:
        "<logs>/check_claims.log",
    benchmark:
        "<benchmarks>/check_claims.tsv"
    params:
        weights=MAIN,
    script:
        "../scripts/verdict/check_claims.py"


rule write_errata:
    input:
        code=code("verdict/write_errata"),
        paper=PAPER,
    output:
        tables=table_files("errata"),
    log:
        "<logs>/write_errata.log",
    benchmark:
        "<benchmarks>/write_errata.tsv"
    script:
        "../scripts/verdict/write_errata.py"


rule plot_fidelity:
    input:
        code=code("verdict/plot_fidelity"),
        paper=PAPER,
        fidelity=rules.write_fidelity.output.fidelity,
        readings=rules.write_fidelity.output.readings,
    output:
        figures=figure_files("fidelity"),
    log:
        "<logs>/plot_fidelity.log",
    benchmark:
        "<benchmarks>/plot_fidelity.tsv"
    script:
        "../scripts/verdict/plot_fidelity.py"


TARGETS["fidelity"] = [
    rules.write_fidelity.output.fidelity,
    rules.check_claims.output,
    rules.write_errata.output,
    rules.plot_fidelity.output,
]
