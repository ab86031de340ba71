# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The catalogue of unit 02: how people get it wrong, and how they get it right in another way
#
# Each cell is what a student might write into the solution cell of `question`. `wrong` says what is wrong with it, and
# `hint` names the known mistake that `check` must recognise; without `hint` it must recognise none. `right` says what is
# different about an answer that must earn full marks. All of them are graded for real by the tests.

# %% question="conv_output_size" wrong="no + 1" hint="no + 1"
def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    reach = dilation * (kernel - 1) + 1
    if reach > n + 2 * pad:
        raise ValueError("the kernel does not fit")
    return (n + 2 * pad - reach) // stride

# %% question="conv_output_size" wrong="no + 1, and nothing is refused" hint="no + 1"
def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    return (n + 2 * pad - dilation * (kernel - 1) - 1) // stride

# %% question="conv_output_size" wrong="rounded up" hint="not rounded down"
def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    free = n + 2 * pad - dilation * (kernel - 1) - 1
    if free < 0:
        raise ValueError("the kernel does not fit")
    return -(-free // stride) + 1

# %% question="conv_output_size" wrong="rounded to the nearest" hint="not rounded down"
def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    free = n + 2 * pad - dilation * (kernel - 1) - 1
    if free < 0:
        raise ValueError("the kernel does not fit")
    return round(free / stride) + 1

# %% question="conv_output_size" wrong="rounded half up with int(x + 0.5)" hint="not rounded down"
def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    free = n + 2 * pad - dilation * (kernel - 1) - 1
    if free < 0:
        raise ValueError("the kernel does not fit")
    return int(free / stride + 1 + 0.5)

# %% question="conv_output_size" wrong="the padding is added once" hint="padding on one side"
def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    reach = dilation * (kernel - 1) + 1
    if reach > n + pad:
        raise ValueError("the kernel does not fit")
    return (n + pad - reach) // stride + 1

# %% question="conv_output_size" wrong="the padding is squared, as in a formula that goes round" hint="padding squared"
def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    reach = dilation * (kernel - 1) + 1
    if reach > n + pad ** 2:
        raise ValueError("the kernel does not fit")
    return (n - reach + pad ** 2) // stride + 1

# %% question="conv_output_size" wrong="padding squared, no dilation, a float" hint="padding squared"
def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    return ((n - kernel) + pad ** 2) / stride + 1

# %% question="conv_output_size" wrong="the padding is ignored" hint="padding ignored"
def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    reach = dilation * (kernel - 1) + 1
    if reach > n:
        raise ValueError("the kernel does not fit")
    return (n - reach) // stride + 1

# %% question="conv_output_size" wrong="the stride is ignored" hint="stride ignored"
def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    reach = dilation * (kernel - 1) + 1
    if reach > n + 2 * pad:
        raise ValueError("the kernel does not fit")
    return n + 2 * pad - reach + 1

# %% question="conv_output_size" wrong="the dilation is ignored" hint="dilation ignored"
def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    if kernel > n + 2 * pad:
        raise ValueError("the kernel does not fit")
    return (n + 2 * pad - kernel) // stride + 1

# %% question="conv_output_size" wrong="the reach is kernel times dilation" hint="wrong reach"
def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    reach = kernel * dilation
    if reach > n + 2 * pad:
        raise ValueError("the kernel does not fit")
    return (n + 2 * pad - reach) // stride + 1

# %% question="conv_output_size" wrong="the reach is a pixel short" hint="wrong reach"
def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    reach = (kernel - 1) * dilation
    if reach > n + 2 * pad:
        raise ValueError("the kernel does not fit")
    return (n + 2 * pad - reach) // stride + 1

# %% question="conv_output_size" wrong="dilation pixels between the taps" hint="wrong reach"
def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    reach = kernel + (kernel - 1) * dilation
    if reach > n + 2 * pad:
        raise ValueError("the kernel does not fit")
    return (n + 2 * pad - reach) // stride + 1

# %% question="conv_output_size" wrong="floor(n / s): the kernel does not matter" hint="kernel left out"
def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    return n // stride

# %% question="conv_output_size" wrong="n / s after padding, rounded up" hint="kernel left out"
def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    import math
    return math.ceil((n + 2 * pad) / stride)

# %% question="conv_output_size" wrong="np.floor gives a float" hint="float result"
def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    reach = dilation * (kernel - 1) + 1
    if reach > n + 2 * pad:
        raise ValueError("the kernel does not fit")
    return np.floor((n + 2 * pad - reach) / stride) + 1

# %% question="conv_output_size" wrong="divided with / and left there" hint="float result"
def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    reach = dilation * (kernel - 1) + 1
    if reach > n + 2 * pad:
        raise ValueError("the kernel does not fit")
    return (n + 2 * pad - reach) / stride + 1

# %% question="conv_output_size" wrong="a kernel that does not fit gives 0 or less" hint="larger kernel accepted"
def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    return (n + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1

# %% question="conv_output_size" wrong="the fit is asked of the kernel, not of its reach" hint="larger kernel accepted"
def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    if kernel > n + 2 * pad:
        raise ValueError("the kernel does not fit")
    return (n + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1

# %% question="conv_output_size" wrong="a kernel that fits only with padding is refused" hint="fitting kernel refused"
def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    if kernel > n:
        raise ValueError("the kernel does not fit")
    return (n + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1

# %% question="conv_output_size" wrong="one more where the stride does not divide and pad is given"
def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    free = n + 2 * pad - dilation * (kernel - 1) - 1
    if free < 0:
        raise ValueError("the kernel does not fit")
    return free // stride + 1 + (pad > 0 and free % stride > 0)

# %% question="conv_output_size" right="a loop that counts the stops"
def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    first, last = -pad, n + pad - 1
    stops = 0
    while first + (kernel - 1) * dilation <= last:
        stops += 1
        first += stride
    if not stops:
        raise ValueError("the kernel does not fit")
    return stops

# %% question="conv_output_size" right="the length of a range"
def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    stops = len(range(0, n + 2 * pad - dilation * (kernel - 1), stride))
    if stops == 0:
        raise ValueError("the kernel does not fit")
    return stops

# %% question="conv_output_size" right="windows of an array"
def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    axis = np.pad(np.arange(n), pad)  # sliding_window_view raises the ValueError
    return len(np.lib.stride_tricks.sliding_window_view(axis, dilation * (kernel - 1) + 1)[::stride])

# %% question="conv_output_size" right="rounded up after all: the number of places, divided"
def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    places = n + 2 * pad - dilation * (kernel - 1)
    if places < 1:
        raise ValueError("the kernel does not fit")
    return int(np.ceil(places / stride))

# %% question="conv_output_size" right="recursion: one stop and the rest of the axis"
def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    def stops(length):
        return 0 if length < dilation * (kernel - 1) + 1 else 1 + stops(length - stride)
    if not stops(n + 2 * pad):
        raise ValueError("the kernel does not fit")
    return stops(n + 2 * pad)

# %% question="same_padding" wrong="the same at both ends, the extra pixel is lost" hint="assumed symmetric"
def same_padding(n, kernel, stride=1):
    total = max((-(-n // stride) - 1) * stride + kernel - n, 0)
    return total // 2, total // 2

# %% question="same_padding" wrong="half a kernel at both ends" hint="assumed symmetric"
def same_padding(n, kernel, stride=1):
    return kernel // 2, kernel // 2

# %% question="same_padding" wrong="(k - 1) / 2 at both ends" hint="assumed symmetric"
def same_padding(n, kernel, stride=1):
    pad = (kernel - 1) // 2
    return pad, pad

# %% question="same_padding" wrong="the extra pixel stands before" hint="extra pixel before"
def same_padding(n, kernel, stride=1):
    total = max((-(-n // stride) - 1) * stride + kernel - n, 0)
    return total - total // 2, total // 2

# %% question="same_padding" wrong="right with stride 1 only" hint="stride ignored"
def same_padding(n, kernel, stride=1):
    return (kernel - 1) // 2, kernel // 2

# %% question="same_padding" wrong="the output is to have n pixels whatever the stride" hint="same taken as n"
def same_padding(n, kernel, stride=1):
    total = max((n - 1) * stride + kernel - n, 0)
    return total // 2, total - total // 2

# %% question="same_padding" wrong="the number of stops is rounded down" hint="not rounded up"
def same_padding(n, kernel, stride=1):
    total = max((n // stride - 1) * stride + kernel - n, 0)
    return total // 2, total - total // 2

# %% question="same_padding" wrong="stops instead of strides" hint="one stop too many"
def same_padding(n, kernel, stride=1):
    total = max(-(-n // stride) * stride + kernel - n, 0)
    return total // 2, total - total // 2

# %% question="same_padding" wrong="negative where the kernel is shorter than the stride" hint="negative padding"
def same_padding(n, kernel, stride=1):
    total = (-(-n // stride) - 1) * stride + kernel - n
    return total // 2, total - total // 2

# %% question="same_padding" wrong="the case that the stride divides is forgotten" hint="remainder of 0"
def same_padding(n, kernel, stride=1):
    total = max(kernel - n % stride, 0)
    return total // 2, total - total // 2

# %% question="same_padding" wrong="the total is not shared out" hint="total only"
def same_padding(n, kernel, stride=1):
    return max((-(-n // stride) - 1) * stride + kernel - n, 0)

# %% question="same_padding" wrong="half pixels" hint="float result"
def same_padding(n, kernel, stride=1):
    total = max((-(-n // stride) - 1) * stride + kernel - n, 0)
    return total / 2, total / 2

# %% question="same_padding" wrong="np.floor and np.ceil give floats" hint="float result"
def same_padding(n, kernel, stride=1):
    total = max((np.ceil(n / stride) - 1) * stride + kernel - n, 0)
    return np.floor(total / 2), np.ceil(total / 2)

# %% question="same_padding" wrong="everything goes after"
def same_padding(n, kernel, stride=1):
    return 0, max((-(-n // stride) - 1) * stride + kernel - n, 0)

# %% question="same_padding" right="by the remainder, as TensorFlow's code does"
def same_padding(n, kernel, stride=1):
    rest = n % stride
    total = max(kernel - (rest if rest else stride), 0)
    return total // 2, total - total // 2

# %% question="same_padding" right="pixels added one by one, after and before in turn"
def same_padding(n, kernel, stride=1):
    before = after = 0
    last = [start for start in range(n) if start % stride == 0][-1]
    while before + n + after < last + kernel:
        if after > before:
            before += 1
        else:
            after += 1
    return [before, after]

# %% question="same_padding" right="divmod and NumPy's whole numbers"
def same_padding(n, kernel, stride=1):
    total = np.maximum((np.ceil(n / stride).astype(int) - 1) * stride + kernel - n, 0)
    half, odd = divmod(total, 2)
    return half, half + odd

# %% question="keras_output_size" wrong="same is n for every stride" hint="same taken as n"
def keras_output_size(n, kernel, *, stride=1, padding="valid"):
    if padding == "same":
        return n
    if padding != "valid":
        raise ValueError("unknown padding")
    return cnnlib.conv_output_size(n, kernel, stride=stride)

# %% question="keras_output_size" wrong="floor(n / s) for same" hint="same rounded down"
def keras_output_size(n, kernel, *, stride=1, padding="valid"):
    if padding == "same":
        return n // stride
    if padding != "valid":
        raise ValueError("unknown padding")
    return cnnlib.conv_output_size(n, kernel, stride=stride)

# %% question="keras_output_size" wrong="same as equal padding of half a kernel" hint="same assumed symmetric"
def keras_output_size(n, kernel, *, stride=1, padding="valid"):
    if padding not in ("same", "valid"):
        raise ValueError("unknown padding")
    return cnnlib.conv_output_size(n, kernel, stride=stride, pad=(kernel - 1) // 2 if padding == "same" else 0)

# %% question="keras_output_size" wrong="floor(n / s) + 1 for same" hint="one for same"
def keras_output_size(n, kernel, *, stride=1, padding="valid"):
    if padding == "same":
        return n // stride + 1
    if padding != "valid":
        raise ValueError("unknown padding")
    return cnnlib.conv_output_size(n, kernel, stride=stride)

# %% question="keras_output_size" wrong="no + 1 for valid" hint="no + 1"
def keras_output_size(n, kernel, *, stride=1, padding="valid"):
    if padding == "same":
        return -(-n // stride)
    if padding != "valid" or kernel > n:
        raise ValueError("this cannot be")
    return (n - kernel) // stride

# %% question="keras_output_size" wrong="valid rounded up" hint="valid rounded up"
def keras_output_size(n, kernel, *, stride=1, padding="valid"):
    if padding == "same":
        return int(np.ceil(n / stride))
    if padding != "valid" or kernel > n:
        raise ValueError("this cannot be")
    return int(np.ceil((n - kernel) / stride)) + 1

# %% question="keras_output_size" wrong="the kernel does not matter for valid either" hint="kernel left out"
def keras_output_size(n, kernel, *, stride=1, padding="valid"):
    if padding not in ("same", "valid"):
        raise ValueError("unknown padding")
    return -(-n // stride)

# %% question="keras_output_size" wrong="the stride is not handed on" hint="stride ignored"
def keras_output_size(n, kernel, *, stride=1, padding="valid"):
    if padding == "same":
        return n
    if padding != "valid":
        raise ValueError("unknown padding")
    return cnnlib.conv_output_size(n, kernel)

# %% question="keras_output_size" wrong="the padding does not matter" hint="padding ignored"
def keras_output_size(n, kernel, *, stride=1, padding="valid"):
    return cnnlib.conv_output_size(n, kernel, stride=stride)

# %% question="keras_output_size" wrong="np.ceil gives a float" hint="float result"
def keras_output_size(n, kernel, *, stride=1, padding="valid"):
    if padding == "same":
        return np.ceil(n / stride)
    if padding != "valid":
        raise ValueError("unknown padding")
    return cnnlib.conv_output_size(n, kernel, stride=stride)

# %% question="keras_output_size" wrong="a kernel that does not fit is accepted" hint="larger kernel accepted"
def keras_output_size(n, kernel, *, stride=1, padding="valid"):
    if padding == "same":
        return -(-n // stride)
    if padding == "valid":
        return max(0, (n - kernel) // stride + 1)
    raise ValueError("unknown padding")

# %% question="keras_output_size" wrong="whatever is not valid is taken for same" hint="unknown padding accepted"
def keras_output_size(n, kernel, *, stride=1, padding="valid"):
    if padding == "valid":
        return cnnlib.conv_output_size(n, kernel, stride=stride)
    return -(-n // stride)

# %% question="keras_output_size" wrong="whatever is not same is taken for valid" hint="unknown padding accepted"
def keras_output_size(n, kernel, *, stride=1, padding="valid"):
    if padding == "same":
        return -(-n // stride)
    return cnnlib.conv_output_size(n, kernel, stride=stride)

# %% question="keras_output_size" wrong="a larger kernel is refused with same, too" hint="larger kernel refused"
def keras_output_size(n, kernel, *, stride=1, padding="valid"):
    if kernel > n or padding not in ("valid", "same"):
        raise ValueError("this cannot be")
    return -(-n // stride) if padding == "same" else (n - kernel) // stride + 1

# %% question="keras_output_size" right="Keras itself"
def keras_output_size(n, kernel, *, stride=1, padding="valid"):
    import keras
    if padding == "valid" and kernel > n:
        raise ValueError("the kernel does not fit")
    layer = keras.layers.MaxPooling2D((1, kernel), strides=(1, stride), padding=padding)
    return layer.compute_output_shape((1, 1, n, 1))[2]

# %% question="keras_output_size" right="the padding of question 2, then the size of question 1"
def keras_output_size(n, kernel, *, stride=1, padding="valid"):
    added = {"valid": 0, "same": sum(cnnlib.same_padding(n, kernel, stride))}
    if padding not in added:
        raise ValueError("unknown padding")
    return cnnlib.conv_output_size(n + added[padding], kernel, stride=stride)

# %% question="keras_output_size" right="counting stops"
def keras_output_size(n, kernel, *, stride=1, padding="valid"):
    if padding not in ["valid", "same"]:
        raise ValueError("unknown padding")
    end = n if padding == "same" else n - kernel + 1
    stops = sum(1 for place in range(end) if place % stride == 0)
    if stops < 1:
        raise ValueError("the kernel does not fit")
    return stops

# %% question="conv_params" wrong="the biases are forgotten" hint="no bias"
def conv_params(kernel_h, kernel_w, c_in, filters, *, bias=True):
    return kernel_h * kernel_w * c_in * filters

# %% question="conv_params" wrong="the kernel has no depth" hint="kernel depth missing"
def conv_params(kernel_h, kernel_w, c_in, filters, *, bias=True):
    return (kernel_h * kernel_w + bias) * filters

# %% question="conv_params" wrong="the option is not read" hint="bias not switched off"
def conv_params(kernel_h, kernel_w, c_in, filters, *, bias=True):
    return kernel_h * kernel_w * c_in * filters + filters

# %% question="conv_params" wrong="one bias for all filters" hint="one bias for the layer"
def conv_params(kernel_h, kernel_w, c_in, filters, *, bias=True):
    return kernel_h * kernel_w * c_in * filters + int(bias)

# %% question="conv_params" wrong="a bias for each slice of a filter" hint="bias for each channel of the input"
def conv_params(kernel_h, kernel_w, c_in, filters, *, bias=True):
    slice_ = kernel_h * kernel_w + (1 if bias else 0)
    return slice_ * c_in * filters

# %% question="conv_params" wrong="one filter only" hint="one filter only"
def conv_params(kernel_h, kernel_w, c_in, filters, *, bias=True):
    return kernel_h * kernel_w * c_in + (1 if bias else 0)

# %% question="conv_params" wrong="weights of one filter, biases of all" hint="filters left out of the weights"
def conv_params(kernel_h, kernel_w, c_in, filters, *, bias=True):
    return kernel_h * kernel_w * c_in + filters * bias

# %% question="conv_params" wrong="a square kernel is assumed" hint="square kernel assumed"
def conv_params(kernel_h, kernel_w, c_in, filters, *, bias=True):
    return (kernel_h ** 2 * c_in + bias) * filters

# %% question="conv_params" wrong="height and width are added" hint="sides added"
def conv_params(kernel_h, kernel_w, c_in, filters, *, bias=True):
    return ((kernel_h + kernel_w) * c_in + bias) * filters

# %% question="conv_params" wrong="np.prod of floats" hint="float result"
def conv_params(kernel_h, kernel_w, c_in, filters, *, bias=True):
    return (np.prod([kernel_h, kernel_w, c_in], dtype=float) + bias) * filters

# %% question="conv_params" wrong="the biases are subtracted"
def conv_params(kernel_h, kernel_w, c_in, filters, *, bias=True):
    return (kernel_h * kernel_w * c_in - bias) * filters

# %% question="conv_params" right="the sizes of the arrays themselves"
def conv_params(kernel_h, kernel_w, c_in, filters, *, bias=True):
    weights = np.empty((kernel_h, kernel_w, c_in, filters))
    return weights.size + (weights.shape[-1] if bias else 0)

# %% question="conv_params" right="a Keras layer counts"
def conv_params(kernel_h, kernel_w, c_in, filters, *, bias=True):
    import keras
    layer = keras.layers.Conv2D(filters, (kernel_h, kernel_w), use_bias=bias)
    layer.build((None, None, None, c_in))
    return layer.count_params()

# %% question="conv_params" right="recursion over the filters"
def conv_params(kernel_h, kernel_w, c_in, filters, *, bias=True):
    if filters == 0:
        return 0
    return kernel_h * kernel_w * c_in + int(bias) + conv_params(kernel_h, kernel_w, c_in, filters - 1, bias=bias)

# %% question="dense_params" wrong="the biases are forgotten" hint="no bias"
def dense_params(n_in, n_out, *, bias=True):
    return n_in * n_out

# %% question="dense_params" wrong="the option is not read" hint="bias not switched off"
def dense_params(n_in, n_out, *, bias=True):
    return (n_in + 1) * n_out

# %% question="dense_params" wrong="a bias for each input" hint="bias for each input"
def dense_params(n_in, n_out, *, bias=True):
    return n_in * n_out + bias * n_in

# %% question="dense_params" wrong="one bias for the layer" hint="one bias for the layer"
def dense_params(n_in, n_out, *, bias=True):
    return n_in * n_out + bias

# %% question="dense_params" wrong="a bias on both sides" hint="bias on both sides"
def dense_params(n_in, n_out, *, bias=True):
    return (n_in + bias) * (n_out + bias)

# %% question="dense_params" wrong="inputs and outputs are added" hint="sizes added"
def dense_params(n_in, n_out, *, bias=True):
    return n_in + n_out + (n_out if bias else 0)

# %% question="dense_params" wrong="a float" hint="float result"
def dense_params(n_in, n_out, *, bias=True):
    return (n_in + bias) * n_out * 1.0

# %% question="dense_params" right="the sizes of the arrays themselves"
def dense_params(n_in, n_out, *, bias=True):
    return np.empty((n_in + 1 if bias else n_in, n_out)).size

# %% question="dense_params" right="a convolution of one pixel"
def dense_params(n_in, n_out, *, bias=True):
    return cnnlib.conv_params(1, 1, n_in, n_out, bias=bias)

# %% question="dense_params" right="counting the outputs one by one"
def dense_params(n_in, n_out, *, bias=True):
    return sum(n_in + (1 if bias else 0) for _ in range(n_out))

# %% question="trace_shapes" wrong="height and width change places" hint="height and width swapped"
def trace_shapes(layers, input_shape):
    trace, shape = [], tuple(input_shape)
    for layer in layers:
        params = 0
        if layer["type"] == "conv":
            w, h, c = shape if not trace else (shape[1], shape[0], shape[2])
            options = {"stride": layer.get("stride", 1), "padding": layer.get("padding", "valid")}
            params = cnnlib.conv_params(layer["kernel"], layer["kernel"], c, layer["filters"])
            shape = (cnnlib.keras_output_size(h, layer["kernel"], **options),
                     cnnlib.keras_output_size(w, layer["kernel"], **options), layer["filters"])
        elif "pool" in layer["type"]:
            w, h, c = shape if not trace else (shape[1], shape[0], shape[2])
            options = {"stride": layer.get("stride", layer["size"]), "padding": layer.get("padding", "valid")}
            shape = (cnnlib.keras_output_size(h, layer["size"], **options),
                     cnnlib.keras_output_size(w, layer["size"], **options), c)
        elif layer["type"] == "flatten":
            shape = (shape[0] * shape[1] * shape[2],)
        elif layer["type"] == "dense":
            shape, params = (layer["units"],), cnnlib.dense_params(shape[0], layer["units"])
        trace.append((shape, params))
    return trace

# %% question="trace_shapes" wrong="channels first in the answer" hint="channels first"
def trace_shapes(layers, input_shape):
    return [((*shape[-1:], *shape[:-1]), params) for shape, params in right_answer(layers, input_shape)]

# %% question="trace_shapes" wrong="as many channels behind a convolution as before it" hint="depth of the input kept"
def trace_shapes(layers, input_shape):
    trace, shape = [], tuple(input_shape)
    for layer in layers:
        params = 0
        if layer["type"] == "conv":
            options = {"stride": layer.get("stride", 1), "padding": layer.get("padding", "valid")}
            params = cnnlib.conv_params(layer["kernel"], layer["kernel"], shape[2], layer["filters"])
            shape = tuple(cnnlib.keras_output_size(n, layer["kernel"], **options) for n in shape[:2]) + shape[2:]
        elif "pool" in layer["type"]:
            options = {"stride": layer.get("stride", layer["size"]), "padding": layer.get("padding", "valid")}
            shape = tuple(cnnlib.keras_output_size(n, layer["size"], **options) for n in shape[:2]) + shape[2:]
        elif layer["type"] == "flatten":
            shape = (shape[0] * shape[1] * shape[2],)
        elif layer["type"] == "dense":
            shape, params = (layer["units"],), cnnlib.dense_params(shape[0], layer["units"])
        trace.append((shape, params))
    return trace

# %% question="trace_shapes" wrong="the filters of every layer are as deep as the image" hint="depth of the image everywhere"
def trace_shapes(layers, input_shape):
    trace, shape = [], tuple(input_shape)
    for layer in layers:
        params = 0
        if layer["type"] == "conv":
            options = {"stride": layer.get("stride", 1), "padding": layer.get("padding", "valid")}
            params = cnnlib.conv_params(layer["kernel"], layer["kernel"], input_shape[2], layer["filters"])
            shape = (*(cnnlib.keras_output_size(n, layer["kernel"], **options) for n in shape[:2]), layer["filters"])
        elif "pool" in layer["type"]:
            options = {"stride": layer.get("stride", layer["size"]), "padding": layer.get("padding", "valid")}
            shape = (*(cnnlib.keras_output_size(n, layer["size"], **options) for n in shape[:2]), shape[2])
        elif layer["type"] == "flatten":
            shape = (shape[0] * shape[1] * shape[2],)
        elif layer["type"] == "dense":
            shape, params = (layer["units"],), cnnlib.dense_params(shape[0], layer["units"])
        trace.append((shape, params))
    return trace

# %% question="trace_shapes" wrong="every layer starts from the image" hint="every layer sees the image"
def trace_shapes(layers, input_shape):
    trace = []
    for layer in layers:
        kind, shape, params = layer["type"], tuple(input_shape), 0
        if kind == "conv" or kind.endswith("pool"):
            window = layer["kernel"] if kind == "conv" else layer["size"]
            options = {"stride": layer.get("stride", 1 if kind == "conv" else window), "padding": layer.get("padding", "valid")}
            shape = tuple(cnnlib.keras_output_size(n, window, **options) for n in shape[:2])
            params = cnnlib.conv_params(window, window, input_shape[2], layer["filters"]) if kind == "conv" else 0
            shape += (layer["filters"] if kind == "conv" else input_shape[2],)
        elif kind == "flatten":
            shape = (int(np.prod(shape)),)
        elif kind == "dense":
            shape, params = (layer["units"],), cnnlib.dense_params(int(np.prod(input_shape)), layer["units"])
        trace.append((shape, params))
    return trace

# %% question="trace_shapes" wrong="pooling moves on by one pixel if no stride is given" hint="pooling stride 1"
def trace_shapes(layers, input_shape):
    trace, shape = [], tuple(input_shape)
    for layer in layers:
        kind, params = layer["type"], 0
        if kind in ("conv", "max_pool", "average_pool"):
            window = layer.get("kernel") or layer["size"]
            h, w = [cnnlib.keras_output_size(n, window, stride=layer.get("stride", 1), padding=layer.get("padding", "valid"))
                    for n in shape[:2]]
            if kind == "conv":
                params = cnnlib.conv_params(window, window, shape[2], layer["filters"])
            shape = (h, w, layer.get("filters", shape[2]))
        elif kind == "flatten":
            shape = (int(np.prod(shape)),)
        elif kind == "dense":
            params, shape = cnnlib.dense_params(*shape, layer["units"]), (layer["units"],)
        trace.append((shape, params))
    return trace

# %% question="trace_shapes" wrong="pooling moves on by its size though a stride is given" hint="stride of pooling ignored"
def trace_shapes(layers, input_shape):
    trace, shape = [], tuple(input_shape)
    for layer in layers:
        kind, params = layer["type"], 0
        if kind in ("conv", "max_pool", "average_pool"):
            window = layer.get("kernel") or layer["size"]
            stride = layer.get("stride", 1) if kind == "conv" else window
            pad = layer.get("padding", "valid")
            h, w = [cnnlib.keras_output_size(n, window, stride=stride, padding=pad) for n in shape[:2]]
            if kind == "conv":
                params = cnnlib.conv_params(window, window, shape[2], layer["filters"])
            shape = (h, w, layer.get("filters", shape[2]))
        elif kind == "flatten":
            shape = (int(np.prod(shape)),)
        elif kind == "dense":
            params, shape = cnnlib.dense_params(*shape, layer["units"]), (layer["units"],)
        trace.append((shape, params))
    return trace

# %% question="trace_shapes" wrong="the stride of a convolution is not handed on" hint="stride of a convolution ignored"
def trace_shapes(layers, input_shape):
    trace, shape = [], tuple(input_shape)
    for layer in layers:
        kind, params = layer["type"], 0
        if kind == "conv":
            k = layer["kernel"]
            params = cnnlib.conv_params(k, k, shape[2], layer["filters"])
            shape = (*[cnnlib.keras_output_size(n, k, padding=layer.get("padding", "valid")) for n in shape[:2]],
                     layer["filters"])
        elif kind.endswith("pool"):
            s = layer.get("stride", layer["size"])
            shape = (*[cnnlib.keras_output_size(n, layer["size"], stride=s, padding=layer.get("padding", "valid"))
                       for n in shape[:2]], shape[2])
        elif kind == "flatten":
            shape = (int(np.prod(shape)),)
        elif kind == "dense":
            params, shape = cnnlib.dense_params(*shape, layer["units"]), (layer["units"],)
        trace.append((shape, params))
    return trace

# %% question="trace_shapes" wrong="pooling is always valid" hint="padding ignored"
def trace_shapes(layers, input_shape):
    trace, shape = [], tuple(input_shape)
    for layer in layers:
        kind, params = layer["type"], 0
        if kind == "conv":
            k = layer["kernel"]
            params = cnnlib.conv_params(k, k, shape[2], layer["filters"])
            shape = (*[cnnlib.keras_output_size(n, k, stride=layer.get("stride", 1), padding=layer.get("padding", "valid"))
                       for n in shape[:2]], layer["filters"])
        elif kind.endswith("pool"):
            s = layer.get("stride", layer["size"])
            shape = (*[cnnlib.keras_output_size(n, layer["size"], stride=s) for n in shape[:2]], shape[2])
        elif kind == "flatten":
            shape = (int(np.prod(shape)),)
        elif kind == "dense":
            params, shape = cnnlib.dense_params(*shape, layer["units"]), (layer["units"],)
        trace.append((shape, params))
    return trace

# %% question="trace_shapes" wrong="one channel is left behind pooling" hint="pooling changes the depth"
def trace_shapes(layers, input_shape):
    trace, shape = [], tuple(input_shape)
    for layer in layers:
        row = right_answer([layer], shape)[0]
        if "pool" in layer["type"]:
            row = ((*row[0][:2], 1), 0)
        trace.append(row)
        shape = row[0]
    return trace

# %% question="trace_shapes" wrong="without biases" hint="no bias"
def trace_shapes(layers, input_shape):
    trace, shape = [], tuple(input_shape)
    for layer in layers:
        kind, params = layer["type"], 0
        if kind in ("conv", "max_pool", "average_pool"):
            window = layer["kernel"] if kind == "conv" else layer["size"]
            stride = layer.get("stride", 1 if kind == "conv" else window)
            pad = layer.get("padding", "valid")
            h, w = (cnnlib.keras_output_size(n, window, stride=stride, padding=pad) for n in shape[:2])
            params = window * window * shape[2] * layer["filters"] if kind == "conv" else 0
            shape = (h, w, layer["filters"] if kind == "conv" else shape[2])
        elif kind == "flatten":
            shape = (shape[0] * shape[1] * shape[2],)
        elif kind == "dense":
            params, shape = shape[0] * layer["units"], (layer["units"],)
        trace.append((shape, params))
    return trace

# %% question="trace_shapes" wrong="the filters are one channel deep" hint="kernel depth missing"
def trace_shapes(layers, input_shape):
    return [(shape, (layer["kernel"] ** 2 + 1) * layer["filters"] if layer["type"] == "conv" else params)
            for layer, (shape, params) in zip(layers, right_answer(layers, input_shape), strict=True)]

# %% question="trace_shapes" wrong="weights counted at every place" hint="times height and width"
def trace_shapes(layers, input_shape):
    return [(shape, params * shape[0] * shape[1] if layer["type"] == "conv" else params)
            for layer, (shape, params) in zip(layers, right_answer(layers, input_shape), strict=True)]

# %% question="trace_shapes" wrong="pooling has weights" hint="pooling learns"
def trace_shapes(layers, input_shape):
    return [(shape, layer["size"] ** 2 if "size" in layer else params)
            for layer, (shape, params) in zip(layers, right_answer(layers, input_shape), strict=True)]

# %% question="trace_shapes" wrong="flatten forgets the channels" hint="flatten without channels"
def trace_shapes(layers, input_shape):
    trace, shape = [], tuple(input_shape)
    for layer in layers:
        if layer["type"] == "flatten":
            trace.append(((shape[0] * shape[1],), 0))
        else:
            trace += right_answer([layer], shape)
        shape = trace[-1][0]
    return trace

# %% question="trace_shapes" wrong="a batch axis, as Keras prints it" hint="batch counted"
def trace_shapes(layers, input_shape):
    return [((None, *shape), params) for shape, params in right_answer(layers, input_shape)]

# %% question="trace_shapes" wrong="a batch of one" hint="batch counted"
def trace_shapes(layers, input_shape):
    return [((1, *shape), params) for shape, params in right_answer(layers, input_shape)]

# %% question="trace_shapes" wrong="brackets without a comma" hint="a number for a shape"
def trace_shapes(layers, input_shape):
    trace, shape = [], tuple(input_shape)
    for layer in layers:
        params = 0
        if layer["type"] == "flatten":
            shape = (shape[0] * shape[1] * shape[2])
        elif layer["type"] == "dense":
            before = shape if isinstance(shape, int) else shape[0]
            params = cnnlib.dense_params(before, layer["units"])
            shape = (layer["units"])
        elif layer["type"] != "dropout":
            shape, params = right_answer([layer], shape)[0]
        trace.append((shape, params))
    return trace

# %% question="trace_shapes" wrong="no row for dropout" hint="a layer without a row"
def trace_shapes(layers, input_shape):
    return right_answer([layer for layer in layers if layer["type"] != "dropout"], input_shape)

# %% question="trace_shapes" wrong="the input has a row as well" hint="input listed"
def trace_shapes(layers, input_shape):
    trace = [(tuple(input_shape), 0)]
    for layer in layers:
        trace += right_answer([layer], trace[-1][0])
    return trace

# %% question="trace_shapes" wrong="parameters up to here" hint="parameters added up"
def trace_shapes(layers, input_shape):
    trace, total = [], 0
    for shape, params in right_answer(layers, input_shape):
        total += params
        trace.append((shape, total))
    return trace

# %% question="trace_shapes" wrong="floats in the shapes" hint="float result"
def trace_shapes(layers, input_shape):
    return [(tuple(n * 1.0 for n in shape), params) for shape, params in right_answer(layers, input_shape)]

# %% question="trace_shapes" wrong="the layers are used up" hint="input changed"
def trace_shapes(layers, input_shape):
    trace = right_answer(layers, input_shape)
    for layer in layers:
        layer.pop("type")
    return trace

# %% question="trace_shapes" wrong="dropout takes half of the numbers away"
def trace_shapes(layers, input_shape):
    return [((*shape[:-1], shape[-1] // 2) if layer["type"] == "dropout" else shape, params)
            for layer, (shape, params) in zip(layers, right_answer(layers, input_shape), strict=True)]

# %% question="trace_shapes" right="Keras layers"
def trace_shapes(layers, input_shape):
    import keras
    made = {
        "conv": lambda d: keras.layers.Conv2D(d["filters"], d["kernel"], d.get("stride", 1), d.get("padding", "valid")),
        "max_pool": lambda d: keras.layers.MaxPooling2D(d["size"], d.get("stride"), d.get("padding", "valid")),
        "average_pool": lambda d: keras.layers.AveragePooling2D(d["size"], d.get("stride"), d.get("padding", "valid")),
        "flatten": lambda d: keras.layers.Flatten(),
        "dropout": lambda d: keras.layers.Dropout(0.5),
        "dense": lambda d: keras.layers.Dense(d["units"]),
    }
    trace, shape = [], (None, *input_shape)
    for description in layers:
        layer = made[description["type"]](description)
        layer.build(shape)
        shape = layer.compute_output_shape(shape)
        trace.append((tuple(shape[1:]), layer.count_params()))
    return trace

# %% question="trace_shapes" right="recursion: the first layer, then the rest"
def trace_shapes(layers, input_shape):
    if not layers:
        return []
    first, *rest = layers
    kind, params, shape = first["type"], 0, list(input_shape)
    if kind == "flatten":
        shape = [int(np.prod(input_shape))]
    elif kind == "dense":
        shape, params = [first["units"]], (input_shape[0] + 1) * first["units"]
    elif kind != "dropout":
        k = first["kernel"] if kind == "conv" else first["size"]
        s = first.get("stride", 1 if kind == "conv" else k)
        for axis in (0, 1):
            places = input_shape[axis] - (0 if first.get("padding") == "same" else k - 1)
            shape[axis] = -(-places // s)
        if kind == "conv":
            shape[2], params = first["filters"], (k * k * input_shape[2] + 1) * first["filters"]
    return [(shape, params)] + trace_shapes(rest, shape)

# %% question="trace_shapes" right="a match statement"
def trace_shapes(layers, input_shape):
    def slide(shape, window, options, stride):
        options = {"stride": options.get("stride", stride), "padding": options.get("padding", "valid")}
        return tuple(cnnlib.keras_output_size(n, window, **options) for n in shape[:2])

    shape, trace = tuple(input_shape), []
    for layer in layers:
        count = 0
        match layer:
            case {"type": "conv", "filters": f, "kernel": k}:
                count = cnnlib.conv_params(k, k, shape[-1], f)
                shape = (*slide(shape, k, layer, 1), f)
            case {"type": "max_pool" | "average_pool", "size": k}:
                shape = (*slide(shape, k, layer, k), shape[-1])
            case {"type": "flatten"}:
                shape = (shape[0] * shape[1] * shape[2],)
            case {"type": "dense", "units": u}:
                count, shape = cnnlib.dense_params(shape[0], u), (u,)
        trace.append((shape, count))
    return trace

# %% question="receptive_field" wrong="the jump is forgotten" hint="jump left out"
def receptive_field(layers):
    field = 1
    for layer in layers:
        if layer["type"] in ("flatten", "dense"):
            raise ValueError("the whole image")
        if layer["type"] != "dropout":
            field += (layer.get("kernel", layer.get("size")) - 1) * layer.get("dilation", 1)
    return field

# %% question="receptive_field" wrong="the jump grows before it is used" hint="own stride in the jump"
def receptive_field(layers):
    field = jump = 1
    for layer in layers:
        if layer["type"] in ("flatten", "dense"):
            raise ValueError("the whole image")
        if layer["type"] != "dropout":
            jump *= layer.get("stride", layer.get("size", 1))
            field += (layer.get("kernel", layer.get("size")) - 1) * layer.get("dilation", 1) * jump
    return field

# %% question="receptive_field" wrong="the last stride only" hint="strides not multiplied"
def receptive_field(layers):
    field = jump = 1
    for layer in layers:
        if layer["type"] in ("flatten", "dense"):
            raise ValueError("the whole image")
        if layer["type"] != "dropout":
            field += (layer.get("kernel", layer.get("size")) - 1) * layer.get("dilation", 1) * jump
            jump = layer.get("stride", layer.get("size", 1))
    return field

# %% question="receptive_field" wrong="the strides are added" hint="strides not multiplied"
def receptive_field(layers):
    field = jump = 1
    for layer in layers:
        if layer["type"] in ("flatten", "dense"):
            raise ValueError("the whole image")
        if layer["type"] != "dropout":
            field += (layer.get("kernel", layer.get("size")) - 1) * layer.get("dilation", 1) * jump
            jump += layer.get("stride", layer.get("size", 1))
    return field

# %% question="receptive_field" wrong="a whole kernel a layer" hint="kernel for kernel - 1"
def receptive_field(layers):
    field = jump = 1
    for layer in layers:
        if layer["type"] in ("flatten", "dense"):
            raise ValueError("the whole image")
        if layer["type"] != "dropout":
            field += layer.get("kernel", layer.get("size")) * layer.get("dilation", 1) * jump
            jump *= layer.get("stride", layer.get("size", 1))
    return field

# %% question="receptive_field" wrong="it starts at 0" hint="start at 0"
def receptive_field(layers):
    field, jump = 0, 1
    for layer in layers:
        if layer["type"] in ("flatten", "dense"):
            raise ValueError("the whole image")
        if layer["type"] != "dropout":
            field += (layer.get("kernel", layer.get("size")) - 1) * layer.get("dilation", 1) * jump
            jump *= layer.get("stride", layer.get("size", 1))
    return field

# %% question="receptive_field" wrong="no dilation" hint="dilation ignored"
def receptive_field(layers):
    field = jump = 1
    for layer in layers:
        if layer["type"] in ("flatten", "dense"):
            raise ValueError("the whole image")
        if layer["type"] != "dropout":
            field += (layer.get("kernel", layer.get("size")) - 1) * jump
            jump *= layer.get("stride", layer.get("size", 1))
    return field

# %% question="receptive_field" wrong="a dilated kernel reaches kernel times dilation" hint="wrong reach"
def receptive_field(layers):
    field = jump = 1
    for layer in layers:
        if layer["type"] in ("flatten", "dense"):
            raise ValueError("the whole image")
        if layer["type"] != "dropout":
            field += (layer.get("kernel", layer.get("size")) * layer.get("dilation", 1) - 1) * jump
            jump *= layer.get("stride", layer.get("size", 1))
    return field

# %% question="receptive_field" wrong="only convolutions count" hint="pooling left out"
def receptive_field(layers):
    field = jump = 1
    for layer in layers:
        if layer["type"] in ("flatten", "dense"):
            raise ValueError("the whole image")
        if layer["type"] == "conv":
            field += (layer["kernel"] - 1) * layer.get("dilation", 1) * jump
            jump *= layer.get("stride", 1)
    return field

# %% question="receptive_field" wrong="pooling has a stride and no window" hint="window of pooling left out"
def receptive_field(layers):
    field = jump = 1
    for layer in layers:
        if layer["type"] in ("flatten", "dense"):
            raise ValueError("the whole image")
        field += (layer.get("kernel", 1) - 1) * layer.get("dilation", 1) * jump
        jump *= layer.get("stride", layer.get("size", 1))
    return field

# %% question="receptive_field" wrong="pooling's stride is 1 if none is given" hint="pooling stride 1"
def receptive_field(layers):
    field = jump = 1
    for layer in layers:
        if layer["type"] in ("flatten", "dense"):
            raise ValueError("the whole image")
        if layer["type"] != "dropout":
            field += (layer.get("kernel", layer.get("size")) - 1) * layer.get("dilation", 1) * jump
            jump *= layer.get("stride", 1)
    return field

# %% question="receptive_field" wrong="pooling's stride is its size though another is given" hint="stride of pooling ignored"
def receptive_field(layers):
    field = jump = 1
    for layer in layers:
        if layer["type"] in ("flatten", "dense"):
            raise ValueError("the whole image")
        if layer["type"] != "dropout":
            field += (layer.get("kernel", layer.get("size")) - 1) * layer.get("dilation", 1) * jump
            jump *= layer["size"] if "size" in layer else layer.get("stride", 1)
    return field

# %% question="receptive_field" wrong="the recursion from the output, run from the image" hint="recursion from the wrong end"
def receptive_field(layers):
    field = 1
    for layer in layers:
        if layer["type"] in ("flatten", "dense"):
            raise ValueError("the whole image")
        if layer["type"] != "dropout":
            reach = (layer.get("kernel", layer.get("size")) - 1) * layer.get("dilation", 1) + 1
            field = (field - 1) * layer.get("stride", layer.get("size", 1)) + reach
    return field

# %% question="receptive_field" wrong="the windows are multiplied" hint="kernels multiplied"
def receptive_field(layers):
    field = 1
    for layer in layers:
        if layer["type"] in ("flatten", "dense"):
            raise ValueError("the whole image")
        field *= layer.get("kernel", layer.get("size", 1))
    return field

# %% question="receptive_field" wrong="the pixels of the square" hint="area for a length"
def receptive_field(layers):
    return right_answer(layers) ** 2

# %% question="receptive_field" wrong="dropout has neither kernel nor size" hint="dropout not passed"
def receptive_field(layers):
    field = jump = 1
    for layer in layers:
        if layer["type"] in ("flatten", "dense"):
            raise ValueError("the whole image")
        window = layer["kernel"] if layer["type"] == "conv" else layer["size"]
        field += (window - 1) * layer.get("dilation", 1) * jump
        jump *= layer.get("stride", 1 if layer["type"] == "conv" else window)
    return field

# %% question="receptive_field" wrong="flatten and dense are passed over" hint="flatten and dense accepted"
def receptive_field(layers):
    field = jump = 1
    for layer in layers:
        if "kernel" in layer or "size" in layer:
            field += (layer.get("kernel", layer.get("size")) - 1) * layer.get("dilation", 1) * jump
            jump *= layer.get("stride", layer.get("size", 1))
    return field

# %% question="receptive_field" wrong="flatten and dense end in a KeyError" hint="flatten and dense not foreseen"
def receptive_field(layers):
    field = jump = 1
    for layer in layers:
        if layer["type"] == "dropout":
            continue
        window = layer["kernel"] if layer["type"] == "conv" else layer["size"]
        field += (window - 1) * layer.get("dilation", 1) * jump
        jump *= layer.get("stride", 1 if layer["type"] == "conv" else window)
    return field

# %% question="receptive_field" wrong="padding makes the field smaller"
def receptive_field(layers):
    return right_answer(layers) - 2 * sum(layer.get("padding") == "same" for layer in layers)

# %% question="receptive_field" right="backwards from one number of the output"
def receptive_field(layers):
    field = 1
    for layer in reversed(layers):
        if layer["type"] in ("flatten", "dense"):
            raise ValueError("the whole image")
        if layer["type"] != "dropout":
            reach = (layer.get("kernel", layer.get("size")) - 1) * layer.get("dilation", 1) + 1
            field = (field - 1) * layer.get("stride", layer.get("size", 1)) + reach
    return field

# %% question="receptive_field" right="recursion over the layers"
def receptive_field(layers, jump=1):
    if not layers:
        return 1
    first, rest = layers[0], layers[1:]
    if first["type"] == "dropout":
        return receptive_field(rest, jump)
    if first["type"] not in ("conv", "max_pool", "average_pool"):
        raise ValueError("the whole image")
    window = first["kernel"] if first["type"] == "conv" else first["size"]
    stride = first.get("stride", 1 if first["type"] == "conv" else window)
    return (window - 1) * first.get("dilation", 1) * jump + receptive_field(rest, jump * stride)

# %% question="receptive_field" right="NumPy's products of strides"
def receptive_field(layers):
    kinds = [layer["type"] for layer in layers]
    if "flatten" in kinds or "dense" in kinds:
        raise ValueError("the whole image")
    seeing = [layer for layer in layers if layer["type"] != "dropout"]
    gaps = [(layer.get("kernel", layer.get("size")) - 1) * layer.get("dilation", 1) for layer in seeing]
    jumps = np.cumprod([1] + [layer.get("stride", layer.get("size", 1)) for layer in seeing])[:-1]
    return 1 + int(np.dot(np.array(gaps, dtype=int), jumps))

# %% question="receptive_field" right="the pixels themselves, as a set"
def receptive_field(layers):
    seen = {0}
    for layer in layers[::-1]:
        if layer["type"] in ("flatten", "dense"):
            raise ValueError("the whole image")
        if layer["type"] == "dropout":
            continue
        window = layer["kernel"] if "kernel" in layer else layer["size"]
        stride = layer.get("stride", layer.get("size", 1))
        seen = {place * stride + tap * layer.get("dilation", 1) for place in seen for tap in range(window)}
    return max(seen) - min(seen) + 1
