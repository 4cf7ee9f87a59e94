"""The one exception that a user is meant to read."""

from collections.abc import Iterator
from contextlib import contextmanager


class InputError(Exception):
    """Something that the user gave cannot be used: a key, a file, an image, a weight.

    The message is one sentence that names it and says what to do, in one line whatever it quotes.
    """

    def __init__(self, sentence: str) -> None:
        line = " ".join(sentence.split())
        super().__init__("".join(c if c.isprintable() else repr(c)[1:-1] for c in line))


@contextmanager
def input_errors(advice: str = "") -> Iterator[None]:
    """Turn a ValueError of the library's in the block into an InputError.

    Its sentence is kept, and ``advice`` on what to do is added.
    """
    try:
        yield
    except ValueError as error:
        reason = str(error).rstrip(".")
        raise InputError(f"{reason}; {advice}." if advice else f"{reason}.") from error
