"""The input functions of networks.smk."""


def network_source(_wildcards):
    """What the network is built of, with paths as the system has them."""
    names = ("name", "file", "function", "weights", "random", "size", "mean", "std")
    section = settings("network", *names)
    for key in ("file", "weights"):
        section[key] = section[key] and expand_path(section[key])
    return section


def network_files(_wildcards):
    """The user's own files among these."""
    section = network_source(None)
    return [section[key] for key in ("file", "weights") if section[key]]


def known_weights(_wildcards):
    """The pipeline's file of weights, for VGG-16 and AlexNet."""
    section = config["network"]
    own = section["file"] or section["weights"] or section["random"] is not None
    if own or section["name"] not in ("vgg16", "alexnet"):
        return []
    return [weights_path("torchvision", section["name"])]


def network_report(kind, name, suffixes):
    """The formats of a table or figure of the network, with a place in the report."""
    look = {"caption": "../report/network.rst", "category": part("network")}
    labels = {"network": NETWORK, "statistic": name}
    flagged = []
    for suffix in suffixes:
        path = f"<network>/{kind}/{name}.{suffix}"
        flagged.append(report(path, **look, labels={**labels, "format": suffix}))
    return flagged
