"""Tables as CSV (all digits), Markdown and LaTeX (as printed)."""

from pathlib import Path

import pandas as pd

from machinery.files import atomic_write

NO_RESULTS = {"quick": "Preset quick: tiny budgets, no results"}


def write_table(
    table: pd.DataFrame, outputs: list[Path], digits: int = 3, title: str | None = None
) -> None:
    """Write ``table`` to each of ``outputs`` in the format of its suffix: .csv, .md or .tex.

    Markdown and LaTeX show floats with ``digits`` decimals, and nothing where a value is missing.
    They begin with the ``title``, if there is one, and say so if they are of a preset whose numbers
    are no results; its folder is results/<preset>, and that of another network's tables
    results/<preset>/networks/<network>/tables.
    """
    shown = table.copy()
    for column in shown.select_dtypes("floating"):
        shown[column] = [f"{v:.{digits}f}" if pd.notna(v) else "" for v in table[column]]
    shown = shown.astype(object).where(shown.notna(), "")
    for output in outputs:
        folder = output.absolute().parents[1]
        preset = folder.parents[1] if folder.parent.name == "networks" else folder
        mark = NO_RESULTS.get(preset.name)
        heading = ". ".join(filter(None, [title, mark]))
        with atomic_write(output) as part:
            match output.suffix:
                case ".csv":
                    table.to_csv(part, index=False)
                case ".md":
                    text = shown.to_markdown(index=False, disable_numparse=True) + "\n"
                    part.write_text(f"**{heading}**\n\n{text}" if heading else text)
                case ".tex":
                    escaped = shown.rename(columns=_latex).map(lambda v: _latex(str(v)))
                    text = escaped.to_latex(index=False, escape=False)
                    part.write_text(f"% {heading}\n{text}" if heading else text)
                case suffix:
                    raise ValueError(f"no table format for {suffix}")


LATEX = str.maketrans(
    {
        **{character: f"\\{character}" for character in "&#$_{}%"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "±": r"$\pm$",
    }
)


def _latex(text: str) -> str:
    return text.translate(LATEX)
