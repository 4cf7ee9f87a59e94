"""The input functions of inversion.smk and horizon.smk."""

INVERTED = [
    f"{layer}-{method}"
    for layer in inversion_layers(config)
    for method in inversion_methods(config, layer)
]
# Where layer_by_layer begins.
LAST = ([None] + inversion_layers(config))[-1]
# What is found from switches alone.
SWITCHES_ALONE = [name for name in INVERTED if name.endswith("-switches")]
WITNESSES = [
    f"{layer}-{known}"
    for layer in witness_layers(config)
    for known in config["witnesses"]["known"]
]


def of_layer(wildcards):
    """What is inverted of one layer."""
    return [
        f"{wildcards.place}-{method}"
        for method in inversion_methods(config, wildcards.place)
    ]


def decoded_pictures(wildcards):
    """The pictures that an inversion starts from, if it does not start from grey."""
    if wildcards.method != REFINED:
        return []
    return expand("<network>/inversion/{place}-decoder_fixed.h5", place=wildcards.place)


def layer_decoder(wildcards):
    """The trained decoder of a layer."""
    name = f"{config['network']['name']}-torchvision-{wildcards.place}"
    return f"{R}/models/decoder-{name}-{wildcards.switches}.safetensors"
