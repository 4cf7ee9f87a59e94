"""Ours beside the paper's numbers and claims."""


rule write_fidelity:
    input:
        code=code("write_fidelity"),
        paper=PAPER,
        classifiers=TESTED,
        variants=VARIED,
        sparsity=vgg16_files("measure_sparsity"),
        coherence=vgg16_files("measure_coherence"),
        activation_space=activation_space_files,
        image_space=image_space_files,
    output:
        fidelity=in_report(f"{R}/tables/fidelity.csv", "fidelity"),
        readings=in_report(f"{R}/tables/fidelity_readings.csv", "fidelity"),
    log:
        f"{R}/logs/write_fidelity.log",
    benchmark:
        f"{R}/benchmarks/write_fidelity.tsv"
    params:
        weights=MAIN,
    script:
        "../scripts/write_fidelity.py"


rule check_claims:
    input:
        code=code("check_claims"),
        trials=f"{R}/stats/simulate_theory.csv",
        bound=f"{R}/stats/simulate_theory-bound.csv",
        ratios=ratio_files,
        activation_space=activation_by_image_files,
        image_space=image_space_files,
        baselines=baseline_files,
        iht_codes=f"{R}/stats/simulate_iht-steps.csv",
        iht_activations=iht_files,
    output:
        claims=in_report(f"{R}/tables/claims.csv", "fidelity"),
    log:
        f"{R}/logs/check_claims.log",
    benchmark:
        f"{R}/benchmarks/check_claims.tsv"
    params:
        weights=MAIN,
    script:
        "../scripts/check_claims.py"


rule plot_fidelity:
    input:
        code=code("plot_fidelity"),
        paper=PAPER,
        fidelity=f"{R}/tables/fidelity.csv",
        readings=f"{R}/tables/fidelity_readings.csv",
    output:
        figure_files("fidelity"),
    log:
        f"{R}/logs/plot_fidelity.log",
    benchmark:
        f"{R}/benchmarks/plot_fidelity.tsv"
    script:
        "../scripts/plot_fidelity.py"
