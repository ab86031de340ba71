# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The catalogue of unit 01: how people get it wrong, and how they get it right in another way
#
# Each cell is what a student might write into the solution cell of `question`. `wrong` says what is wrong with it, and
# `hint` names the known mistake that `check` must recognise; without `hint` it must recognise none. `right` says what is
# different about an answer that must earn full marks. All of them are graded for real by the tests.
#
# Gx and Gy swapped stands among the right ones: the magnitude cannot tell, and does not need to.

# %% question="correlate2d" wrong="the kernel is flipped: this is convolution" hint="kernel flipped"
def correlate2d(image, kernel):
    kernel = np.flip(np.asarray(kernel, dtype=float))
    kh, kw = kernel.shape
    rows, columns = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    if rows < 1 or columns < 1:
        raise ValueError("kernel too large")
    return np.array([[np.sum(image[i:i + kh, j:j + kw] * kernel) for j in range(columns)] for i in range(rows)])

# %% question="correlate2d" wrong="no + 1: the last row and column are lost" hint="last row and column lost"
def correlate2d(image, kernel):
    kh, kw = kernel.shape
    if kh > image.shape[0] or kw > image.shape[1]:
        raise ValueError("kernel too large")
    out = np.zeros((image.shape[0] - kh, image.shape[1] - kw))
    for i in range(image.shape[0] - kh):
        for j in range(image.shape[1] - kw):
            out[i, j] = np.sum(image[i:i + kh, j:j + kw] * kernel.astype(float))
    return out

