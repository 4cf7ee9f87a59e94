TARGETS = {
    "x": [
        f"{R}/images/photographs.h5",
        f"{DATA}/cifar10.h5",
        f"{DATA}/weights/vgg16-torchvision.safetensors",
    ]
}


def greet():
    pass


def close():
    pass
