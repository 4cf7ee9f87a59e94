"""What an edit reruns. test_partial.py plans each in a finished run; docs/reruns shows the table.

python tests/workflow/edits.py      # writes the table into docs/reruns/README.md
"""

from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "reruns" / "README.md"
LIBRARY, EXPERIMENTS, MACHINERY = "src/cnninvert", "workflow/lib/paper", "workflow/lib/machinery"


@dataclass(frozen=True)
class Edit:
    """``what`` is edited, in words; ``place``: the file, or the setting as --config has it.

    ``reruns``: the rules whose jobs run again in a complete run of the tiny preset, and how many.
    """

    what: str
    place: str
    reruns: dict[str, int]

    @property
    def is_setting(self) -> bool:
        return "=" in self.place


FIDELITY = {"write_fidelity": 1, "plot_fidelity": 1}
CLAIMS = {"check_claims": 1}
COHERENCE = {"measure_coherence": 2, "write_alexnet": 1, "write_table3": 1, **FIDELITY}
TABLE_1 = {
    **{"write_table1": 1, "write_table1_configurations": 1, "write_table1_variants": 1},
    **{"plot_table1_channels": 1, "plot_table1_curves": 1},
    **{**CLAIMS, **FIDELITY},
}
VARIANTS = {"vary_classifier": 6, "write_table1_variants": 1, **FIDELITY}
TESTS = {"test_classifier": 6, "vary_classifier": 6, **TABLE_1}
SEARCH = {"search_classifiers": 6, **TESTS}
# Methods that Table 4 and Figure 4 do not show.
MORE_PICTURES = {
    **{"decode_pictures": 4, "score_pictures": 4, "write_table4_pictures": 1},
    **{"write_gallery": 1, **CLAIMS},
}
PICTURES = {
    **{"decode_pictures": 16, "score_pictures": 4, "write_table4": 1, "write_table4_pictures": 1},
    **{"plot_figure4": 4, "plot_switches": 1, "write_gallery": 1, **CLAIMS, **FIDELITY},
}
DECODERS = {"train_decoder": 4, "plot_decoder_curves": 1, **PICTURES}
METRICS = {"score_baselines": 1, "score_pictures": 4, "write_table4_pictures": 1, **CLAIMS}
RECONSTRUCTIONS = {
    **{"reconstruct_activations": 4, "reconstruct_iht": 4, "reconstruct_codes": 4},
    **PICTURES,
}
FIGURE_3 = {"plot_figure3": 1, **CLAIMS}
RECOVERY = {"recover_codes": 4, **FIGURE_3}
ACTIVATION_SPACE = {"measure_activation_space": 4, "write_table4": 1, **CLAIMS, **FIDELITY}
IHT_CODES = {"simulate_iht": 1, "write_iht_codes": 1, "plot_iht_codes": 1, **CLAIMS}
IHT_ACTIVATIONS = {
    **{"measure_iht": 4, "write_iht_activations": 1, "plot_iht_activations": 1},
    **CLAIMS,
}
IHT = {"reconstruct_iht": 4, **IHT_CODES, **IHT_ACTIVATIONS, **MORE_PICTURES}
SPARSITY = {
    **{"measure_sparsity": 2, "write_table2": 1, "write_alexnet": 1},
    **{"sample_codes": 2, **FIGURE_3, **ACTIVATION_SPACE},
}
ACTIVATIONS = {
    "extract_activations": 1,
    **RECOVERY,
    **IHT_ACTIVATIONS,
    **ACTIVATION_SPACE,
    **RECONSTRUCTIONS,
}
PHOTOGRAPHS = {"crop_photographs": 1, **SPARSITY, **ACTIVATIONS, **METRICS, **DECODERS}
CHOICE = {"index_photographs": 1, **PHOTOGRAPHS}
FILTERS = {**COHERENCE, **SPARSITY, **ACTIVATIONS, **METRICS, **DECODERS}
FIGURE_2 = {"simulate_theory": 1, "plot_figure2": 1, **CLAIMS}
EVERYTHING = {
    **{"index_photographs": 1, **PHOTOGRAPHS, **FILTERS},
    **{**SEARCH, **FIGURE_2, **IHT_CODES},
}
TABLES = {
    **{"write_table1": 1, "write_table1_configurations": 1, "write_table1_variants": 1},
    **{"write_table2": 1, "write_table3": 1, "write_table4": 1, "write_table4_pictures": 1},
    **{"write_errata": 1, "write_alexnet": 1, "write_iht_codes": 1, "write_iht_activations": 1},
}
FIGURES = {
    **{"plot_table1_channels": 1, "plot_table1_curves": 1, "plot_figure2": 1, "plot_figure3": 1},
    **{"plot_figure4": 4, "plot_switches": 1, "plot_decoder_curves": 1, "plot_fidelity": 1},
    **{"plot_iht_codes": 1, "plot_iht_activations": 1},
}
PAPER = {
    **{"write_table1": 1, "write_table2": 1, "write_table3": 1, "write_table4": 1},
    **{"plot_table1_channels": 1, "write_errata": 1, **CLAIMS, **FIDELITY},
}

