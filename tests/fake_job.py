"""What Snakemake hands to a script, as far as our jobs look at it."""

from types import SimpleNamespace
from typing import Any


class Named(list):
    """A list whose items have names, as Snakemake's: a name may stand for several."""

    def __init__(self, **values: Any) -> None:
        for value in values.values():
            self.extend(value if isinstance(value, list) else [value])
        self.named = values

    def items(self):
        return self.named.items()

    def get(self, name: str, default: Any = None) -> Any:
        return self.named.get(name, default)


def fake_job(log: str = "results/x/logs/rule.log", **parts: dict[str, Any]) -> SimpleNamespace:
    """``parts``: input, output, wildcards, params and resources, by name."""
    kinds = ("input", "output", "wildcards", "params", "resources")
    named = {kind: Named(**parts.pop(kind, {})) for kind in kinds}
    return SimpleNamespace(rule="rule", log=[log], threads=1, **named)
