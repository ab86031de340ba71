# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The catalogue of unit 03: how people get it wrong, and how they get it right in another way
#
# Each cell is what a student might write into the solution cell of `question`. `wrong` says what is wrong with it, and
# `hint` names the known mistake that `check` must recognise; without `hint` it must recognise none. `right` says what is
# different about an answer that must earn full marks. All of them are graded for real by the tests.

# %% question="conv1d_forward" wrong="np.convolve flips the filter" hint="filter flipped"
def conv1d_forward(x, w):
    return np.convolve(np.asarray(x, dtype=float), w, mode="valid")

# %% question="conv1d_forward" wrong="no + 1: the last place is lost" hint="last place lost"
def conv1d_forward(x, w):
    return np.array([float(np.dot(x[i:i + len(w)], w)) for i in range(len(x) - len(w))])

# %% question="conv1d_forward" wrong="the mode full, which hangs over both ends" hint="padded"
def conv1d_forward(x, w):
    return np.correlate(np.asarray(x, dtype=float), w, mode="full")

# %% question="conv1d_forward" wrong="padded to the length of x" hint="padded"
def conv1d_forward(x, w):
    k = len(w)
    padded = np.concatenate([np.zeros((k - 1) // 2), x, np.zeros(k // 2)])
    return np.array([np.sum(padded[i:i + k] * w) for i in range(len(x))])

# %% question="conv1d_forward" wrong="the last windows are cut short" hint="padded"
def conv1d_forward(x, w):
    y = np.zeros(len(x))
    for i in range(len(x)):
        part = x[i:i + len(w)]
        y[i] = np.sum(part * w[:len(part)])
    return y

# %% question="conv1d_forward" wrong="the windows lie side by side" hint="steps of the filter's length"
def conv1d_forward(x, w):
    k = len(w)
    return np.array([np.sum(x[i:i + k] * w, dtype=float) for i in range(0, len(x) - k + 1, k)])

# %% question="conv1d_forward" wrong="the mean of the products" hint="mean for sum"
def conv1d_forward(x, w):
    return (np.lib.stride_tricks.sliding_window_view(x, len(w)) * w).mean(axis=1)

# %% question="conv1d_forward" wrong="the sum is missing" hint="products not added"
def conv1d_forward(x, w):
    return np.lib.stride_tricks.sliding_window_view(x, len(w)) * np.asarray(w, dtype=float)

# %% question="conv1d_forward" wrong="a ReLU at the end" hint="cut off at 0"
def conv1d_forward(x, w):
    return np.maximum(np.correlate(np.asarray(x, dtype=float), w, "valid"), 0)

# %% question="conv1d_forward" wrong="the output takes the type of x, so fractions are cut off" hint="integer output"
def conv1d_forward(x, w):
    y = np.zeros(len(x) - len(w) + 1, dtype=x.dtype)
    for i in range(len(y)):
        y[i] = np.sum(x[i:i + len(w)] * w)
    return y

# %% question="conv1d_forward" wrong="x moves under the filter, in place" hint="input changed"
def conv1d_forward(x, w):
    k, y = len(w), []
    for _ in range(len(x) - k + 1):
        y.append(float(np.sum(x[:k] * w)))
        x[:-1] = x[1:].copy()
    return np.array(y)

# %% question="conv1d_forward" wrong="only the first window"
def conv1d_forward(x, w):
    return np.sum(x[:len(w)] * w)

# %% question="conv1d_forward" right="two loops, number by number"
def conv1d_forward(x, w):
    y = []
    for i in range(len(x) - len(w) + 1):
        total = 0.0
        for a in range(len(w)):
            total += x[i + a] * w[a]
        y.append(total)
    return np.array(y)

# %% question="conv1d_forward" right="np.convolve with the filter flipped twice"
def conv1d_forward(x, w):
    return np.convolve(np.asarray(x, dtype=float), np.flip(w), mode="valid")

# %% question="conv1d_forward" right="a loop over the filter"
def conv1d_forward(x, w):
    places = len(x) - len(w) + 1
    return sum(float(w[a]) * x[a:a + places] for a in range(len(w)))

# %% question="conv1d_backward" wrong="the patches of dx are assigned, not added" hint="assigned instead of accumulated"
def conv1d_backward(dy, x, w):
    k = len(w)
    dx, dw = np.zeros(len(x)), np.zeros(k)
    for i in range(len(dy)):
        dx[i:i + k] = dy[i] * w
        dw += dy[i] * x[i:i + k]
    return dx, dw

# %% question="conv1d_backward" wrong="dw keeps the last contribution only" hint="assigned instead of accumulated"
def conv1d_backward(dy, x, w):
    dx = np.zeros(len(x))
    for i in range(len(dy)):
        dx[i:i + len(w)] += dy[i] * w
        dw = dy[i] * x[i:i + len(w)]
    return dx, dw

# %% question="conv1d_backward" wrong="both are assigned" hint="assigned instead of accumulated"
def conv1d_backward(dy, x, w):
    dx, dw = np.zeros(len(x)), np.zeros(len(w))
    for i in range(len(dy)):
        for a in range(len(w)):
            dx[i + a] = dy[i] * w[a]
            dw[a] = dy[i] * x[i + a]
    return dx, dw

# %% question="conv1d_backward" wrong="the filter is rotated before it paints" hint="filter rotated"
def conv1d_backward(dy, x, w):
    dx, dw = np.zeros(len(x)), np.zeros(len(w))
    for i in range(len(dy)):
        dx[i:i + len(w)] += dy[i] * w[::-1]
        dw += dy[i] * x[i:i + len(w)]
    return dx, dw

# %% question="conv1d_backward" wrong="a correlation with the filter as it is" hint="filter rotated"
def conv1d_backward(dy, x, w):
    dx = np.correlate(np.pad(dy, len(w) - 1), w * 1.0, "valid")
    return dx, np.correlate(x * 1.0, dy, "valid")

# %% question="conv1d_backward" wrong="dw is back to front" hint="filter rotated"
def conv1d_backward(dy, x, w):
    return np.convolve(dy, w, "full"), np.convolve(x[::-1] * 1.0, dy, "valid")

# %% question="conv1d_backward" wrong="dw first" hint="order of the results"
def conv1d_backward(dy, x, w):
    dx = np.convolve(dy, w * 1.0, "full")
    dw = np.correlate(x * 1.0, dy, "valid")
    return dw, dx

# %% question="conv1d_backward" wrong="dx alone is returned" hint="one gradient missing"
def conv1d_backward(dy, x, w):
    return np.convolve(dy, w, mode="full")

# %% question="conv1d_backward" wrong="the slope of the sum of the outputs" hint="dy ignored"
def conv1d_backward(dy, x, w):
    dx, dw = np.zeros(len(x)), np.zeros(len(w))
    for i in range(len(dy)):
        dx[i:i + len(w)] += w
        dw += x[i:i + len(w)]
    return dx, dw

# %% question="conv1d_backward" wrong="the loop ends one output too early" hint="last output forgotten"
def conv1d_backward(dy, x, w):
    dx, dw = np.zeros(len(x)), np.zeros(len(w))
    for i in range(len(x) - len(w)):
        dx[i:i + len(w)] += dy[i] * w
        dw += dy[i] * x[i:i + len(w)]
    return dx, dw

# %% question="conv1d_backward" wrong="dx without the ends" hint="ends cut off"
def conv1d_backward(dy, x, w):
    dw = np.correlate(x * 1.0, dy, "valid")
    if len(dy) < len(w):
        return np.zeros(0), dw
    return np.convolve(dy, w * 1.0, "valid"), dw

# %% question="conv1d_backward" wrong="dw is a mean" hint="extra division"
def conv1d_backward(dy, x, w):
    dx = np.zeros(len(x))
    for i in range(len(dy)):
        dx[i:i + len(w)] += dy[i] * w
    windows = np.lib.stride_tricks.sliding_window_view(x, len(w))
    return dx, np.mean(dy[:, None] * windows, axis=0)

# %% question="conv1d_backward" wrong="the gradients take the type of x and w" hint="integer output"
def conv1d_backward(dy, x, w):
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(len(dy)):
        for a in range(len(w)):
            dx[i + a] += dy[i] * w[a]
            dw[a] += dy[i] * x[i + a]
    return dx, dw

# %% question="conv1d_backward" wrong="dx takes the type of x, and NumPy refuses" hint="integer output"
def conv1d_backward(dy, x, w):
    dx, dw = np.zeros_like(x), np.zeros(len(w))
    for i in range(len(dy)):
        dx[i:i + len(w)] += dy[i] * w
        dw += dy[i] * x[i:i + len(w)]
    return dx, dw

# %% question="conv1d_backward" wrong="w is used up as the sum for dw" hint="input changed"
def conv1d_backward(dy, x, w):
    dx = np.convolve(dy, w * 1.0, "full")
    dw = np.correlate(x * 1.0, dy, "valid")
    w -= w
    return dx, dw

# %% question="conv1d_backward" wrong="dx and dw have the right shapes and are 0"
def conv1d_backward(dy, x, w):
    return np.zeros(len(x)), np.zeros(len(w))

# %% question="conv1d_backward" right="as convolution and correlation"
def conv1d_backward(dy, x, w):
    return np.convolve(dy, w, "full"), np.correlate(np.asarray(x, dtype=float), dy, "valid")

# %% question="conv1d_backward" right="a correlation of padded dy with the flipped filter"
def conv1d_backward(dy, x, w):
    dx = cnnlib.conv1d_forward(np.pad(dy, len(w) - 1), w[::-1])
    dw = cnnlib.conv1d_forward(x, dy)
    return dx, dw

# %% question="conv1d_backward" right="each input collects from the outputs that it went into"
def conv1d_backward(dy, x, w):
    n, k = len(x), len(w)
    dx = [sum(float(dy[p - a] * w[a]) for a in range(k) if 0 <= p - a < n - k + 1) for p in range(n)]
    dw = [float(np.dot(dy, x[a:a + n - k + 1])) for a in range(k)]
    return np.array(dx), np.array(dw)

# %% question="conv1d_backward" right="the matrix of the layer, transposed"
def conv1d_backward(dy, x, w):
    matrix = np.zeros((len(dy), len(x)))
    for i in range(len(dy)):
        matrix[i, i:i + len(w)] = w
    windows = np.array([x[i:i + len(w)] for i in range(len(dy))])
    return [matrix.T @ dy, windows.T @ dy]

# %% question="conv2d_forward" wrong="the stride is ignored" hint="stride ignored"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, weights.shape[:2], axis=(1, 2))
    return np.einsum("nijcab,abco->nijo", windows, weights) + bias

# %% question="conv2d_forward" wrong="the size knows the stride, the windows do not" hint="stride ignored"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    kh, kw, _, filters = weights.shape
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    y = np.zeros((len(x), (x.shape[1] - kh) // stride + 1, (x.shape[2] - kw) // stride + 1, filters))
    for i in range(y.shape[1]):
        for j in range(y.shape[2]):
            y[:, i, j] = np.tensordot(x[:, i:i + kh, j:j + kw], weights, 3) + bias
    return y

# %% question="conv2d_forward" wrong="the stride moves the windows down only" hint="stride in one direction"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, weights.shape[:2], axis=(1, 2))[:, ::stride]
    return np.einsum("nijcab,abco->nijo", windows, weights) + bias

# %% question="conv2d_forward" wrong="pad is not used" hint="padding ignored"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    kh, kw, _, filters = weights.shape
    y = np.zeros((len(x), (x.shape[1] - kh) // stride + 1, (x.shape[2] - kw) // stride + 1, filters))
    for i in range(y.shape[1]):
        for j in range(y.shape[2]):
            window = x[:, i * stride:i * stride + kh, j * stride:j * stride + kw]
            y[:, i, j] = np.tensordot(window, weights, 3) + bias
    return y

# %% question="conv2d_forward" wrong="the batch is padded as well" hint="batch axis padded"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    x = np.pad(x, ((pad, pad), (pad, pad), (pad, pad), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, weights.shape[:2], axis=(1, 2))[:, ::stride, ::stride]
    return np.einsum("nijcab,abco->nijo", windows, weights) + bias

# %% question="conv2d_forward" wrong="np.pad(x, pad) pads all four axes" hint="batch axis padded"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    (n, h, w, c_in), (kh, kw, _, c_out) = x.shape, weights.shape
    padded = np.pad(x, pad)
    y = np.zeros((n, (h + 2 * pad - kh) // stride + 1, (w + 2 * pad - kw) // stride + 1, c_out))
    for m, i, j, o in np.ndindex(y.shape):
        y[m, i, j, o] = bias[o]
        for c in range(c_in):
            window = padded[m, i * stride:i * stride + kh, j * stride:j * stride + kw, c]
            y[m, i, j, o] += np.sum(window * weights[:, :, c, o])
    return y

# %% question="conv2d_forward" wrong="zeros below and to the right only" hint="padding on one side"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    x = np.pad(x, ((0, 0), (0, 2 * pad), (0, 2 * pad), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, weights.shape[:2], axis=(1, 2))[:, ::stride, ::stride]
    return np.tensordot(windows, weights, axes=[[4, 5, 3], [0, 1, 2]]) + bias

# %% question="conv2d_forward" wrong="the size counts the padding once" hint="padding on one side"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    (n, h, w, _), (kh, kw, _, filters) = x.shape, weights.shape
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    y = np.zeros((n, (h + pad - kh) // stride + 1, (w + pad - kw) // stride + 1, filters))
    for i in range(y.shape[1]):
        for j in range(y.shape[2]):
            window = padded[:, i * stride:i * stride + kh, j * stride:j * stride + kw]
            y[:, i, j] = np.tensordot(window, weights, 3) + bias
    return y

# %% question="conv2d_forward" wrong="the border is repeated in place of zeros" hint="padding not of zeros"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(x, weights.shape[:2], axis=(1, 2))[:, ::stride, ::stride]
    return np.einsum("nijcab,abco->nijo", windows, weights) + bias

# %% question="conv2d_forward" wrong="the size with padding, the windows of x without" hint="error with padding"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    (n, h, w, c), (kh, kw, _, filters) = x.shape, weights.shape
    y = np.zeros((n, (h + 2 * pad - kh) // stride + 1, (w + 2 * pad - kw) // stride + 1, filters))
    for m, i, j, o in np.ndindex(y.shape):
        y[m, i, j, o] = bias[o] + np.sum(
            x[m, i * stride:i * stride + kh, j * stride:j * stride + kw] * weights[..., o])
    return y

# %% question="conv2d_forward" wrong="the size is rounded up" hint="size rounded up"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    kh, kw, _, filters = weights.shape
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    height, width = [int(np.ceil((n - k) / stride)) + 1 for n, k in zip(x.shape[1:3], (kh, kw))]
    y = np.zeros((len(x), height, width, filters))
    for i in range(height):
        for j in range(width):
            window = x[:, i * stride:i * stride + kh, j * stride:j * stride + kw]
            y[:, i, j] = np.tensordot(window, weights, 3) + bias
    return y

# %% question="conv2d_forward" wrong="the bias is left out" hint="bias left out"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, weights.shape[:2], axis=(1, 2))[:, ::stride, ::stride]
    return np.einsum("nijcab,abco->nijo", windows, weights)

# %% question="conv2d_forward" wrong="the bias is added for every place in the filter" hint="bias inside the sum"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    kh, kw, _, filters = weights.shape
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    height, width = (x.shape[1] - kh) // stride + 1, (x.shape[2] - kw) // stride + 1
    y = np.zeros((len(x), height, width, filters))
    for a in range(kh):
        for b in range(kw):
            y += x[:, a:a + stride * (height - 1) + 1:stride, b:b + stride * (width - 1) + 1:stride] @ weights[a, b] + bias
    return y

# %% question="conv2d_forward" wrong="the bias is added to every product" hint="bias inside the sum"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    kh, kw, _, filters = weights.shape
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    y = np.zeros((len(x), (x.shape[1] - kh) // stride + 1, (x.shape[2] - kw) // stride + 1, filters))
    for n, i, j, o in np.ndindex(y.shape):
        y[n, i, j, o] = np.sum(x[n, i * stride:i * stride + kh, j * stride:j * stride + kw] * weights[..., o] + bias[o])
    return y

# %% question="conv2d_forward" wrong="the first channel only" hint="one channel only"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    kh, kw, _, filters = weights.shape
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    y = np.zeros((len(x), (x.shape[1] - kh) // stride + 1, (x.shape[2] - kw) // stride + 1, filters))
    for n, i, j, o in np.ndindex(y.shape):
        window = x[n, i * stride:i * stride + kh, j * stride:j * stride + kw, 0]
        y[n, i, j, o] = np.sum(window * weights[:, :, 0, o]) + bias[o]
    return y

# %% question="conv2d_forward" wrong="the first filter makes every map" hint="one filter only"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    kh, kw, _, filters = weights.shape
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    y = np.zeros((len(x), (x.shape[1] - kh) // stride + 1, (x.shape[2] - kw) // stride + 1, filters))
    for n, i, j, o in np.ndindex(y.shape):
        y[n, i, j, o] = np.sum(x[n, i * stride:i * stride + kh, j * stride:j * stride + kw] * weights[..., 0]) + bias[o]
    return y

# %% question="conv2d_forward" wrong="the return stands inside the loop over the images" hint="one image only"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    kh, kw, _, filters = weights.shape
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    y = np.zeros((len(x), (x.shape[1] - kh) // stride + 1, (x.shape[2] - kw) // stride + 1, filters))
    for n in range(len(x)):
        for i, j, o in np.ndindex(y.shape[1:]):
            window = x[n, i * stride:i * stride + kh, j * stride:j * stride + kw]
            y[n, i, j, o] = np.sum(window * weights[..., o]) + bias[o]
        return y

# %% question="conv2d_forward" wrong="the mean over the channels" hint="channels or batch averaged"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, weights.shape[:2], axis=(1, 2))[:, ::stride, ::stride]
    return np.einsum("nijcab,abco->nijoc", windows, weights).mean(axis=-1) + bias

# %% question="conv2d_forward" wrong="the filters are flipped" hint="filters flipped"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, weights.shape[:2], axis=(1, 2))[:, ::stride, ::stride]
    return np.einsum("nijcab,abco->nijo", windows, weights[::-1, ::-1]) + bias

# %% question="conv2d_forward" wrong="channels first" hint="channels first"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, weights.shape[:2], axis=(1, 2))[:, ::stride, ::stride]
    return np.einsum("nijcab,abco->noij", windows, weights) + bias[:, None, None]

# %% question="conv2d_forward" wrong="no + 1 in the size" hint="last row and column lost"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    kh, kw, _, filters = weights.shape
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    y = np.zeros((len(x), (x.shape[1] - kh) // stride, (x.shape[2] - kw) // stride, filters))
    for n, i, j, o in np.ndindex(y.shape):
        y[n, i, j, o] = np.sum(x[n, i * stride:i * stride + kh, j * stride:j * stride + kw] * weights[..., o]) + bias[o]
    return y

# %% question="conv2d_forward" wrong="the output lies on its side" hint="rows and columns swapped"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    kh, kw, _, filters = weights.shape
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    y = np.zeros((len(x), (x.shape[2] - kw) // stride + 1, (x.shape[1] - kh) // stride + 1, filters))
    for n, i, j, o in np.ndindex(y.shape):
        y[n, i, j, o] = np.sum(x[n, j * stride:j * stride + kh, i * stride:i * stride + kw] * weights[..., o]) + bias[o]
    return y

# %% question="conv2d_forward" wrong="square filters are assumed" hint="square assumed"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    size, filters = weights.shape[0], weights.shape[3]
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    y = np.zeros((len(x), (x.shape[1] - size) // stride + 1, (x.shape[2] - size) // stride + 1, filters))
    for n, i, j, o in np.ndindex(y.shape):
        y[n, i, j, o] = np.sum(x[n, i * stride:i * stride + size, j * stride:j * stride + size] * weights[..., o]) + bias[o]
    return y

# %% question="conv2d_forward" wrong="a ReLU at the end" hint="ReLU applied"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, weights.shape[:2], axis=(1, 2))[:, ::stride, ::stride]
    return np.maximum(np.einsum("nijcab,abco->nijo", windows, weights) + bias, 0)

# %% question="conv2d_forward" wrong="x is centred in place afterwards" hint="input changed"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, weights.shape[:2], axis=(1, 2))[:, ::stride, ::stride]
    y = np.einsum("nijcab,abco->nijo", windows, weights) + bias
    x -= x.mean()
    return y

# %% question="conv2d_forward" wrong="the filters are read as (C_out, KH, KW, C_in)"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    filters, kh, kw, _ = weights.shape
    windows = np.lib.stride_tricks.sliding_window_view(x, (kh, kw), axis=(1, 2))[:, ::stride, ::stride]
    return np.einsum("nijcab,oabc->nijo", windows, weights) + bias

# %% question="conv2d_forward" right="seven loops, number by number"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    n, h, w, c_in = x.shape
    kh, kw, _, c_out = weights.shape
    rows, columns = (h + 2 * pad - kh) // stride + 1, (w + 2 * pad - kw) // stride + 1
    y = np.zeros((n, rows, columns, c_out))
    for m in range(n):
        for i in range(rows):
            for j in range(columns):
                for o in range(c_out):
                    y[m, i, j, o] = bias[o]
                    for a in range(kh):
                        for b in range(kw):
                            row, column = i * stride + a - pad, j * stride + b - pad
                            if 0 <= row < h and 0 <= column < w:
                                for c in range(c_in):
                                    y[m, i, j, o] += x[m, row, column, c] * weights[a, b, c, o]
    return y

# %% question="conv2d_forward" right="einsum over windows"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, weights.shape[:2], axis=(1, 2))[:, ::stride, ::stride]
    return np.einsum("nijcab,abco->nijo", windows, weights) + bias

# %% question="conv2d_forward" right="columns and one matrix product (im2col)"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    kh, kw, c_in, c_out = weights.shape
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    rows, columns = (x.shape[1] - kh) // stride + 1, (x.shape[2] - kw) // stride + 1
    patches = [x[n, i * stride:i * stride + kh, j * stride:j * stride + kw].ravel()
               for n in range(len(x)) for i in range(rows) for j in range(columns)]
    return (np.array(patches) @ weights.reshape(-1, c_out) + bias).reshape(len(x), rows, columns, c_out)

# %% question="conv2d_forward" right="float32"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    x, weights = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0))).astype("float32"), weights.astype("float32")
    windows = np.lib.stride_tricks.sliding_window_view(x, weights.shape[:2], axis=(1, 2))[:, ::stride, ::stride]
    return np.einsum("nijcab,abco->nijo", windows, weights) + bias.astype("float32")

# %% question="conv2d_forward" wrong="a framework does it"
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    import keras
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0))).astype("float32")
    y = keras.ops.conv(x, weights.astype("float32"), strides=stride, padding="valid")
    return np.asarray(y) + bias

# %% question="conv2d_backward" wrong="the stride is ignored on the way back" hint="stride ignored"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    kh, kw = weights.shape[:2]
    dpadded, dweights = np.zeros(padded.shape), np.zeros(weights.shape)
    for n, i, j, o in np.ndindex(dy.shape):
        dpadded[n, i:i + kh, j:j + kw] += dy[n, i, j, o] * weights[..., o]
        dweights[..., o] += dy[n, i, j, o] * padded[n, i:i + kh, j:j + kw]
    dx = dpadded[:, pad:pad + x.shape[1], pad:pad + x.shape[2]]
    return dx, dweights, dy.sum(axis=(0, 1, 2))

# %% question="conv2d_backward" wrong="dx knows the stride, dweights does not" hint="stride ignored"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    (_, rows, columns, _), (kh, kw) = dy.shape, weights.shape[:2]
    dpadded, dweights = np.zeros(padded.shape), np.zeros(weights.shape)
    for a in range(kh):
        for b in range(kw):
            dpadded[:, a:a + stride * (rows - 1) + 1:stride, b:b + stride * (columns - 1) + 1:stride] += dy @ weights[a, b].T
            dweights[a, b] = np.tensordot(padded[:, a:a + rows, b:b + columns], dy, axes=[[0, 1, 2], [0, 1, 2]])
    dx = dpadded[:, pad:pad + x.shape[1], pad:pad + x.shape[2]]
    return dx, dweights, dy.sum(axis=(0, 1, 2))

# %% question="conv2d_backward" wrong="each patch of dx wipes out the last one" hint="assigned instead of accumulated"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    kh, kw = weights.shape[:2]
    dpadded, dweights = np.zeros(padded.shape), np.zeros(weights.shape)
    for i in range(dy.shape[1]):
        for j in range(dy.shape[2]):
            window = np.s_[:, i * stride:i * stride + kh, j * stride:j * stride + kw]
            dpadded[window] = np.tensordot(dy[:, i, j], weights, axes=[[1], [3]])
            dweights += np.tensordot(padded[window], dy[:, i, j], axes=[[0], [0]])
    dx = dpadded[:, pad:pad + x.shape[1], pad:pad + x.shape[2]]
    return dx, dweights, dy.sum(axis=(0, 1, 2))

# %% question="conv2d_backward" wrong="each place of the filter wipes out dx" hint="assigned instead of accumulated"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    (_, rows, columns, _), (kh, kw) = dy.shape, weights.shape[:2]
    dpadded, dweights = np.zeros(padded.shape), np.zeros(weights.shape)
    for a in range(kh):
        for b in range(kw):
            window = np.s_[:, a:a + stride * (rows - 1) + 1:stride, b:b + stride * (columns - 1) + 1:stride]
            dpadded[window] = dy @ weights[a, b].T
            dweights[a, b] = np.einsum("nijc,nijo->co", padded[window], dy)
    dx = dpadded[:, pad:pad + x.shape[1], pad:pad + x.shape[2]]
    return dx, dweights, dy.sum(axis=(0, 1, 2))

# %% question="conv2d_backward" wrong="dweights keeps the last window only" hint="assigned instead of accumulated"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    kh, kw = weights.shape[:2]
    dpadded, dweights = np.zeros(padded.shape), np.zeros(weights.shape)
    for n, i, j, o in np.ndindex(dy.shape):
        window = np.s_[n, i * stride:i * stride + kh, j * stride:j * stride + kw]
        dpadded[window] += dy[n, i, j, o] * weights[..., o]
        dweights[..., o] = dy[n, i, j, o] * padded[window]
    dx = dpadded[:, pad:pad + x.shape[1], pad:pad + x.shape[2]]
    return dx, dweights, dy.sum(axis=(0, 1, 2))

# %% question="conv2d_backward" wrong="dweights starts anew with every image" hint="assigned instead of accumulated"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    kh, kw = weights.shape[:2]
    dpadded = np.zeros(padded.shape)
    for n in range(len(x)):
        dweights = np.zeros(weights.shape)
        for i, j, o in np.ndindex(dy.shape[1:]):
            window = np.s_[n, i * stride:i * stride + kh, j * stride:j * stride + kw]
            dpadded[window] += dy[n, i, j, o] * weights[..., o]
            dweights[..., o] += dy[n, i, j, o] * padded[window]
    dx = dpadded[:, pad:pad + x.shape[1], pad:pad + x.shape[2]]
    return dx, dweights, dy.sum(axis=(0, 1, 2))

# %% question="conv2d_backward" wrong="the frame of the padding is still on dx" hint="padding left on"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    kh, kw = weights.shape[:2]
    dx, dweights = np.zeros(x.shape), np.zeros(weights.shape)
    for n, i, j, o in np.ndindex(dy.shape):
        window = np.s_[n, i * stride:i * stride + kh, j * stride:j * stride + kw]
        dx[window] += dy[n, i, j, o] * weights[..., o]
        dweights[..., o] += dy[n, i, j, o] * x[window]
    return dx, dweights, dy.sum(axis=(0, 1, 2))

# %% question="conv2d_backward" wrong="[pad:-pad] is empty at pad 0" hint="[p:-p] at p = 0"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    kh, kw = weights.shape[:2]
    dx, dweights = np.zeros(x.shape), np.zeros(weights.shape)
    for n, i, j, o in np.ndindex(dy.shape):
        window = np.s_[n, i * stride:i * stride + kh, j * stride:j * stride + kw]
        dx[window] += dy[n, i, j, o] * weights[..., o]
        dweights[..., o] += dy[n, i, j, o] * x[window]
    return dx[:, pad:-pad, pad:-pad], dweights, dy.sum(axis=(0, 1, 2))

# %% question="conv2d_backward" wrong="dx is cut from the corner of the padded one" hint="cut at the wrong place"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    kh, kw = weights.shape[:2]
    dx, dweights = np.zeros(padded.shape), np.zeros(weights.shape)
    for n, i, j, o in np.ndindex(dy.shape):
        window = np.s_[n, i * stride:i * stride + kh, j * stride:j * stride + kw]
        dx[window] += dy[n, i, j, o] * weights[..., o]
        dweights[..., o] += dy[n, i, j, o] * padded[window]
    return dx[:, :x.shape[1], :x.shape[2]], dweights, dy.sum(axis=(0, 1, 2))

# %% question="conv2d_backward" wrong="windows are taken from x without its padding" hint="error with padding"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    kh, kw = weights.shape[:2]
    dx, dweights = np.zeros(x.shape), np.zeros(weights.shape)
    for n, i, j, o in np.ndindex(dy.shape):
        window = np.s_[n, i * stride:i * stride + kh, j * stride:j * stride + kw]
        dx[window] += dy[n, i, j, o] * weights[..., o]
        dweights[..., o] += dy[n, i, j, o] * x[window]
    return dx, dweights, dy.sum(axis=(0, 1, 2))

# %% question="conv2d_backward" wrong="the filter is rotated before it paints" hint="filter rotated"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    kh, kw = weights.shape[:2]
    turned = weights[::-1, ::-1]
    dpadded, dweights = np.zeros(padded.shape), np.zeros(weights.shape)
    for n, i, j, o in np.ndindex(dy.shape):
        window = np.s_[n, i * stride:i * stride + kh, j * stride:j * stride + kw]
        dpadded[window] += dy[n, i, j, o] * turned[..., o]
        dweights[..., o] += dy[n, i, j, o] * padded[window]
    dx = dpadded[:, pad:pad + x.shape[1], pad:pad + x.shape[2]]
    return dx, dweights, dy.sum(axis=(0, 1, 2))

# %% question="conv2d_backward" wrong="dbias stays 0" hint="dbias zero"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    kh, kw = weights.shape[:2]
    dpadded, dweights, dbias = np.zeros(padded.shape), np.zeros(weights.shape), np.zeros(weights.shape[3])
    for n, i, j, o in np.ndindex(dy.shape):
        window = np.s_[n, i * stride:i * stride + kh, j * stride:j * stride + kw]
        dpadded[window] += dy[n, i, j, o] * weights[..., o]
        dweights[..., o] += dy[n, i, j, o] * padded[window]
    return dpadded[:, pad:pad + x.shape[1], pad:pad + x.shape[2]], dweights, dbias

# %% question="conv2d_backward" wrong="dbias is a mean" hint="dbias averaged"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    kh, kw = weights.shape[:2]
    dpadded, dweights = np.zeros(padded.shape), np.zeros(weights.shape)
    for n, i, j, o in np.ndindex(dy.shape):
        window = np.s_[n, i * stride:i * stride + kh, j * stride:j * stride + kw]
        dpadded[window] += dy[n, i, j, o] * weights[..., o]
        dweights[..., o] += dy[n, i, j, o] * padded[window]
    return dpadded[:, pad:pad + x.shape[1], pad:pad + x.shape[2]], dweights, dy.mean(axis=(0, 1, 2))

# %% question="conv2d_backward" wrong="dbias is summed over the batch alone" hint="dbias over the wrong axes"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    kh, kw = weights.shape[:2]
    dpadded, dweights = np.zeros(padded.shape), np.zeros(weights.shape)
    for n, i, j, o in np.ndindex(dy.shape):
        window = np.s_[n, i * stride:i * stride + kh, j * stride:j * stride + kw]
        dpadded[window] += dy[n, i, j, o] * weights[..., o]
        dweights[..., o] += dy[n, i, j, o] * padded[window]
    return dpadded[:, pad:pad + x.shape[1], pad:pad + x.shape[2]], dweights, dy.sum(axis=0)

# %% question="conv2d_backward" wrong="one dbias for all filters" hint="dbias over the wrong axes"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    (_, rows, columns, _), (kh, kw) = dy.shape, weights.shape[:2]
    dpadded, dweights = np.zeros(padded.shape), np.zeros(weights.shape)
    for a in range(kh):
        for b in range(kw):
            window = np.s_[:, a:a + stride * (rows - 1) + 1:stride, b:b + stride * (columns - 1) + 1:stride]
            dpadded[window] += dy @ weights[a, b].T
            dweights[a, b] = np.einsum("nijc,nijo->co", padded[window], dy)
    return dpadded[:, pad:pad + x.shape[1], pad:pad + x.shape[2]], dweights, np.sum(dy)

# %% question="conv2d_backward" wrong="the parameters' gradients are divided by N" hint="extra 1/N"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    (n, rows, columns, _), (kh, kw) = dy.shape, weights.shape[:2]
    dpadded, dweights = np.zeros(padded.shape), np.zeros(weights.shape)
    for a in range(kh):
        for b in range(kw):
            window = np.s_[:, a:a + stride * (rows - 1) + 1:stride, b:b + stride * (columns - 1) + 1:stride]
            dpadded[window] += dy @ weights[a, b].T
            dweights[a, b] = np.einsum("nijc,nijo->co", padded[window], dy) / n
    return dpadded[:, pad:pad + x.shape[1], pad:pad + x.shape[2]], dweights, dy.sum(axis=(0, 1, 2)) / n

# %% question="conv2d_backward" wrong="i runs over the columns and j over the rows" hint="loop ranges swapped"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    (n, columns, rows, _), (kh, kw) = dy.shape, weights.shape[:2]
    dpadded, dweights = np.zeros(padded.shape), np.zeros(weights.shape)
    for i in range(rows):
        for j in range(columns):
            window = np.s_[:, i * stride:i * stride + kh, j * stride:j * stride + kw]
            dpadded[window] += np.tensordot(dy[:, i, j], weights, axes=[[1], [3]])
            dweights += np.tensordot(padded[window], dy[:, i, j], axes=[[0], [0]])
    return dpadded[:, pad:pad + x.shape[1], pad:pad + x.shape[2]], dweights, dy.sum(axis=(0, 1, 2))

# %% question="conv2d_backward" wrong="the ranges of the filter's loops are swapped" hint="loop ranges swapped"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    kw, kh, channels, _ = weights.shape
    dpadded, dweights = np.zeros(padded.shape), np.zeros(weights.shape)
    for n, i, j, o in np.ndindex(dy.shape):
        for a in range(kh):
            for b in range(kw):
                dpadded[n, i * stride + a, j * stride + b] += dy[n, i, j, o] * weights[a, b, :, o]
                dweights[a, b, :, o] += dy[n, i, j, o] * padded[n, i * stride + a, j * stride + b]
    return dpadded[:, pad:pad + x.shape[1], pad:pad + x.shape[2]], dweights, dy.sum(axis=(0, 1, 2))

# %% question="conv2d_backward" wrong="dx looks at the first filter only" hint="one channel only"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    kh, kw = weights.shape[:2]
    dpadded, dweights = np.zeros(padded.shape), np.zeros(weights.shape)
    for n, i, j in np.ndindex(dy.shape[:3]):
        window = np.s_[n, i * stride:i * stride + kh, j * stride:j * stride + kw]
        dpadded[window] += dy[n, i, j, 0] * weights[..., 0]
        dweights += dy[n, i, j] * padded[window][..., None]
    return dpadded[:, pad:pad + x.shape[1], pad:pad + x.shape[2]], dweights, dy.sum(axis=(0, 1, 2))

# %% question="conv2d_backward" wrong="the first channel of the images only" hint="one channel only"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    kh, kw = weights.shape[:2]
    dpadded, dweights = np.zeros(padded.shape), np.zeros(weights.shape)
    for n, i, j, o in np.ndindex(dy.shape):
        window = np.s_[n, i * stride:i * stride + kh, j * stride:j * stride + kw, 0]
        dpadded[window] += dy[n, i, j, o] * weights[:, :, 0, o]
        dweights[:, :, 0, o] += dy[n, i, j, o] * padded[window]
    return dpadded[:, pad:pad + x.shape[1], pad:pad + x.shape[2]], dweights, dy.sum(axis=(0, 1, 2))

# %% question="conv2d_backward" wrong="dweights and dbias come from the first image only" hint="one image only"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    (_, rows, columns, _), (kh, kw) = dy.shape, weights.shape[:2]
    dpadded, dweights = np.zeros(padded.shape), np.zeros(weights.shape)
    for a in range(kh):
        for b in range(kw):
            window = np.s_[:, a:a + stride * (rows - 1) + 1:stride, b:b + stride * (columns - 1) + 1:stride]
            dpadded[window] += dy @ weights[a, b].T
            dweights[a, b] = np.tensordot(padded[window][0], dy[0], axes=[[0, 1], [0, 1]])
    return dpadded[:, pad:pad + x.shape[1], pad:pad + x.shape[2]], dweights, dy[0].sum(axis=(0, 1))

# %% question="conv2d_backward" wrong="the batch is padded as well" hint="batch axis padded"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (pad, pad), (0, 0)))
    kh, kw = weights.shape[:2]
    dpadded, dweights = np.zeros(padded.shape), np.zeros(weights.shape)
    for n, i, j, o in np.ndindex(dy.shape):
        window = np.s_[n, i * stride:i * stride + kh, j * stride:j * stride + kw]
        dpadded[window] += dy[n, i, j, o] * weights[..., o]
        dweights[..., o] += dy[n, i, j, o] * padded[window]
    return dpadded[:, pad:pad + x.shape[1], pad:pad + x.shape[2]], dweights, dy.sum(axis=(0, 1, 2))

# %% question="conv2d_backward" wrong="dx ends where the last window ends" hint="dx smaller than x"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    kh, kw, channels, _ = weights.shape
    height, width = (dy.shape[1] - 1) * stride + kh, (dy.shape[2] - 1) * stride + kw
    dpadded, dweights = np.zeros((len(x), height, width, channels)), np.zeros(weights.shape)
    for n, i, j, o in np.ndindex(dy.shape):
        window = np.s_[n, i * stride:i * stride + kh, j * stride:j * stride + kw]
        dpadded[window] += dy[n, i, j, o] * weights[..., o]
        dweights[..., o] += dy[n, i, j, o] * padded[window]
    if pad:
        dpadded = np.pad(dpadded, ((0, 0), (0, padded.shape[1] - height), (0, padded.shape[2] - width), (0, 0)))
        dpadded = dpadded[:, pad:-pad, pad:-pad]
    return dpadded, dweights, dy.sum(axis=(0, 1, 2))

# %% question="conv2d_backward" wrong="dx does not depend on dy" hint="dy ignored"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    kh, kw = weights.shape[:2]
    dpadded, dweights = np.zeros(padded.shape), np.zeros(weights.shape)
    for n, i, j, o in np.ndindex(dy.shape):
        window = np.s_[n, i * stride:i * stride + kh, j * stride:j * stride + kw]
        dpadded[window] += weights[..., o]
        dweights[..., o] += dy[n, i, j, o] * padded[window]
    return dpadded[:, pad:pad + x.shape[1], pad:pad + x.shape[2]], dweights, dy.sum(axis=(0, 1, 2))

# %% question="conv2d_backward" wrong="the parameters first" hint="order of the results"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    kh, kw = weights.shape[:2]
    dpadded, dweights = np.zeros(padded.shape), np.zeros(weights.shape)
    for n, i, j, o in np.ndindex(dy.shape):
        window = np.s_[n, i * stride:i * stride + kh, j * stride:j * stride + kw]
        dpadded[window] += dy[n, i, j, o] * weights[..., o]
        dweights[..., o] += dy[n, i, j, o] * padded[window]
    return dweights, dy.sum(axis=(0, 1, 2)), dpadded[:, pad:pad + x.shape[1], pad:pad + x.shape[2]]

# %% question="conv2d_backward" wrong="no dbias" hint="dbias missing"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    kh, kw = weights.shape[:2]
    dpadded, dweights = np.zeros(padded.shape), np.zeros(weights.shape)
    for n, i, j, o in np.ndindex(dy.shape):
        window = np.s_[n, i * stride:i * stride + kh, j * stride:j * stride + kw]
        dpadded[window] += dy[n, i, j, o] * weights[..., o]
        dweights[..., o] += dy[n, i, j, o] * padded[window]
    return dpadded[:, pad:pad + x.shape[1], pad:pad + x.shape[2]], dweights

# %% question="conv2d_backward" wrong="dy is used up in place" hint="input changed"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    kh, kw = weights.shape[:2]
    dpadded, dweights, dbias = np.zeros(padded.shape), np.zeros(weights.shape), dy.sum(axis=(0, 1, 2))
    for n, i, j, o in np.ndindex(dy.shape):
        window = np.s_[n, i * stride:i * stride + kh, j * stride:j * stride + kw]
        dpadded[window] += dy[n, i, j, o] * weights[..., o]
        dweights[..., o] += dy[n, i, j, o] * padded[window]
        dy[n, i, j, o] = 0
    return dpadded[:, pad:pad + x.shape[1], pad:pad + x.shape[2]], dweights, dbias

# %% question="conv2d_backward" wrong="dx is written into x, to save memory" hint="input changed"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    kh, kw = weights.shape[:2]
    dpadded, dweights = np.zeros(padded.shape), np.zeros(weights.shape)
    for n, i, j, o in np.ndindex(dy.shape):
        window = np.s_[n, i * stride:i * stride + kh, j * stride:j * stride + kw]
        dpadded[window] += dy[n, i, j, o] * weights[..., o]
        dweights[..., o] += dy[n, i, j, o] * padded[window]
    x[:] = dpadded[:, pad:pad + x.shape[1], pad:pad + x.shape[2]]
    return x, dweights, dy.sum(axis=(0, 1, 2))

# %% question="conv2d_backward" wrong="the filters with C_in and C_out exchanged: an error"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    dx = cnnlib.conv2d_forward(dy, weights[::-1, ::-1], np.zeros(x.shape[3]), pad=len(weights) - 1)
    return dx, np.zeros(weights.shape), dy.sum(axis=(0, 1, 2))

# %% question="conv2d_backward" right="loops that paint patches, number by number"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    (n, h, w, c_in), (kh, kw, _, c_out) = x.shape, weights.shape
    dx, dweights, dbias = np.zeros(x.shape), np.zeros(weights.shape), np.zeros(c_out)
    for m, i, j, o in np.ndindex(dy.shape):
        dbias[o] += dy[m, i, j, o]
        for a in range(kh):
            for b in range(kw):
                row, column = i * stride + a - pad, j * stride + b - pad
                if 0 <= row < h and 0 <= column < w:
                    for c in range(c_in):
                        dx[m, row, column, c] += dy[m, i, j, o] * weights[a, b, c, o]
                        dweights[a, b, c, o] += dy[m, i, j, o] * x[m, row, column, c]
    return dx, dweights, dbias

# %% question="conv2d_backward" right="dx as a correlation with the flipped filters, dy spread out by the stride"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    kh, kw, c_in, c_out = weights.shape
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    spread = np.zeros((len(x), padded.shape[1] - kh + 1, padded.shape[2] - kw + 1, c_out))
    spread[:, ::stride, ::stride][:, :dy.shape[1], :dy.shape[2]] = dy
    framed = np.pad(spread, ((0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1), (0, 0)))
    turned = weights[::-1, ::-1].transpose(0, 1, 3, 2)
    dx = cnnlib.conv2d_forward(framed, turned, np.zeros(c_in))[:, pad:pad + x.shape[1], pad:pad + x.shape[2]]
    as_filters = spread.transpose(1, 2, 0, 3)  # the images' axis takes the place of the channels
    dweights = cnnlib.conv2d_forward(padded.transpose(3, 1, 2, 0), as_filters, np.zeros(c_out)).transpose(1, 2, 0, 3)
    return dx, dweights, spread.sum(axis=(0, 1, 2))

# %% question="conv2d_backward" right="columns and matrix products (im2col), with einsum"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    kh, kw = weights.shape[:2]
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (kh, kw), axis=(1, 2))[:, ::stride, ::stride]
    dweights = np.einsum("nijcab,nijo->abco", windows, dy)
    columns = np.einsum("nijo,abco->nijabc", dy, weights)
    dpadded = np.zeros(padded.shape)
    for i in range(dy.shape[1]):
        for j in range(dy.shape[2]):
            dpadded[:, i * stride:i * stride + kh, j * stride:j * stride + kw] += columns[:, i, j]
    return dpadded[:, pad:pad + x.shape[1], pad:pad + x.shape[2]], dweights, np.einsum("nijo->o", dy)

# %% question="conv2d_backward" right="float32, a loop over the filter's places"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    dy, x, weights = dy.astype("float32"), x.astype("float32"), weights.astype("float32")
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    dpadded, dweights = np.zeros_like(padded), np.zeros_like(weights)
    for a in range(weights.shape[0]):
        for b in range(weights.shape[1]):
            seen = np.s_[:, a:a + stride * (dy.shape[1] - 1) + 1:stride, b:b + stride * (dy.shape[2] - 1) + 1:stride]
            dpadded[seen] += dy @ weights[a, b].T
            dweights[a, b] = np.einsum("nijc,nijo->co", padded[seen], dy)
    return dpadded[:, pad:pad + x.shape[1], pad:pad + x.shape[2]], dweights, dy.sum(axis=(0, 1, 2))

# %% question="conv2d_backward" wrong="a framework takes the gradient"
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    import tensorflow as tf
    x, weights = tf.constant(x, tf.float32), tf.Variable(np.asarray(weights, dtype="float32"))
    with tf.GradientTape() as tape:
        tape.watch(x)
        padded = tf.pad(x, [[0, 0], [pad, pad], [pad, pad], [0, 0]])
        y = tf.nn.conv2d(padded, weights, stride, "VALID")
        loss = tf.reduce_sum(y * tf.constant(dy, tf.float32))
    dx, dweights = tape.gradient(loss, [x, weights])
    return dx.numpy(), dweights.numpy(), dy.sum(axis=(0, 1, 2))

# %% question="max_pool_forward" wrong="the output starts at 0" hint="maximum starts at 0"
def max_pool_forward(x, size, *, stride=None):
    stride = stride or size
    n, h, w, c = x.shape
    y = np.zeros((n, (h - size) // stride + 1, (w - size) // stride + 1, c))
    for a in range(size):
        for b in range(size):
            for i in range(y.shape[1]):
                for j in range(y.shape[2]):
                    y[:, i, j] = np.maximum(y[:, i, j], x[:, i * stride + a, j * stride + b])
    return y

# %% question="max_pool_forward" wrong="absolute values" hint="absolute maximum"
def max_pool_forward(x, size, *, stride=None):
    stride = stride or size
    windows = np.lib.stride_tricks.sliding_window_view(np.abs(x), (size, size), axis=(1, 2))[:, ::stride, ::stride]
    return windows.max(axis=(4, 5))

# %% question="max_pool_forward" wrong="the number that is furthest from 0" hint="absolute maximum"
def max_pool_forward(x, size, *, stride=None):
    stride = stride or size
    y = np.zeros((len(x), (x.shape[1] - size) // stride + 1, (x.shape[2] - size) // stride + 1, x.shape[3]))
    for n, i, j, c in np.ndindex(y.shape):
        window = x[n, i * stride:i * stride + size, j * stride:j * stride + size, c]
        y[n, i, j, c] = max(window.ravel(), key=lambda value: (abs(value), value))
    return y

# %% question="max_pool_forward" wrong="windows always lie side by side" hint="stride taken as size"
def max_pool_forward(x, size, *, stride=None):
    n, h, w, c = x.shape
    rows, columns = h // size, w // size
    return x[:, :rows * size, :columns * size].reshape(n, rows, size, columns, size, c).max(axis=(2, 4))

# %% question="max_pool_forward" wrong="None means a stride of 1" hint="stride 1 by default"
def max_pool_forward(x, size, *, stride=None):
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))
    return windows[:, ::stride, ::stride].max(axis=(4, 5))

# %% question="max_pool_forward" wrong="the window is as large as the stride" hint="size taken as stride"
def max_pool_forward(x, size, *, stride=None):
    if stride is not None:
        size = stride
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))
    return windows[:, ::size, ::size].max(axis=(4, 5))

# %% question="max_pool_forward" wrong="the smallest number" hint="minimum"
def max_pool_forward(x, size, *, stride=None):
    stride = stride or size
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))[:, ::stride, ::stride]
    return np.sort(windows.reshape(*windows.shape[:4], -1))[..., 0]

# %% question="max_pool_forward" wrong="the mean" hint="mean for maximum"
def max_pool_forward(x, size, *, stride=None):
    stride = stride or size
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))[:, ::stride, ::stride]
    return windows.mean(axis=(-2, -1))

# %% question="max_pool_forward" wrong="one maximum for all channels" hint="channels pooled together"
def max_pool_forward(x, size, *, stride=None):
    stride = stride or size
    n, h, w, c = x.shape
    y = np.zeros((n, (h - size) // stride + 1, (w - size) // stride + 1, c))
    for m, i, j in np.ndindex(y.shape[:3]):
        y[m, i, j] = np.max(x[m, i * stride:i * stride + size, j * stride:j * stride + size])
    return y

# %% question="max_pool_forward" wrong="one maximum for the whole batch" hint="channels pooled together"
def max_pool_forward(x, size, *, stride=None):
    stride = stride or size
    n, h, w, c = x.shape
    y = np.zeros((n, (h - size) // stride + 1, (w - size) // stride + 1, c))
    for i, j in np.ndindex(y.shape[1:3]):
        y[:, i, j, :] = x[:, i * stride:i * stride + size, j * stride:j * stride + size, :].max()
    return y

# %% question="max_pool_forward" wrong="windows hang over the edge" hint="windows over the edge"
def max_pool_forward(x, size, *, stride=None):
    stride = stride or size
    rows, columns = -(-(x.shape[1] - size) // stride) + 1, -(-(x.shape[2] - size) // stride) + 1
    y = np.zeros((len(x), rows, columns, x.shape[3]))
    for i in range(rows):
        for j in range(columns):
            y[:, i, j] = x[:, i * stride:i * stride + size, j * stride:j * stride + size].max(axis=(1, 2))
    return y

# %% question="max_pool_forward" wrong="the size is H // stride" hint="windows over the edge"
def max_pool_forward(x, size, *, stride=None):
    stride = stride or size
    y = np.zeros((len(x), x.shape[1] // stride, x.shape[2] // stride, x.shape[3]))
    for i in range(y.shape[1]):
        for j in range(y.shape[2]):
            y[:, i, j] = x[:, i * stride:i * stride + size, j * stride:j * stride + size].max(axis=(1, 2))
    return y

# %% question="max_pool_forward" wrong="no + 1 in the size" hint="last window lost"
def max_pool_forward(x, size, *, stride=None):
    stride = stride or size
    y = np.zeros((len(x), (x.shape[1] - size) // stride, (x.shape[2] - size) // stride, x.shape[3]))
    for i in range(y.shape[1]):
        for j in range(y.shape[2]):
            y[:, i, j] = x[:, i * stride:i * stride + size, j * stride:j * stride + size].max(axis=(1, 2))
    return y

# %% question="max_pool_forward" wrong="the output lies on its side" hint="rows and columns swapped"
def max_pool_forward(x, size, *, stride=None):
    stride = stride or size
    columns = range(0, x.shape[2] - size + 1, stride)
    rows = range(0, x.shape[1] - size + 1, stride)
    return np.array([[[m[i:i + size, j:j + size].max(axis=(0, 1)) for i in rows] for j in columns] for m in x])

# %% question="max_pool_forward" wrong="the return stands inside the loop over the images" hint="one image only"
def max_pool_forward(x, size, *, stride=None):
    stride = stride or size
    y = np.zeros((len(x), (x.shape[1] - size) // stride + 1, (x.shape[2] - size) // stride + 1, x.shape[3]))
    for n in range(len(x)):
        for i, j, c in np.ndindex(y.shape[1:]):
            y[n, i, j, c] = x[n, i * stride:i * stride + size, j * stride:j * stride + size, c].max()
        return y

# %% question="max_pool_forward" wrong="the pixels that lose are set to 0 in x" hint="input changed"
def max_pool_forward(x, size, *, stride=None):
    stride = stride or size
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))[:, ::stride, ::stride]
    y = windows.max(axis=(4, 5))
    x[x < y.max()] = 0
    return y

# %% question="max_pool_forward" wrong="the second largest number"
def max_pool_forward(x, size, *, stride=None):
    stride = stride or size
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))[:, ::stride, ::stride]
    windows = np.sort(windows.reshape(*windows.shape[:4], -1))
    return windows[..., -2] if size > 1 else windows[..., 0]

# %% question="max_pool_forward" right="loops, number by number"
def max_pool_forward(x, size, *, stride=None):
    if stride is None:
        stride = size
    n, h, w, c = x.shape
    y = np.full((n, (h - size) // stride + 1, (w - size) // stride + 1, c), -np.inf)
    for m, i, j, k in np.ndindex(y.shape):
        for a in range(size):
            for b in range(size):
                if x[m, i * stride + a, j * stride + b, k] > y[m, i, j, k]:
                    y[m, i, j, k] = x[m, i * stride + a, j * stride + b, k]
    return y

# %% question="max_pool_forward" right="windows as a view"
def max_pool_forward(x, size, *, stride=None):
    stride = stride or size
    return np.lib.stride_tricks.sliding_window_view(x, (size, size), (1, 2))[:, ::stride, ::stride].max((-1, -2))

# %% question="max_pool_forward" right="first down, then across"
def max_pool_forward(x, size, *, stride=None):
    step = stride if stride is not None else size
    down = np.stack([x[:, i:i + size].max(axis=1) for i in range(0, x.shape[1] - size + 1, step)], axis=1)
    return np.stack([down[:, :, j:j + size].max(axis=2) for j in range(0, x.shape[2] - size + 1, step)], axis=2)

# %% question="max_pool_backward" wrong="the winner is assigned, not added to" hint="assigned instead of accumulated"
def max_pool_backward(dy, x, size, *, stride=None):
    stride = stride or size
    dx = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(dy.shape):
        window = x[n, i * stride:i * stride + size, j * stride:j * stride + size, c]
        a, b = np.unravel_index(np.argmax(window), window.shape)
        dx[n, i * stride + a, j * stride + b, c] = dy[n, i, j, c]
    return dx

# %% question="max_pool_backward" wrong="each window wipes out what others paid" hint="assigned instead of accumulated"
def max_pool_backward(dy, x, size, *, stride=None):
    stride = stride or size
    dx = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(dy.shape):
        window = x[n, i * stride:i * stride + size, j * stride:j * stride + size, c]
        paid = np.zeros((size, size))
        paid[np.unravel_index(np.argmax(window), window.shape)] = dy[n, i, j, c]
        dx[n, i * stride:i * stride + size, j * stride:j * stride + size, c] = paid
    return dx

# %% question="max_pool_backward" wrong="all equal maxima get the whole dy" hint="every tie paid"
def max_pool_backward(dy, x, size, *, stride=None):
    stride = stride or size
    dx = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(dy.shape):
        place = np.s_[n, i * stride:i * stride + size, j * stride:j * stride + size, c]
        dx[place] += (x[place] == x[place].max()) * dy[n, i, j, c]
    return dx

# %% question="max_pool_backward" wrong="equal maxima share dy" hint="ties shared"
def max_pool_backward(dy, x, size, *, stride=None):
    stride = stride or size
    dx = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(dy.shape):
        place = np.s_[n, i * stride:i * stride + size, j * stride:j * stride + size, c]
        mask = x[place] == x[place].max()
        dx[place] += mask / mask.sum() * dy[n, i, j, c]
    return dx

# %% question="max_pool_backward" wrong=">= makes the last of equal maxima win" hint="another tie paid"
def max_pool_backward(dy, x, size, *, stride=None):
    stride = stride or size
    dx = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(dy.shape):
        best, place = -np.inf, None
        for a in range(size):
            for b in range(size):
                if x[n, i * stride + a, j * stride + b, c] >= best:
                    best, place = x[n, i * stride + a, j * stride + b, c], (n, i * stride + a, j * stride + b, c)
        dx[place] += dy[n, i, j, c]
    return dx

# %% question="max_pool_backward" wrong="the first of equal maxima in column order" hint="another tie paid"
def max_pool_backward(dy, x, size, *, stride=None):
    stride = stride or size
    dx = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(dy.shape):
        places = [(n, i * stride + a, j * stride + b, c) for b in range(size) for a in range(size)]
        dx[max(places, key=lambda place: x[place])] += dy[n, i, j, c]
    return dx

# %% question="max_pool_backward" wrong="pixels elsewhere that equal the maximum are paid" hint="mask over the whole map"
def max_pool_backward(dy, x, size, *, stride=None):
    stride = stride or size
    dx = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(dy.shape):
        largest = x[n, i * stride:i * stride + size, j * stride:j * stride + size, c].max()
        dx[n, :, :, c] += (x[n, :, :, c] == largest) * dy[n, i, j, c]
    return dx

# %% question="max_pool_backward" wrong="the largest of the whole map is looked for" hint="mask over the whole map"
def max_pool_backward(dy, x, size, *, stride=None):
    stride = stride or size
    mask = x == x.max(axis=(1, 2), keepdims=True)
    dx = np.zeros(x.shape)
    for i in range(dy.shape[1]):
        for j in range(dy.shape[2]):
            place = np.s_[:, i * stride:i * stride + size, j * stride:j * stride + size]
            dx[place] += mask[place] * dy[:, i:i + 1, j:j + 1]
    return dx

# %% question="max_pool_backward" wrong="the pixel furthest from 0" hint="absolute maximum"
def max_pool_backward(dy, x, size, *, stride=None):
    stride = stride or size
    dx = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(dy.shape):
        window = np.abs(x[n, i * stride:i * stride + size, j * stride:j * stride + size, c])
        a, b = np.unravel_index(np.argmax(window), window.shape)
        dx[n, i * stride + a, j * stride + b, c] += dy[n, i, j, c]
    return dx

# %% question="max_pool_backward" wrong="the search starts at 0, so negative windows have no winner" hint="maximum starts at 0"
def max_pool_backward(dy, x, size, *, stride=None):
    stride = stride or size
    dx = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(dy.shape):
        best, place = 0, None
        for a in range(size):
            for b in range(size):
                if x[n, i * stride + a, j * stride + b, c] > best:
                    best, place = x[n, i * stride + a, j * stride + b, c], (n, i * stride + a, j * stride + b, c)
        if place is not None:
            dx[place] += dy[n, i, j, c]
    return dx

# %% question="max_pool_backward" wrong="the winners get 1" hint="dy ignored"
def max_pool_backward(dy, x, size, *, stride=None):
    stride = stride or size
    dx = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(dy.shape):
        window = x[n, i * stride:i * stride + size, j * stride:j * stride + size, c]
        a, b = np.unravel_index(np.argmax(window), window.shape)
        dx[n, i * stride + a, j * stride + b, c] = 1
    return dx

# %% question="max_pool_backward" wrong="all pixels of a window share dy" hint="spread as an average"
def max_pool_backward(dy, x, size, *, stride=None):
    stride = stride or size
    dx = np.zeros(x.shape)
    for i in range(dy.shape[1]):
        for j in range(dy.shape[2]):
            dx[:, i * stride:i * stride + size, j * stride:j * stride + size] += dy[:, i:i + 1, j:j + 1] / size**2
    return dx

# %% question="max_pool_backward" wrong="row and column of the winner are exchanged" hint="paid at another place of the window"
def max_pool_backward(dy, x, size, *, stride=None):
    stride = stride or size
    dx = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(dy.shape):
        window = x[n, i * stride:i * stride + size, j * stride:j * stride + size, c]
        winner = np.argmax(window)
        dx[n, i * stride + winner % size, j * stride + winner // size, c] += dy[n, i, j, c]
    return dx

# %% question="max_pool_backward" wrong="the corner of the window is paid" hint="paid at another place of the window"
def max_pool_backward(dy, x, size, *, stride=None):
    stride = stride or size
    dx = np.zeros(x.shape)
    for i in range(dy.shape[1]):
        for j in range(dy.shape[2]):
            dx[:, i * stride, j * stride] += dy[:, i, j]
    return dx

# %% question="max_pool_backward" wrong="one winner for all channels" hint="channels pooled together"
def max_pool_backward(dy, x, size, *, stride=None):
    stride = stride or size
    dx = np.zeros(x.shape)
    for n, i, j in np.ndindex(dy.shape[:3]):
        window = x[n, i * stride:i * stride + size, j * stride:j * stride + size]
        a, b, c = np.unravel_index(np.argmax(window), window.shape)
        dx[n, i * stride + a, j * stride + b, c] += dy[n, i, j, c]
    return dx

# %% question="max_pool_backward" wrong="windows always lie side by side" hint="stride taken as size"
def max_pool_backward(dy, x, size, *, stride=None):
    dx = np.zeros(x.shape)
    for n in range(len(x)):
        for i in range(min(dy.shape[1], x.shape[1] // size)):
            for j in range(min(dy.shape[2], x.shape[2] // size)):
                for c in range(x.shape[3]):
                    window = x[n, i * size:(i + 1) * size, j * size:(j + 1) * size, c]
                    a, b = np.unravel_index(np.argmax(window), window.shape)
                    dx[n, i * size + a, j * size + b, c] += dy[n, i, j, c]
    return dx

# %% question="max_pool_backward" wrong="None means a stride of 1" hint="stride 1 by default"
def max_pool_backward(dy, x, size, *, stride=None):
    stride = stride or 1
    dx = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(dy.shape):
        places = [(n, i * stride + a, j * stride + b, c) for a in range(size) for b in range(size)]
        dx[max(places, key=lambda place: x[place])] += dy[n, i, j, c]
    return dx

# %% question="max_pool_backward" wrong="dx ends where the last window ends" hint="dx smaller than x"
def max_pool_backward(dy, x, size, *, stride=None):
    stride = stride or size
    n, rows, columns, c = dy.shape
    dx = np.zeros((n, (rows - 1) * stride + size, (columns - 1) * stride + size, c))
    for m, i, j, k in np.ndindex(dy.shape):
        places = [(m, i * stride + a, j * stride + b, k) for a in range(size) for b in range(size)]
        dx[max(places, key=lambda place: x[place])] += dy[m, i, j, k]
    return dx

# %% question="max_pool_backward" wrong="divided by the number of images" hint="extra 1/N"
def max_pool_backward(dy, x, size, *, stride=None):
    stride = stride or size
    dx = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(dy.shape):
        places = [(n, i * stride + a, j * stride + b, c) for a in range(size) for b in range(size)]
        dx[max(places, key=lambda place: x[place])] += dy[n, i, j, c] / len(dy)
    return dx

# %% question="max_pool_backward" wrong="i runs over the columns and j over the rows" hint="loop ranges swapped"
def max_pool_backward(dy, x, size, *, stride=None):
    stride = stride or size
    dx = np.zeros(x.shape)
    n, columns, rows, channels = dy.shape
    for m, i, j, c in np.ndindex(n, rows, columns, channels):
        value = dy[m, i, j, c]
        places = [(m, i * stride + a, j * stride + b, c) for a in range(size) for b in range(size)]
        dx[max(places, key=lambda place: x[place])] += value
    return dx

# %% question="max_pool_backward" wrong="what was paid is taken out of dy" hint="input changed"
def max_pool_backward(dy, x, size, *, stride=None):
    stride = stride or size
    dx = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(dy.shape):
        places = [(n, i * stride + a, j * stride + b, c) for a in range(size) for b in range(size)]
        dx[max(places, key=lambda place: x[place])] += dy[n, i, j, c]
        dy[n, i, j, c] = 0
    return dx

# %% question="max_pool_backward" wrong="the smallest pixel is paid"
def max_pool_backward(dy, x, size, *, stride=None):
    stride = stride or size
    dx = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(dy.shape):
        places = [(n, i * stride + a, j * stride + b, c) for a in range(size) for b in range(size)]
        dx[min(places, key=lambda place: x[place])] += dy[n, i, j, c]
    return dx

# %% question="max_pool_backward" right="loops and argmax"
def max_pool_backward(dy, x, size, *, stride=None):
    if stride is None:
        stride = size
    dx = np.zeros_like(x)
    for n in range(dy.shape[0]):
        for i in range(dy.shape[1]):
            for j in range(dy.shape[2]):
                for c in range(dy.shape[3]):
                    top, left = i * stride, j * stride
                    window = x[n, top:top + size, left:left + size, c]
                    a, b = np.unravel_index(np.argmax(window), window.shape)
                    dx[n, top + a, left + b, c] += dy[n, i, j, c]
    return dx

# %% question="max_pool_backward" right="np.add.at with the winners of all windows"
def max_pool_backward(dy, x, size, *, stride=None):
    stride = stride or size
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))[:, ::stride, ::stride]
    winner = windows.reshape(*windows.shape[:4], -1).argmax(axis=-1)
    n, i, j, c = np.indices(dy.shape)
    dx = np.zeros(x.shape)
    np.add.at(dx, (n, i * stride + winner // size, j * stride + winner % size, c), dy)
    return dx

# %% question="max_pool_backward" right="a mask for each place of the window, the paid ones crossed out"
def max_pool_backward(dy, x, size, *, stride=None):
    stride = stride or size
    largest, unpaid = cnnlib.max_pool_forward(x, size, stride=stride), np.ones(dy.shape, dtype=bool)
    dx = np.zeros(x.shape)
    for a in range(size):
        for b in range(size):
            place = np.s_[:, a:a + stride * (dy.shape[1] - 1) + 1:stride, b:b + stride * (dy.shape[2] - 1) + 1:stride]
            wins = unpaid & (x[place] == largest)
            dx[place] += wins * dy
            unpaid &= ~wins
    return dx

# %% question="average_pool_backward" wrong="every window hands out 1 / size^2" hint="dy ignored"
def average_pool_backward(dy, x_shape, size, *, stride=None):
    stride = stride or size
    dx = np.zeros(x_shape)
    for i in range(dy.shape[1]):
        for j in range(dy.shape[2]):
            dx[:, i * stride:i * stride + size, j * stride:j * stride + size] += 1 / size**2
    return dx

# %% question="average_pool_backward" wrong="every pixel gets the whole dy" hint="not divided"
def average_pool_backward(dy, x_shape, size, *, stride=None):
    stride = stride or size
    dx = np.zeros(x_shape)
    for i in range(dy.shape[1]):
        for j in range(dy.shape[2]):
            dx[:, i * stride:i * stride + size, j * stride:j * stride + size] += dy[:, i:i + 1, j:j + 1]
    return dx

# %% question="average_pool_backward" wrong="divided by the side of the window" hint="divided by the side"
def average_pool_backward(dy, x_shape, size, *, stride=None):
    stride = stride or size
    dx = np.zeros(x_shape)
    for n, i, j, c in np.ndindex(dy.shape):
        dx[n, i * stride:i * stride + size, j * stride:j * stride + size, c] += dy[n, i, j, c] / size
    return dx

# %% question="average_pool_backward" wrong="divided by the pixels of the map" hint="divided by another number"
def average_pool_backward(dy, x_shape, size, *, stride=None):
    stride = stride or size
    n, h, w, c = x_shape
    dx = np.zeros(x_shape)
    for i in range(dy.shape[1]):
        for j in range(dy.shape[2]):
            dx[:, i * stride:i * stride + size, j * stride:j * stride + size] += dy[:, i:i + 1, j:j + 1] / (h * w)
    return dx

# %% question="average_pool_backward" wrong="shares are assigned, not added" hint="assigned instead of accumulated"
def average_pool_backward(dy, x_shape, size, *, stride=None):
    stride = stride or size
    dx = np.zeros(x_shape)
    for i in range(dy.shape[1]):
        for j in range(dy.shape[2]):
            dx[:, i * stride:i * stride + size, j * stride:j * stride + size] = dy[:, i:i + 1, j:j + 1] / size**2
    return dx

# %% question="average_pool_backward" wrong="each place of the window wipes out dx" hint="assigned instead of accumulated"
def average_pool_backward(dy, x_shape, size, *, stride=None):
    stride = stride or size
    dx = np.zeros(x_shape)
    for a in range(size):
        for b in range(size):
            rows, columns = a + stride * np.arange(dy.shape[1]), b + stride * np.arange(dy.shape[2])
            dx[:, rows[:, None], columns] = dy / size**2
    return dx

# %% question="average_pool_backward" wrong="shares of several windows are averaged" hint="averaged over the windows"
def average_pool_backward(dy, x_shape, size, *, stride=None):
    stride = stride or size
    total, windows = np.zeros(x_shape), np.zeros(x_shape)
    for i in range(dy.shape[1]):
        for j in range(dy.shape[2]):
            total[:, i * stride:i * stride + size, j * stride:j * stride + size] += dy[:, i:i + 1, j:j + 1] / size**2
            windows[:, i * stride:i * stride + size, j * stride:j * stride + size] += 1
    return total / np.maximum(windows, 1)

# %% question="average_pool_backward" wrong="the corner of the window gets everything" hint="one pixel paid"
def average_pool_backward(dy, x_shape, size, *, stride=None):
    stride = stride or size
    dx = np.zeros(x_shape)
    for i in range(dy.shape[1]):
        for j in range(dy.shape[2]):
            dx[:, i * stride, j * stride] += dy[:, i, j]
    return dx

# %% question="average_pool_backward" wrong="windows always lie side by side" hint="stride taken as size"
def average_pool_backward(dy, x_shape, size, *, stride=None):
    dx = np.zeros(x_shape)
    for i in range(min(dy.shape[1], x_shape[1] // size)):
        for j in range(min(dy.shape[2], x_shape[2] // size)):
            dx[:, i * size:(i + 1) * size, j * size:(j + 1) * size] += dy[:, i:i + 1, j:j + 1] / size**2
    return dx

# %% question="average_pool_backward" wrong="None means a stride of 1" hint="stride 1 by default"
def average_pool_backward(dy, x_shape, size, *, stride=None):
    stride = stride or 1
    dx = np.zeros(x_shape)
    for n, i, j, c in np.ndindex(dy.shape):
        dx[n, i * stride:i * stride + size, j * stride:j * stride + size, c] += dy[n, i, j, c] / size**2
    return dx

# %% question="average_pool_backward" wrong="dx ends where the last window ends" hint="dx smaller than x"
def average_pool_backward(dy, x_shape, size, *, stride=None):
    stride = stride or size
    n, rows, columns, c = dy.shape
    dx = np.zeros((n, (rows - 1) * stride + size, (columns - 1) * stride + size, c))
    for i in range(rows):
        for j in range(columns):
            dx[:, i * stride:i * stride + size, j * stride:j * stride + size] += dy[:, i:i + 1, j:j + 1] / size**2
    return dx

# %% question="average_pool_backward" wrong="divided by the number of images" hint="extra 1/N"
def average_pool_backward(dy, x_shape, size, *, stride=None):
    stride = stride or size
    dx = np.zeros(x_shape)
    for i in range(dy.shape[1]):
        for j in range(dy.shape[2]):
            share = dy[:, i:i + 1, j:j + 1] / (len(dy) * size * size)
            dx[:, i * stride:i * stride + size, j * stride:j * stride + size] += share
    return dx

# %% question="average_pool_backward" wrong="i runs over the columns and j over the rows" hint="loop ranges swapped"
def average_pool_backward(dy, x_shape, size, *, stride=None):
    stride = stride or size
    dx = np.zeros(x_shape)
    n, columns, rows, channels = dy.shape
    for m, i, j, c in np.ndindex(n, rows, columns, channels):
        dx[m, i * stride:i * stride + size, j * stride:j * stride + size, c] += dy[m, i, j, c] / size**2
    return dx

# %% question="average_pool_backward" wrong="dy is divided in place" hint="input changed"
def average_pool_backward(dy, x_shape, size, *, stride=None):
    stride = stride or size
    dx = np.zeros(x_shape)
    dy /= size * size
    for i in range(dy.shape[1]):
        for j in range(dy.shape[2]):
            dx[:, i * stride:i * stride + size, j * stride:j * stride + size] += dy[:, i:i + 1, j:j + 1]
    return dx

# %% question="average_pool_backward" wrong="the mean of dy is spread over the whole map"
def average_pool_backward(dy, x_shape, size, *, stride=None):
    return np.ones(x_shape) * dy.mean(axis=(1, 2), keepdims=True)

# %% question="average_pool_backward" right="loops, number by number"
def average_pool_backward(dy, x_shape, size, *, stride=None):
    if stride is None:
        stride = size
    dx = np.zeros(x_shape)
    for n, i, j, c in np.ndindex(dy.shape):
        for a in range(size):
            for b in range(size):
                dx[n, i * stride + a, j * stride + b, c] += dy[n, i, j, c] / (size * size)
    return dx

# %% question="average_pool_backward" right="a convolution layer's backward pass with constant filters"
def average_pool_backward(dy, x_shape, size, *, stride=None):
    stride = stride or size
    channels = x_shape[3]
    weights = np.ones((size, size, 1, 1)) * np.eye(channels) / size**2
    dx, _, _ = cnnlib.conv2d_backward(dy, np.zeros(x_shape), weights, stride=stride)
    return dx

# %% question="average_pool_backward" right="a matrix that pools rows and one that pools columns, transposed"
def average_pool_backward(dy, x_shape, size, *, stride=None):
    step = stride or size
    down, across = np.zeros((dy.shape[1], x_shape[1])), np.zeros((dy.shape[2], x_shape[2]))
    for matrix in (down, across):
        for i in range(len(matrix)):
            matrix[i, i * step:i * step + size] = 1 / size
    return np.einsum("ip,jq,nijc->npqc", down, across, dy)

# %% question="numeric_gradient" wrong="one side only" hint="one-sided difference"
def numeric_gradient(f, x, *, h=1e-5):
    gradient = np.zeros(np.shape(x))
    for place in np.ndindex(gradient.shape):
        moved = np.array(x, dtype=float)
        moved[place] += h
        gradient[place] = (f(moved) - f(x)) / h
    return gradient

# %% question="numeric_gradient" wrong="divided by h, the way is 2 h" hint="divided by h"
def numeric_gradient(f, x, *, h=1e-5):
    gradient = np.zeros(np.shape(x))
    for place in np.ndindex(gradient.shape):
        up, down = np.array(x, dtype=float), np.array(x, dtype=float)
        up[place] += h
        down[place] -= h
        gradient[place] = (f(up) - f(down)) / h
    return gradient

# %% question="numeric_gradient" wrong="moved up by h only, divided by 2 h" hint="divided by 2h for one side"
def numeric_gradient(f, x, *, h=1e-5):
    gradient = np.zeros(np.shape(x))
    for place in np.ndindex(gradient.shape):
        moved = np.array(x, dtype=float)
        moved[place] += h
        high = f(moved)
        moved[place] -= h
        gradient[place] = (high - f(moved)) / (2 * h)
    return gradient

# %% question="numeric_gradient" wrong="the difference is not divided" hint="not divided"
def numeric_gradient(f, x, *, h=1e-5):
    x = np.asarray(x, dtype=float)
    gradient = np.zeros(x.shape)
    for i, place in enumerate(np.ndindex(x.shape)):
        step = h * np.eye(x.size)[i].reshape(x.shape)
        gradient[place] = f(x + step) - f(x - step)
    return gradient

# %% question="numeric_gradient" wrong="down minus up" hint="sign turned"
def numeric_gradient(f, x, *, h=1e-5):
    x = np.asarray(x, dtype=float)
    gradient = np.zeros(x.shape)
    for i, place in enumerate(np.ndindex(x.shape)):
        step = h * np.eye(x.size)[i].reshape(x.shape)
        gradient[place] = (f(x - step) - f(x + step)) / (2 * h)
    return gradient

# %% question="numeric_gradient" wrong="all numbers are moved at once" hint="all numbers moved at once"
def numeric_gradient(f, x, *, h=1e-5):
    return np.ones(np.shape(x)) * (f(x + h) - f(x - h)) / (2 * h)

# %% question="numeric_gradient" wrong="the loop runs over the first axis only" hint="rows moved at once"
def numeric_gradient(f, x, *, h=1e-5):
    gradient = np.zeros(x.shape)
    for i in range(len(x)):
        up, down = x.astype(float), x.astype(float)
        up[i] += h
        down[i] -= h
        gradient[i] = (f(up) - f(down)) / (2 * h)
    return gradient

# %% question="numeric_gradient" wrong="the copies are made once, before the loop" hint="not put back"
def numeric_gradient(f, x, *, h=1e-5):
    up, down, gradient = np.array(x, dtype=float), np.array(x, dtype=float), np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up[place] += h
        down[place] -= h
        gradient[place] = (f(up) - f(down)) / (2 * h)
    return gradient

# %% question="numeric_gradient" wrong="what was moved down stays down" hint="not put back"
def numeric_gradient(f, x, *, h=1e-5):
    point, gradient = np.array(x, dtype=float), np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        point[place] += h
        high = f(point)
        point[place] -= 2 * h
        gradient[place] = (high - f(point)) / (2 * h)
    return gradient

# %% question="numeric_gradient" wrong="a step of its own" hint="h ignored"
def numeric_gradient(f, x, *, h=1e-5):
    x, h = np.asarray(x, dtype=float), 1e-5
    gradient = np.zeros(x.shape)
    for i, place in enumerate(np.ndindex(x.shape)):
        step = h * np.eye(x.size)[i].reshape(x.shape)
        gradient[place] = (f(x + step) - f(x - step)) / (2 * h)
    return gradient

# %% question="numeric_gradient" wrong="a flat list" hint="shape lost"
def numeric_gradient(f, x, *, h=1e-5):
    x = np.asarray(x, dtype=float)
    steps = [h * row.reshape(x.shape) for row in np.eye(x.size)]
    return [float(f(x + step) - f(x - step)) / (2 * h) for step in steps]

# %% question="numeric_gradient" wrong="a copy of whole numbers cannot move by a fraction" hint="whole numbers cut"
def numeric_gradient(f, x, *, h=1e-5):
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += h
        down[place] -= h
        gradient[place] = (f(up) - f(down)) / (2 * h)
    return gradient

# %% question="numeric_gradient" wrong="the gradient takes the type of x" hint="whole numbers cut"
def numeric_gradient(f, x, *, h=1e-5):
    gradient = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[place] = h
        gradient[place] = (f(x + step) - f(x - step)) / (2 * h)
    return gradient

# %% question="numeric_gradient" wrong="x is left moved" hint="input changed"
def numeric_gradient(f, x, *, h=1e-5):
    start, gradient = np.array(x, dtype=float), np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[place] = h
        gradient[place] = (f(start + step) - f(start - step)) / (2 * h)
        x[place] += 1
    return gradient

# %% question="numeric_gradient" wrong="x is moved in place and put back: a read-only array cannot be"
def numeric_gradient(f, x, *, h=1e-5):
    x = np.asarray(x, dtype=float)
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        value = x[place]
        x[place] = value + h
        high = f(x)
        x[place] = value - h
        gradient[place] = (high - f(x)) / (2 * h)
        x[place] = value
    return gradient

# %% question="numeric_gradient" right="two copies for each number"
def numeric_gradient(f, x, *, h=1e-5):
    gradient = np.zeros(np.shape(x))
    for place, _ in np.ndenumerate(x):
        up = np.array(x, dtype=float)
        down = np.array(x, dtype=float)
        up[place] += h
        down[place] -= h
        gradient[place] = (f(up) - f(down)) / (2 * h)
    return gradient

# %% question="numeric_gradient" right="the unit vectors, reshaped"
def numeric_gradient(f, x, *, h=1e-5):
    x = np.asarray(x) * 1.0
    slopes = [(f(x + h * e.reshape(x.shape)) - f(x - h * e.reshape(x.shape))) / (h + h) for e in np.eye(x.size)]
    return np.array(slopes).reshape(x.shape)

# %% question="numeric_gradient" right="a copy that is moved and put back"
def numeric_gradient(f, x, *, h=1e-5):
    point = np.array(x, dtype=np.float64)
    gradient = np.empty_like(point)
    flat = point.reshape(-1)
    for i in range(flat.size):
        value = flat[i]
        flat[i] = value + h
        high = f(point)
        flat[i] = value - h
        low = f(point)
        flat[i] = value
        gradient.reshape(-1)[i] = (high - low) / (2 * h)
    return gradient
