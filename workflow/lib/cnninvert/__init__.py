"""The science of the pipeline: convolutional layers as steps of model-based sparse recovery.

Nothing in this package knows Snakemake; the scripts in ``workflow/scripts`` connect the two.
"""
