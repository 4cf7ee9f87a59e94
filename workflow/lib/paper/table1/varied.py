"""What the variants of Table 1's rows change. Free of torch."""

from dataclasses import replace

from paper.table1.architecture import Architecture

# What changes, and in which of Table 1's rows.
VARIANTS = {
    "after": ({"batch_norm": "after"}, ("random", "learned")),
    "fixed": ({"batch_norm": "fixed"}, ("random",)),
    "ridge": ({"batch_norm": "fixed"}, ("random",)),
    "crelu": ({"activation": "crelu"}, ("random", "learned")),
    "patches": ({"filters": "patches"}, ("random",)),
    "learned": ({"filters": "learned"}, ("random",)),
    "mixed": ({"filters": "mixed"}, ("learned",)),
}


def vary(architecture: Architecture, variant: str) -> Architecture | None:
    """The architecture of a variant; None where the variant says nothing about this row."""
    change, rows = VARIANTS[variant]
    if architecture.filters not in rows or (variant == "mixed" and architecture.layers == 1):
        return None
    return replace(architecture, **change)


def are_varied(filters: str, layers: int, variants: list[str]) -> bool:
    """Whether some of the variants say something about networks of such a row and depth."""
    some = Architecture(filters, layers, 3, 1)
    return any(vary(some, variant) for variant in variants)
