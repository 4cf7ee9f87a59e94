"""The one exception that a user is meant to read."""


class InputError(Exception):
    """Something that the user gave cannot be used: a key, a file, an image, a weight.

    The message is one sentence that names it and says what to do, in one line whatever it quotes.
    """

    def __init__(self, sentence: str) -> None:
        line = " ".join(sentence.split())
        super().__init__("".join(c if c.isprintable() else repr(c)[1:-1] for c in line))
