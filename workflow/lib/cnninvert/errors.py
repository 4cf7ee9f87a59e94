"""The one exception that a user is meant to read."""


class InputError(Exception):
    """Something that the user gave cannot be used: a key, a file, an image, a weight.

    The message is one sentence that names it and says what to do.
    """
