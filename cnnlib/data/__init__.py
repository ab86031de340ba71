"""The data that the course carries with it, and the script that made it.

`mnist_subset.npz` holds the first 10,000 training and the first 2,000 test digits of MNIST;
`MNIST-LICENSE.md` says whose work they are. `cnnlib.mnist.load_mnist` reads them.
"""
