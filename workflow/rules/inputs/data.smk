"""The input functions of data.smk."""


def weights_entry(wildcards):
    """What the user says of the file of these weights."""
    return config["weights"]["files"][wildcards.weights]


def photographs_folder(_wildcards):
    """The folder of images that the user named, or the default photographs."""
    root = config["images"]["root"]
    return expand_path(root) if root else rules.download_photographs.output.path