# %% question="correlate2d" wrong="the output has the image's size, with a frame of zeros" hint="same-size output"
def correlate2d(image, kernel):
    kh, kw = kernel.shape
    if kh > image.shape[0] or kw > image.shape[1]:
        raise ValueError("kernel too large")
    out = np.zeros(image.shape)
    for i in range(image.shape[0] - kh + 1):
        for j in range(image.shape[1] - kw + 1):
            out[i + (kh - 1) // 2, j + (kw - 1) // 2] = np.sum(image[i:i + kh, j:j + kw] * kernel.astype(float))
    return out

# %% question="correlate2d" wrong="zero padding keeps the image's size" hint="same-size output"
def correlate2d(image, kernel):
    kh, kw = kernel.shape
    if kh > image.shape[0] or kw > image.shape[1]:
        raise ValueError("kernel too large")
    padded = np.pad(image.astype(float), (((kh - 1) // 2, kh // 2), ((kw - 1) // 2, kw // 2)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape)
    return (windows * kernel).sum(axis=(2, 3))

# %% question="correlate2d" wrong="x and y swapped: the output lies on its side" hint="rows and columns swapped"
def correlate2d(image, kernel):
    kh, kw = kernel.shape
    height, width = image.shape
    if kh > height or kw > width:
        raise ValueError("kernel too large")
    out = np.zeros((width - kw + 1, height - kh + 1))
    for x in range(width - kw + 1):
        for y in range(height - kh + 1):
            out[x, y] = np.sum(image[y:y + kh, x:x + kw] * kernel.astype(float))
    return out

# %% question="correlate2d" wrong="a square kernel is assumed" hint="square kernel assumed"
def correlate2d(image, kernel):
    k = kernel.shape[0]
    if kernel.shape[0] > image.shape[0] or kernel.shape[1] > image.shape[1]:
        raise ValueError("kernel too large")
    out = np.zeros((image.shape[0] - k + 1, image.shape[1] - k + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            for a in range(k):
                for b in range(k):
                    out[i, j] += float(image[i + a, j + b]) * kernel[a, b]
    return out

# %% question="correlate2d" wrong="a square kernel is assumed, in windows" hint="square kernel assumed"
def correlate2d(image, kernel):
    if kernel.shape[0] > image.shape[0] or kernel.shape[1] > image.shape[1]:
        raise ValueError("kernel too large")
    size = len(kernel)
    image = image.astype(float)
    return np.array([[(image[i:i + size, j:j + size] * kernel).sum() for j in range(image.shape[1] - size + 1)]
                     for i in range(image.shape[0] - size + 1)])

# %% question="correlate2d" wrong="an odd kernel is assumed" hint="odd kernel assumed"
def correlate2d(image, kernel):
    image = image.astype(float)
    r, c = kernel.shape[0] // 2, kernel.shape[1] // 2
    if kernel.shape[0] > image.shape[0] or kernel.shape[1] > image.shape[1]:
        raise ValueError("kernel too large")
    rows = []
    for y in range(r, image.shape[0] - r):
        rows.append([np.sum(image[y - r:y + r + 1, x - c:x + c + 1] * kernel) for x in range(c, image.shape[1] - c)])
    return np.array(rows)

# %% question="correlate2d" wrong="absolute values are returned" hint="absolute value taken"
def correlate2d(image, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(image.astype(float), kernel.shape)
    return np.abs((windows * kernel).sum(axis=(2, 3)))

# %% question="correlate2d" wrong="the output is clipped to 0..255 like a picture" hint="output clipped"
def correlate2d(image, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(image.astype(float), kernel.shape)
    return np.clip((windows * kernel).sum(axis=(2, 3)), 0, 255)

# %% question="correlate2d" wrong="negative responses are cut off" hint="output clipped"
def correlate2d(image, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(image.astype(float), kernel.shape)
    return np.maximum(np.einsum("ijab,ab->ij", windows, kernel), 0)

# %% question="correlate2d" wrong="the mean is taken in place of the sum" hint="mean for sum"
def correlate2d(image, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(image.astype(float), kernel.shape)
    return (windows * kernel).mean(axis=(2, 3))

# %% question="correlate2d" wrong="the matrix product in place of the element-wise one" hint="matrix product"
def correlate2d(image, kernel):
    kh, kw = kernel.shape
    if kh > image.shape[0] or kw > image.shape[1]:
        raise ValueError("kernel too large")
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = (image[i:i + kh, j:j + kw].astype(float) @ kernel).sum()
    return out

# %% question="correlate2d" wrong="the output takes the image's type, so fractions are cut off" hint="integer output"
def correlate2d(image, kernel):
    kh, kw = kernel.shape
    if kh > image.shape[0] or kw > image.shape[1]:
        raise ValueError("kernel too large")
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1), dtype=image.dtype)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i:i + kh, j:j + kw] * kernel)
    return out

# %% question="correlate2d" wrong="the result is turned into integers" hint="integer output"
def correlate2d(image, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(image.astype(float), kernel.shape)
    return (windows * kernel).sum(axis=(2, 3)).astype(int)

# %% question="correlate2d" wrong="bytes wrap in the products" hint="bytes wrap"
def correlate2d(image, kernel):
    kh, kw = kernel.shape
    if kh > image.shape[0] or kw > image.shape[1]:
        raise ValueError("kernel too large")
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i:i + kh, j:j + kw] * kernel)
    return out

# %% question="correlate2d" wrong="bytes wrap in the sum" hint="bytes wrap"
def correlate2d(image, kernel):
    (h, w), (kh, kw) = image.shape, kernel.shape
    if kh > h or kw > w:
        raise ValueError("kernel too large")
    out = 0
    for a in range(kh):
        for b in range(kw):
            out = out + image[a:h - kh + 1 + a, b:w - kw + 1 + b] * kernel[a, b]
    return out.astype(float)

# %% question="correlate2d" wrong="a kernel larger than the image gives an empty array" hint="larger kernel accepted"
def correlate2d(image, kernel):
    image = np.asarray(image, dtype=float)
    kh, kw = kernel.shape
    return np.array([[np.sum(image[i:i + kh, j:j + kw] * kernel) for j in range(image.shape[1] - kw + 1)]
                     for i in range(image.shape[0] - kh + 1)])

# %% question="correlate2d" wrong="the image is changed in place" hint="input changed"
def correlate2d(image, kernel):
    if kernel.shape[0] > image.shape[0] or kernel.shape[1] > image.shape[1]:
        raise ValueError("kernel too large")
    total = np.zeros(np.array(image.shape) - kernel.shape + 1)
    for (a, b), weight in np.ndenumerate(np.asarray(kernel, dtype=float)):
        total += weight * image[a:a + total.shape[0], b:b + total.shape[1]]
    image[:] = 0
    return total

# %% question="correlate2d" wrong="the return is missing"
def correlate2d(image, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(image.astype(float), kernel.shape)
    out = (windows * kernel).sum(axis=(2, 3))

# %% question="correlate2d" wrong="only the first window is computed"
def correlate2d(image, kernel):
    kh, kw = kernel.shape
    if kh > image.shape[0] or kw > image.shape[1]:
        raise ValueError("kernel too large")
    return np.sum(image[:kh, :kw] * kernel.astype(float))

# %% question="correlate2d" right="four loops, number by number"
def correlate2d(image, kernel):
    rows = len(image) - len(kernel) + 1
    columns = len(image[0]) - len(kernel[0]) + 1
    if rows < 1 or columns < 1:
        raise ValueError("the kernel does not fit")
    out = []
    for i in range(rows):
        out.append([])
        for j in range(columns):
            total = 0.0
            for a in range(len(kernel)):
                for b in range(len(kernel[0])):
                    total += float(image[i + a][j + b]) * float(kernel[a][b])
            out[i].append(total)
    return np.array(out)

# %% question="correlate2d" right="einsum over windows"
def correlate2d(image, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.einsum("ijab,ab->ij", windows.astype(float), kernel.astype(float))

# %% question="correlate2d" right="shifted images added up"
def correlate2d(image, kernel):
    if kernel.shape[0] > image.shape[0] or kernel.shape[1] > image.shape[1]:
        raise ValueError("the kernel does not fit")
    out = np.zeros([n - k + 1 for n, k in zip(image.shape, kernel.shape)])
    for a in range(kernel.shape[0]):
        for b in range(kernel.shape[1]):
            out += float(kernel[a, b]) * image[a:a + out.shape[0], b:b + out.shape[1]]
    return out

# %% question="correlate2d" right="float32, windows times kernel"
def correlate2d(image, kernel):
    image, kernel = np.asarray(image, dtype="float32"), np.asarray(kernel, dtype="float32")
    if kernel.shape[0] > image.shape[0] or kernel.shape[1] > image.shape[1]:
        raise ValueError("the kernel does not fit")
    return np.tensordot(np.lib.stride_tricks.sliding_window_view(image, kernel.shape), kernel, 2)

# %% question="correlate2d" wrong="a framework does it"
def correlate2d(image, kernel):
    import keras
    image, kernel = np.asarray(image, dtype="float32"), np.asarray(kernel, dtype="float32")
    if kernel.shape[0] > image.shape[0] or kernel.shape[1] > image.shape[1]:
        raise ValueError("the kernel does not fit")
    return np.asarray(keras.ops.conv(image[None, :, :, None], kernel[:, :, None, None], padding="valid"))[0, :, :, 0]

# %% question="convolve2d" wrong="the flip is missing" hint="kernel not flipped"
def convolve2d(image, kernel):
    return cnnlib.correlate2d(image, kernel)

# %% question="convolve2d" wrong="only the rows are flipped" hint="one axis flipped"
def convolve2d(image, kernel):
    return cnnlib.correlate2d(image, kernel[::-1])

# %% question="convolve2d" wrong="only the columns are flipped" hint="one axis flipped"
def convolve2d(image, kernel):
    return cnnlib.correlate2d(image, np.fliplr(kernel))

# %% question="convolve2d" wrong="transposed in place of flipped" hint="kernel transposed"
def convolve2d(image, kernel):
    return cnnlib.correlate2d(image, kernel.T)

# %% question="convolve2d" wrong="turned by 90 degrees" hint="kernel transposed"
def convolve2d(image, kernel):
    return cnnlib.correlate2d(image, np.rot90(kernel))

# %% question="convolve2d" wrong="the image is flipped in place of the kernel" hint="image flipped"
def convolve2d(image, kernel):
    return cnnlib.correlate2d(np.flip(image), kernel)

# %% question="convolve2d" wrong="zero padding keeps the image's size" hint="same-size output"
def convolve2d(image, kernel):
    if kernel.shape[0] > image.shape[0] or kernel.shape[1] > image.shape[1]:
        raise ValueError("kernel too large")
    pads = [((k - 1) // 2, k // 2) for k in kernel.shape]
    return cnnlib.correlate2d(np.pad(image, pads), np.flip(kernel))

# %% question="convolve2d" wrong="the full convolution, larger than the image" hint="full convolution"
def convolve2d(image, kernel):
    (rows, columns), (kh, kw) = image.shape, kernel.shape
    if kh > rows or kw > columns:
        raise ValueError("kernel too large")
    out = np.zeros((rows + kh - 1, columns + kw - 1))
    for a in range(kh):
        for b in range(kw):
            out[a:a + rows, b:b + columns] += float(kernel[a, b]) * image
    return out

# %% question="convolve2d" wrong="the kernel is flipped in place" hint="input changed"
def convolve2d(image, kernel):
    kernel[:] = kernel[::-1, ::-1].copy()
    return cnnlib.correlate2d(image, kernel)

# %% question="convolve2d" wrong="integers are returned" hint="integer output"
def convolve2d(image, kernel):
    return cnnlib.correlate2d(image, np.flip(kernel)).astype(int)

# %% question="convolve2d" wrong="a kernel larger than the image gives zeros" hint="larger kernel accepted"
def convolve2d(image, kernel):
    if kernel.shape[0] > image.shape[0] or kernel.shape[1] > image.shape[1]:
        return np.zeros((1, 1))
    return cnnlib.correlate2d(image, np.flip(kernel))

# %% question="convolve2d" wrong="it crashes: a name that does not exist"
def convolve2d(image, kernel):
    return correlate(image, flipped_kernel)

# %% question="convolve2d" right="rot90 twice"
def convolve2d(image, kernel):
    return cnnlib.correlate2d(image, np.rot90(kernel, 2))

# %% question="convolve2d" right="the formula with i - m, summed over shifts"
def convolve2d(image, kernel):
    kh, kw = kernel.shape
    rows, columns = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    if min(rows, columns) < 1:
        raise ValueError("the kernel does not fit")
    out = np.zeros((rows, columns))
    for m in range(kh):
        for n in range(kw):
            out += float(kernel[m, n]) * image[kh - 1 - m:kh - 1 - m + rows, kw - 1 - n:kw - 1 - n + columns]
    return out

# %% question="to_gray" wrong="the plain mean" hint="plain mean"
def to_gray(rgb):
    return np.mean(rgb, axis=2)

# %% question="to_gray" wrong="the channels are added without weights" hint="plain sum"
def to_gray(rgb):
    return rgb.sum(axis=-1).astype(float)

# %% question="to_gray" wrong="blue and red swapped" hint="channels reversed"
def to_gray(rgb):
    return rgb @ np.array([0.114, 0.587, 0.299])

# %% question="to_gray" wrong="the first axis is taken for the channels" hint="wrong axis"
def to_gray(rgb):
    return 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]

# %% question="to_gray" wrong="the second axis is taken for the channels" hint="wrong axis"
def to_gray(rgb):
    return 0.299 * rgb[:, 0] + 0.587 * rgb[:, 1] + 0.114 * rgb[:, 2]

# %% question="to_gray" wrong="the weights stand on the wrong side of the product" hint="wrong axis"
def to_gray(rgb):
    return np.array([0.299, 0.587, 0.114]) @ rgb

# %% question="to_gray" wrong="weighed, not added" hint="channels not added"
def to_gray(rgb):
    return rgb * np.array([0.299, 0.587, 0.114])

# %% question="to_gray" wrong="the channel axis is kept" hint="channel axis kept"
def to_gray(rgb):
    return (rgb * np.array([0.299, 0.587, 0.114])).sum(axis=-1, keepdims=True)

# %% question="to_gray" wrong="other weights (Rec. 709)" hint="other weights"
def to_gray(rgb):
    return rgb @ np.array([0.2126, 0.7152, 0.0722])

# %% question="to_gray" wrong="rescaled to 0..1" hint="divided by 255"
def to_gray(rgb):
    return rgb @ np.array([0.299, 0.587, 0.114]) / 255

# %% question="to_gray" wrong="bytes are returned, fractions cut off" hint="integer output"
def to_gray(rgb):
    return (rgb @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)

# %% question="to_gray" wrong="rounded" hint="rounded"
def to_gray(rgb):
    return np.round(rgb @ np.array([0.299, 0.587, 0.114]))

# %% question="to_gray" wrong="the image is weighed in place" hint="input changed"
def to_gray(rgb):
    gray = np.asarray(rgb, dtype=float) @ [0.299, 0.587, 0.114]
    rgb[...] = gray[..., None].astype(rgb.dtype)
    return gray

# %% question="to_gray" right="channel by channel"
def to_gray(rgb):
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    return 0.299 * red + 0.587 * green + 0.114 * blue

# %% question="to_gray" right="a matrix product"
def to_gray(rgb):
    return np.dot(rgb, [0.299, 0.587, 0.114])

# %% question="to_gray" right="a weighted average in float32"
def to_gray(rgb):
    return np.average(rgb.astype(np.float32), axis=-1, weights=[0.299, 0.587, 0.114])

# %% question="gradient_magnitude" wrong="the root is missing" hint="no root"
def gradient_magnitude(image):
    gx = cnnlib.correlate2d(image, cnnlib.KERNELS["sobel x"])
    gy = cnnlib.correlate2d(image, cnnlib.KERNELS["sobel y"])
    return gx**2 + gy**2

# %% question="gradient_magnitude" wrong="|gx| + |gy|" hint="absolute values added"
def gradient_magnitude(image):
    gx, gy = cnnlib.gradients(image)
    return abs(gx) + abs(gy)

# %% question="gradient_magnitude" wrong="only gx" hint="one direction only"
def gradient_magnitude(image):
    return np.sqrt(cnnlib.correlate2d(image, cnnlib.KERNELS["sobel x"]) ** 2)

# %% question="gradient_magnitude" wrong="gx twice: the second kernel was not transposed" hint="one direction twice"
def gradient_magnitude(image):
    gx = cnnlib.correlate2d(image, cnnlib.KERNELS["sobel x"])
    gy = cnnlib.correlate2d(image, cnnlib.KERNELS["sobel x"])
    return np.hypot(gx, gy)

# %% question="gradient_magnitude" wrong="added before squaring" hint="added before squaring"
def gradient_magnitude(image):
    gx, gy = cnnlib.gradients(image)
    return np.sqrt((gx + gy) ** 2)

# %% question="gradient_magnitude" wrong="clipped before the end" hint="clipped before the end"
def gradient_magnitude(image):
    gx, gy = [np.maximum(g, 0) for g in cnnlib.gradients(image)]
    return np.sqrt(gx**2 + gy**2)

# %% question="gradient_magnitude" wrong="clipped to a picture's range" hint="output clipped"
def gradient_magnitude(image):
    return np.minimum(np.hypot(*cnnlib.gradients(image)), 255)

# %% question="gradient_magnitude" wrong="scaled to 0..1 by its maximum" hint="rescaled"
def gradient_magnitude(image):
    magnitude = np.hypot(*cnnlib.gradients(image))
    return magnitude / magnitude.max()

# %% question="gradient_magnitude" wrong="Prewitt's kernels" hint="Prewitt for Sobel"
def gradient_magnitude(image):
    kernel = np.array([[-1, 0, 1]] * 3)
    return np.hypot(cnnlib.correlate2d(image, kernel), cnnlib.correlate2d(image, kernel.T))

# %% question="gradient_magnitude" wrong="zero padding keeps the image's size" hint="same-size output"
def gradient_magnitude(image):
    if min(image.shape) < 3:
        raise ValueError("image too small")
    return np.hypot(*cnnlib.gradients(np.pad(image, 1)))

# %% question="gradient_magnitude" wrong="bytes wrap in the differences" hint="bytes wrap"
def gradient_magnitude(image):
    if min(image.shape) < 3:
        raise ValueError("image too small")
    gx = (image[:-2, 2:] - image[:-2, :-2]) + 2 * (image[1:-1, 2:] - image[1:-1, :-2]) + (image[2:, 2:] - image[2:, :-2])
    gy = (image[2:, :-2] - image[:-2, :-2]) + 2 * (image[2:, 1:-1] - image[:-2, 1:-1]) + (image[2:, 2:] - image[:-2, 2:])
    return np.sqrt(gx.astype(float) ** 2 + gy.astype(float) ** 2)

# %% question="gradient_magnitude" wrong="integers are returned" hint="integer output"
def gradient_magnitude(image):
    return np.hypot(*cnnlib.gradients(image)).astype(int)

# %% question="gradient_magnitude" wrong="a small image gives an empty array" hint="larger kernel accepted"
def gradient_magnitude(image):
    if min(image.shape) < 3:
        return np.zeros((0, 0))
    return np.hypot(*cnnlib.gradients(image))

# %% question="gradient_magnitude" wrong="the image is made brighter in place" hint="input changed"
def gradient_magnitude(image):
    magnitude = np.hypot(*cnnlib.gradients(image))
    image += 1
    return magnitude

# %% question="gradient_magnitude" right="Gx and Gy swapped: the magnitude cannot tell"
def gradient_magnitude(image):
    gx = cnnlib.correlate2d(image, cnnlib.KERNELS["sobel y"])
    gy = cnnlib.correlate2d(image, cnnlib.KERNELS["sobel x"])
    return np.sqrt(gx**2 + gy**2)

# %% question="gradient_magnitude" right="convolution: the signs turn, the squares do not"
def gradient_magnitude(image):
    gx = cnnlib.convolve2d(image, cnnlib.KERNELS["sobel x"])
    gy = cnnlib.convolve2d(image, cnnlib.KERNELS["sobel y"])
    return np.hypot(gx, gy)

# %% question="gradient_magnitude" right="slices, and the length of a complex number"
def gradient_magnitude(image):
    x = np.asarray(image, dtype=float)
    if min(x.shape) < 3:
        raise ValueError("image too small")
    across, down = x[:, 2:] - x[:, :-2], x[2:] - x[:-2]
    gx = across[:-2] + 2 * across[1:-1] + across[2:]
    gy = down[:, :-2] + 2 * down[:, 1:-1] + down[:, 2:]
    return np.abs(gx + 1j * gy)

# %% question="correlate_rgb" wrong="the channels are not added" hint="channels not added"
def correlate_rgb(image, kernel):
    return np.dstack([cnnlib.correlate2d(image[..., c], kernel[..., c]) for c in range(image.shape[-1])])

# %% question="correlate_rgb" wrong="the channels are averaged" hint="channels averaged"
def correlate_rgb(image, kernel):
    return np.mean([cnnlib.correlate2d(image[..., c], kernel[..., c]) for c in range(image.shape[-1])], axis=0)

# %% question="correlate_rgb" wrong="the first channel only" hint="first channel only"
def correlate_rgb(image, kernel):
    return cnnlib.correlate2d(image[:, :, 0], kernel[:, :, 0])

# %% question="correlate_rgb" wrong="the first slice of the kernel for every channel" hint="one slice for all channels"
def correlate_rgb(image, kernel):
    out = 0
    for c in range(image.shape[2]):
        out = out + cnnlib.correlate2d(image[:, :, c], kernel[:, :, 0])
    return out

# %% question="correlate_rgb" wrong="the colours are mixed before the kernel sees them" hint="gray first"
def correlate_rgb(image, kernel):
    return cnnlib.correlate2d(image.mean(axis=2), kernel.sum(axis=2))

# %% question="correlate_rgb" wrong="the channels in reverse order" hint="channels reversed"
def correlate_rgb(image, kernel):
    return sum(cnnlib.correlate2d(image[..., -1 - c], kernel[..., c]) for c in range(image.shape[-1]))

# %% question="correlate_rgb" wrong="three channels are assumed" hint="three channels assumed"
def correlate_rgb(image, kernel):
    return sum(cnnlib.correlate2d(image[..., c], kernel[..., c]) for c in range(3))

# %% question="correlate_rgb" wrong="the kernel is flipped" hint="kernel flipped"
def correlate_rgb(image, kernel):
    return sum(cnnlib.convolve2d(image[..., c], kernel[..., c]) for c in range(image.shape[-1]))

# %% question="correlate_rgb" wrong="a last axis of length 1 is left" hint="channel axis kept"
def correlate_rgb(image, kernel):
    if kernel.shape[0] > image.shape[0] or kernel.shape[1] > image.shape[1]:
        raise ValueError("kernel too large")
    windows = np.lib.stride_tricks.sliding_window_view(image.astype(float), kernel.shape)
    return (windows * kernel).sum(axis=(3, 4, 5))

# %% question="correlate_rgb" wrong="no + 1: the last row and column are lost" hint="last row and column lost"
def correlate_rgb(image, kernel):
    kh, kw = kernel.shape[:2]
    if kh > image.shape[0] or kw > image.shape[1]:
        raise ValueError("kernel too large")
    out = np.zeros((image.shape[0] - kh, image.shape[1] - kw))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i:i + kh, j:j + kw].astype(float) * kernel)
    return out

# %% question="correlate_rgb" wrong="bytes wrap in the products" hint="bytes wrap"
def correlate_rgb(image, kernel):
    kh, kw = kernel.shape[:2]
    if kh > image.shape[0] or kw > image.shape[1]:
        raise ValueError("kernel too large")
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i:i + kh, j:j + kw] * kernel)
    return out

# %% question="correlate_rgb" wrong="integers are returned" hint="integer output"
def correlate_rgb(image, kernel):
    planes = [cnnlib.correlate2d(image[..., c], kernel[..., c]) for c in range(image.shape[-1])]
    return np.sum(planes, axis=0).astype(int)

# %% question="correlate_rgb" wrong="a kernel larger than the image gives 0" hint="larger kernel accepted"
def correlate_rgb(image, kernel):
    rows, columns = image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1
    if rows < 1 or columns < 1:
        return 0.0
    return sum(cnnlib.correlate2d(image[..., c], kernel[..., c]) for c in range(image.shape[-1]))

# %% question="correlate_rgb" wrong="the kernel is changed in place" hint="input changed"
def correlate_rgb(image, kernel):
    out = sum(cnnlib.correlate2d(image[..., c], kernel[..., c]) for c in range(image.shape[-1]))
    kernel *= 0
    return out

# %% question="correlate_rgb" wrong="it never ends well: division by zero"
def correlate_rgb(image, kernel):
    return 1 / 0

# %% question="correlate_rgb" right="windows over three axes"
def correlate_rgb(image, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(image.astype(float), kernel.shape)
    return np.tensordot(windows[:, :, 0], kernel.astype(float), 3)

# %% question="correlate_rgb" right="loops over the output"
def correlate_rgb(image, kernel):
    image = np.array(image, dtype=float)
    kh, kw, _ = np.shape(kernel)
    h, w = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    if h <= 0 or w <= 0:
        raise ValueError("the kernel does not fit")
    out = np.empty((h, w))
    for i in range(h):
        for j in range(w):
            out[i, j] = np.vdot(image[i:i + kh, j:j + kw], kernel)
    return out

# %% question="learn_kernel" wrong="the 2 of the square is forgotten" hint="2 of the square forgotten"
def learn_kernel(image, target, shape, steps, rate):
    kernel = np.zeros(shape)
    for _ in range(steps):
        error = cnnlib.correlate2d(image, kernel) - target
        kernel -= rate * cnnlib.correlate2d(image, error) / error.size
    return kernel

# %% question="learn_kernel" wrong="the sum of squares, not the mean" hint="mean forgotten"
def learn_kernel(image, target, shape, steps, rate):
    kernel = np.zeros(shape)
    for _ in range(steps):
        kernel = kernel - rate * 2 * cnnlib.correlate2d(image, cnnlib.correlate2d(image, kernel) - target)
    return kernel

# %% question="learn_kernel" wrong="neither the mean nor the 2" hint="mean and 2 forgotten"
def learn_kernel(image, target, shape, steps, rate):
    kernel = np.zeros(shape)
    for _ in range(steps):
        kernel = kernel - rate * cnnlib.correlate2d(image, cnnlib.correlate2d(image, kernel) - target)
    return kernel

# %% question="learn_kernel" wrong="divided by the kernel's size" hint="mean over the kernel"
def learn_kernel(image, target, shape, steps, rate):
    kernel = np.zeros(shape)
    for _ in range(steps):
        error = cnnlib.correlate2d(image, kernel) - target
        kernel -= rate * 2 / kernel.size * cnnlib.correlate2d(image, error)
    return kernel

# %% question="learn_kernel" wrong="uphill: the sign of the step" hint="uphill"
def learn_kernel(image, target, shape, steps, rate):
    kernel = np.zeros(shape)
    for _ in range(steps):
        error = cnnlib.correlate2d(image, kernel) - target
        kernel += rate * 2 / error.size * cnnlib.correlate2d(image, error)
    return kernel

# %% question="learn_kernel" wrong="uphill: target minus output" hint="uphill"
def learn_kernel(image, target, shape, steps, rate):
    kernel = np.zeros(shape)
    for _ in range(steps):
        error = target - cnnlib.correlate2d(image, kernel)
        kernel -= rate * 2 * cnnlib.correlate2d(image, error) / error.size
    return kernel

# %% question="learn_kernel" wrong="one step too few" hint="one step too many or few"
def learn_kernel(image, target, shape, steps, rate):
    kernel = np.zeros(shape)
    for _ in range(1, steps):
        error = cnnlib.correlate2d(image, kernel) - target
        kernel -= rate * 2 / error.size * cnnlib.correlate2d(image, error)
    return kernel

# %% question="learn_kernel" wrong="the return stands inside the loop" hint="one step only"
def learn_kernel(image, target, shape, steps, rate):
    kernel = np.zeros(shape)
    if steps == 0:
        return kernel
    for _ in range(steps):
        error = cnnlib.correlate2d(image, kernel) - target
        kernel -= rate * 2 / error.size * cnnlib.correlate2d(image, error)
        return kernel

# %% question="learn_kernel" wrong="it starts at ones" hint="start at ones"
def learn_kernel(image, target, shape, steps, rate):
    kernel = np.ones(shape)
    for _ in range(steps):
        error = cnnlib.correlate2d(image, kernel) - target
        kernel -= rate * 2 / error.size * cnnlib.correlate2d(image, error)
    return kernel

# %% question="learn_kernel" wrong="it learns for a convolution, so the kernel is flipped" hint="kernel flipped"
def learn_kernel(image, target, shape, steps, rate):
    kernel = np.zeros(shape)
    for _ in range(steps):
        error = cnnlib.convolve2d(image, kernel) - target
        kernel -= rate * 2 / error.size * np.flip(cnnlib.correlate2d(image, error))
    return kernel

# %% question="learn_kernel" wrong="the kernel is returned on its side" hint="kernel transposed"
def learn_kernel(image, target, shape, steps, rate):
    kernel = np.zeros(shape)
    for _ in range(steps):
        error = cnnlib.correlate2d(image, kernel) - target
        kernel -= rate * 2 / error.size * cnnlib.correlate2d(image, error)
    return kernel.T

# %% question="learn_kernel" wrong="the target is used up in place" hint="input changed"
def learn_kernel(image, target, shape, steps, rate):
    goal, kernel = target.copy(), np.zeros(shape)
    for _ in range(steps):
        target[:] = cnnlib.correlate2d(image, kernel) - goal
        kernel -= rate * 2 / target.size * cnnlib.correlate2d(image, target)
    return kernel

# %% question="learn_kernel" wrong="the signs of the gradient in place of the gradient"
def learn_kernel(image, target, shape, steps, rate):
    kernel = np.zeros(shape)
    for _ in range(steps):
        error = cnnlib.correlate2d(image, kernel) - target
        kernel -= rate * np.sign(cnnlib.correlate2d(image, error))
    return kernel

# %% question="learn_kernel" right="linear regression on flattened windows"
def learn_kernel(image, target, shape, steps, rate):
    windows = np.lib.stride_tricks.sliding_window_view(np.asarray(image, dtype=float), shape).reshape(target.size, -1)
    weights = np.zeros(windows.shape[1])
    for _ in range(steps):
        weights -= rate * 2 * windows.T @ (windows @ weights - target.ravel()) / target.size
    return weights.reshape(shape)

# %% question="learn_kernel" right="loops over the kernel's entries"
def learn_kernel(image, target, shape, steps, rate):
    kernel = np.zeros(shape)
    h, w = target.shape
    for _ in range(steps):
        error = cnnlib.correlate2d(image, kernel) - target
        step = np.array([[2 * np.mean(image[a:a + h, b:b + w] * error) for b in range(shape[1])] for a in range(shape[0])])
        kernel = kernel - rate * step
    return kernel
