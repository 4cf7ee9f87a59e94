"""For the site: examples in docstrings are shown as code."""

import re

import griffe

EXAMPLE = re.compile(r"(?:^>>> .*\n?(?:^(?!\s*$|>>> ).*\n?)*)+", re.MULTILINE)


class Doctests(griffe.Extension):
    """Puts lines that begin with >>>, and the results below them, into a block of code."""

    def on_instance(self, *, obj, **_) -> None:
        if obj.docstring:
            obj.docstring.value = EXAMPLE.sub(
                lambda found: f"```pycon\n{found[0].rstrip()}\n```\n", obj.docstring.value
            )
