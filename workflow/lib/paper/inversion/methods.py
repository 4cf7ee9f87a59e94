"""What pictures are found from: values, switches, both, or noise. Free of torch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    """``values``, ``switches``: whether they are known. ``noise``: whether the values are noise."""

    title: str
    values: bool = True
    switches: bool = True
    noise: bool = False


# In the order in which they are shown.
METHODS = {
    "both": Method("values and switches"),
    "values": Method("values alone", switches=False),
    "refined": Method("values alone, from the decoder's picture", switches=False),
    "switches": Method("switches alone", values=False),
    "noise": Method("noise for values, and the switches", noise=True),
    "decoder_known": Method("trained decoder, values and switches"),
    "decoder_fixed": Method("trained decoder, values alone", switches=False),
}
