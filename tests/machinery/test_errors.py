"""What a user reads is one sentence in one line."""

import pytest

from machinery.errors import InputError, input_errors


def test_a_message_is_one_printable_line():
    error = InputError("x\n\ty.png: it is\a broken;  replace it.")
    assert str(error) == r"x y.png: it is\x07 broken; replace it."


@pytest.mark.parametrize(
    ("said", "advice", "sentence"),
    [
        ("w: it is damaged", "", "w: it is damaged."),
        ("w: it is damaged.", "", "w: it is damaged."),
        ("w: it is damaged.", "get it again", "w: it is damaged; get it again."),
    ],
)
def test_a_value_error_of_the_library_becomes_an_input_error(said, advice, sentence):
    with pytest.raises(InputError) as error, input_errors(advice):
        raise ValueError(said)
    assert str(error.value) == sentence
    assert isinstance(error.value.__cause__, ValueError)


def test_other_errors_pass():
    with pytest.raises(KeyError), input_errors("get it again"):
        raise KeyError("x")
    with pytest.raises(InputError, match=r"^as it was\.$"), input_errors("get it again"):
        raise InputError("as it was.")