EDITS = [
    # How things look.
    Edit("a label of Figure 4", "workflow/scripts/table4/plot_figure4.py", {"plot_figure4": 4}),
    Edit("a label of Figure 3", "workflow/scripts/figure3/plot_figure3.py", {"plot_figure3": 1}),
    Edit("the colours of all figures", f"{EXPERIMENTS}/printing/plotting.py", FIGURES),
    Edit("how tables are written", f"{EXPERIMENTS}/printing/tables.py", TABLES),
    Edit(
        "the printed name of a method",
        f"{EXPERIMENTS}/table4/methods.py",
        {
            **{"write_table4": 1, "write_table4_pictures": 1, "write_gallery": 1},
            **{"plot_figure4": 4, "plot_switches": 1, **CLAIMS},
        },
    ),
    Edit("the gallery's page", "workflow/data/gallery.html", {"write_gallery": 1}),
    Edit("a caption of the report", "workflow/report/figure4.rst", {}),
    Edit("a number of the paper's", "workflow/data/paper_numbers.csv", PAPER),
    Edit("how a claim is judged", f"{EXPERIMENTS}/verdict/claims.py", CLAIMS),
    Edit("how readings are compared", f"{EXPERIMENTS}/verdict/readings.py", FIDELITY),
    # What is computed.
    Edit("Table 1's engine", f"{EXPERIMENTS}/table1/training.py", SEARCH),
    Edit(
        "Table 1's whitening",
        f"{EXPERIMENTS}/table1/whitening.py",
        {"whiten_cifar10": 1, **SEARCH},
    ),
    Edit("Table 1's ridge classifier", f"{EXPERIMENTS}/table1/ridge.py", VARIANTS),
    Edit("Figure 2's theory", f"{EXPERIMENTS}/figure2.py", FIGURE_2),
    Edit("Table 3's coherence", f"{LIBRARY}/theory/coherence.py", COHERENCE),
    Edit(
        "the solver of Algorithm 2",
        f"{LIBRARY}/solvers/sparse_coding.py",
        {"reconstruct_codes": 4, **RECOVERY, **MORE_PICTURES},
    ),
    Edit("Algorithm 1", f"{LIBRARY}/solvers/iht.py", IHT),
    Edit("its least squares", f"{LIBRARY}/solvers/conjugate_gradients.py", IHT),
    Edit(
        "the model-RIP's ratio",
        f"{LIBRARY}/theory/rip.py",
        {
            **{"sample_codes": 2, "reconstruct_codes": 4},
            **{**RECOVERY, **FIGURE_2, **MORE_PICTURES},
        },
    ),
    Edit(
        "the operator W and its adjoint",
        f"{LIBRARY}/operators/convolution.py",
        {
            **{"sample_codes": 2, **COHERENCE, **FIGURE_2, **RECOVERY, **IHT},
            **{**ACTIVATION_SPACE, **RECONSTRUCTIONS},
        },
    ),
    Edit(
        "Table 4's readings",
        f"{EXPERIMENTS}/table4/reconstruction.py",
        {**RECONSTRUCTIONS, **ACTIVATION_SPACE, **IHT_ACTIVATIONS},
    ),
    Edit("the decoders", f"{LIBRARY}/decoders/decoder.py", DECODERS),
    Edit("how decoders are trained", "workflow/scripts/table4/train_decoder.py", DECODERS),
    Edit("a perceptual metric", f"{LIBRARY}/metrics/lpips.py", METRICS),
    Edit("how photographs are cropped", f"{EXPERIMENTS}/data/photographs.py", CHOICE),
    Edit("how downloads are unpacked", f"{EXPERIMENTS}/data/cifar10.py", {}),
    # How it runs.
    Edit("how jobs run", f"{MACHINERY}/job.py", {}),
    Edit("how files are written", f"{MACHINERY}/files.py", {}),
    Edit("what is planned", f"{EXPERIMENTS}/settings/plan.py", {}),
    Edit("how settings are checked", f"{EXPERIMENTS}/settings/config.py", {}),
    Edit("a setting's limits", "workflow/schemas/config.schema.yaml", {}),
    Edit("a comment beside a setting", "config.yaml", {}),
    Edit("a comment beside a rule", "workflow/rules/table4.smk", {}),
    Edit("a preset", "presets/paper.yaml", {}),
    Edit("how jobs run on this machine", "profiles/default/config.yaml", {}),
    Edit("how jobs run on a cluster", "profiles/slurm/config.yaml", {}),
    Edit("an environment", "workflow/envs/cpu.yaml", {}),
    Edit("a test", "tests/workflow/edits.py", {}),
    Edit("the manual", "README.md", {}),
    # Settings.
    Edit("Table 1: grid of the search", "table1={channels: [4, 6]}", SEARCH),
    Edit("Table 1: final epochs", "table1={final_epochs: 2}", TESTS),
    Edit("Table 1: variants", "table1={variants: [after]}", VARIANTS),
    Edit("Table 1: whitening", "table1={whitening: 0.2}", {"whiten_cifar10": 1, **SEARCH}),
    Edit("Figure 2: trials", "figure2={trials: 40}", FIGURE_2),
    Edit("Table 2: photographs", "table2={images: 3}", SPARSITY),
    Edit("Table 3: filter banks", "table3={banks: 3}", COHERENCE),
    Edit("Figure 3: random codes", "figure3={random_codes: 9}", {"sample_codes": 2, **FIGURE_3}),
    Edit(
        "Figure 3: λ",
        "figure3={lambda: 0.2}",
        {"reconstruct_codes": 4, **RECOVERY, **MORE_PICTURES},
    ),
    Edit("Figure 3 of every layer", "figure3_layers={signs: 5}", {}),
    Edit("Table 4: photographs", "table4={images: 3}", ACTIVATION_SPACE),
    Edit(
        "Table 4: steps of IHT",
        "table4={iht_steps: 3}",
        {"reconstruct_iht": 4, **MORE_PICTURES},
    ),
    Edit(
        "Table 4: gap of Algorithm 2",
        "table4={codes_gap: 0.4}",
        {"reconstruct_codes": 4, **MORE_PICTURES},
    ),
    Edit("Table 4: metrics", "table4={lpips: []}", METRICS),
    Edit("IHT on random codes", "iht_codes={steps: 9}", IHT_CODES),
    Edit(
        "which steps the table of IHT on activations shows",
        "iht_activations={steps: [2]}",
        {"write_iht_activations": 1},
    ),
    Edit("IHT on activations", "iht_activations={steps: [1, 3]}", IHT_ACTIVATIONS),
    Edit(
        "one decoder's steps",
        "decoders={steps: {vgg16: {pool1: 4}}}",
        {
            **PICTURES,
            **{"train_decoder": 1, "plot_decoder_curves": 1},
            **{"decode_pictures": 4, "score_pictures": 1, "plot_figure4": 1},
        },
    ),
    Edit("all decoders' rate", "decoders={learning_rate: 0.7}", DECODERS),
    Edit("Figure 4: rows", "figure4={rows: 3}", {"plot_figure4": 4}),
    Edit("crops of a photograph", "images={crops: 2}", PHOTOGRAPHS),
    Edit("test photographs", "images={test: 5}", CHOICE),
    Edit("the seed", "seed=1", EVERYTHING),
    Edit("the device", "device=cpu", {}),
    Edit("where data come from", "data={sources: [mirror]}", {}),
]


def table() -> str:
    """The table in Markdown."""
    lines = ["| edit | file or setting | jobs that run again |", "|---|---|---|"]
    for edit in EDITS:
        place = f"`--config '{edit.place}'`" if edit.is_setting else f"`{edit.place}`"
        jobs = [
            rule if count == 1 else f"{rule} ({count})"
            for rule, count in sorted(edit.reruns.items())
        ]
        lines.append(f"| {edit.what} | {place} | {', '.join(jobs) or 'none'} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    prose = PAGE.read_text().partition("| edit |")[0]
    PAGE.write_text(prose + table())
