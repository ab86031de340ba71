"""The data that the course carries with it, and the script that made a part of it.

`mnist_subset.npz` holds the first 10,000 training and the first 2,000 test digits of MNIST;
`MNIST-LICENSE.md` says whose work they are. `cnnlib.mnist.load_mnist` reads them.

`imagenet_names.txt` holds the names of ImageNet's 1,000 classes; `IMAGENET-NAMES-LICENSE.md` says where they are from.
`cnnlib.imagenet` reads them. `mlp_vs_cnn.json` and `full_mnist.json` are measured: the modules of these names write them.
"""
