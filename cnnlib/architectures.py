"""Three networks that made history, as data: after this room you can type any network's table in and count it.

Each is (input_shape, layers) as cnnlib.shapes takes them: `trace_shapes(layers, input_shape)`. Activations stand in no
table, and neither does AlexNet's local normalisation: they change no shape and learn nothing.
"""


def _conv(filters, kernel, **options):
    return {"type": "conv", "filters": filters, "kernel": kernel, **options}


def _pool(kind, size, stride):
    return {"type": f"{kind}_pool", "size": size, "stride": stride}


def _dense(*units):
    return [{"type": "dense", "units": n} for n in units]


# LeNet-5: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, Gradient-based learning applied to document recognition, 1998,
# figure 2, in the form in which it is built today: 61,706 parameters. The paper's own network has about 60,000: its
# second convolution sees only some of the 6 channels with each filter (1,516 in place of 2,416), its pooling layers learn
# a weight and a bias a channel (12 and 32), and its output units have no bias and are fixed.
LENET5 = ((32, 32, 1), [
    _conv(6, 5), _pool("average", 2, 2),
    _conv(16, 5), _pool("average", 2, 2),
    {"type": "flatten"}, *_dense(120, 84, 10)])

# AlexNet: A. Krizhevsky, I. Sutskever and G. E. Hinton, ImageNet classification with deep convolutional neural networks,
# 2012, on one computer: 62,378,344 parameters. The paper's ran on two graphics cards, and in its second, fourth and fifth
# convolution a filter saw the channels of its own card only (48, 192 and 192 deep): 60,965,224. The paper says 224 pixels;
# with stride 4 and no padding only 227 gives its 55 x 55.
ALEXNET = ((227, 227, 3), [
    _conv(96, 11, stride=4), _pool("max", 3, 2),
    _conv(256, 5, padding="same"), _pool("max", 3, 2),
    _conv(384, 3, padding="same"), _conv(384, 3, padding="same"), _conv(256, 3, padding="same"), _pool("max", 3, 2),
    {"type": "flatten"}, *_dense(4096, 4096, 1000)])

# VGG-16: K. Simonyan and A. Zisserman, Very deep convolutional networks for large-scale image recognition, 2015, table 1,
# column D: 138,357,544 parameters.
VGG16 = ((224, 224, 3), [
    *[_conv(64, 3, padding="same")] * 2, _pool("max", 2, 2),
    *[_conv(128, 3, padding="same")] * 2, _pool("max", 2, 2),
    *[_conv(256, 3, padding="same")] * 3, _pool("max", 2, 2),
    *[_conv(512, 3, padding="same")] * 3, _pool("max", 2, 2),
    *[_conv(512, 3, padding="same")] * 3, _pool("max", 2, 2),
    {"type": "flatten"}, *_dense(4096, 4096, 1000)])
