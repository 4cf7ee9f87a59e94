"""The input functions of figure3.smk."""


def layer_lambdas(wildcards):
    """The lambdas of a layer's codes, as shares of lambda_max, figure3.lambda among them."""
    layer = (wildcards.architecture, wildcards.weights, wildcards.layer)
    swept = config["figure3_layers"]["lambdas"] if layer in PLAN.lambda_layers else []
    return sorted({config["figure3"]["lambda"], *swept}, reverse=True)


def each_layer(files, layers):
    """``files`` of both filter banks for ``layers`` of PLAN, in their order."""
    names = ("architecture", "weights", "layer")
    return [
        path
        for layer in layers
        for path in expand(files, **dict(zip(names, layer)), filters=BANKS)
    ]
