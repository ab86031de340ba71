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
# # Which number is to blame?
#
# **Aim:** at the end you can send a loss back through a convolution, a pooling layer and everything around
# them, by hand on small numbers, and you know how to prove that a backward pass is right. A network of such
# layers, in NumPy alone, learns to read digits before your eyes.
#
# **Time:** 50 minutes of reading and doing; all cells together run in under a minute. **You need:** correlation
# (unit 01), output sizes with stride and padding (unit 02), and the derivative of a square.
#
# Where the text says *Predict*, say your answer aloud before you run the next cell.

# %%
import numpy as np

from cnnlib import average_pool_backward, conv1d_backward, conv1d_forward, conv2d_backward, conv2d_forward
from cnnlib import convolve2d, correlate2d, max_pool_backward, max_pool_forward, numeric_gradient
from cnnlib import dense_backward, relu_backward, relu_forward, softmax_cross_entropy
from cnnlib.cnn import accuracy, cnn_backward, cnn_forward, create_cnn
from cnnlib.network import band, train_epochs
from cnnlib.plots import show_images, show_numbers, show_window
from cnnlib.plots_backprop import show_chain, show_routes, show_step_errors, show_touch
from cnnlib.plots_painting import show_gather, show_painting
from cnnlib.widgets_backprop import play_painting

# %% [markdown]
# ## What does one number do to the loss?
#
# The smallest network there is: one input $x$, one weight $w$, the output $y = w\,x$. We wanted $y$ to be 4, and
# the *loss* says how badly that went: $L = (y - 4)^2$. With $x = 3$ and $w = 2$ we get $y = 6$ and $L = 4$.
#
# If $w$ grew a little, how fast would $L$ grow? Go backwards, one step at a time:
#
# - $L$ grows $2\,(y - 4) = 4$ times as fast as $y$;
# - $y$ grows $x = 3$ times as fast as $w$;
# - so $L$ grows $4 \cdot 3$ times as fast as $w$. Rates multiply: this is the **chain rule**.
#
# *Predict:* $\partial L / \partial w$ is 12. What is $\partial L / \partial x$?

# %%
show_chain(x=3, w=2, target=4)

# %% [markdown]
# We write `dy`, `dw`, `dx` for the slope of the *loss* with respect to $y$, $w$, $x$. Each step does the same
# thing: **what comes from above, times the step's own slope.** A step need not know what the network is for; it
# only needs its own inputs and the one `dy` that is handed to it.
#
# Look at the crossing: the slope for $w$ is $x$, the slope for $x$ is $w$. In a product each factor is paid by
# the size of the *other* one. Is it true? Nudge, and watch the loss:

# %%
def loss(x, w):
    return (w * x - 4) ** 2


print(f"nudge w by 0.001: the loss grows by {loss(3, 2.001) - loss(3, 2):.4f}, so its slope is about 12")
print(f"nudge x by 0.001: the loss grows by {loss(3.001, 2) - loss(3, 2):.4f}, so its slope is about 8")

# %% [markdown]
# What if a number is used *twice*? Then it acts along two paths, and the slopes of the paths **add**. In a
# convolution every weight and nearly every pixel is used many times. That is all that is new in this unit: the
# chain rule for one number, and a clean account of who was used where.
#
# ## What does a window of three pass on?
#
# Five inputs and a kernel of three weights, as in unit 01 but in one row. *By hand:* the three outputs
#
# $$y_n = \sum_{k} w_k\, x_{n+k}, \qquad n = 0, 1, 2.$$

# %%
x = np.array([1.0, 3, 2, 0, 4])
w = np.array([2.0, -1, 1])
y = conv1d_forward(x, w)
print("y =", y)

# %% [markdown]
# (The first is $2 \cdot 1 - 1 \cdot 3 + 1 \cdot 2 = 1$.) Suppose we wanted 0, 6 and 5, and the loss is half the
# sum of the squared misses. Then the slope of the loss for each output is simply the miss, output minus wanted.
# *Predict* all three, and the loss.

# %%
wanted = np.array([0, 6, 5])
dy = y - wanted
print("dy =", dy, "  loss =", np.sum(dy**2) / 2)

# %% [markdown]
# The loss would fall if the first output were smaller, the second larger, the third much smaller. Now: what does
# that say about the *weights*?
#
# ## What does each weight get?
#
# The weight $w_0$ met $x_0$ when it made $y_0$, $x_1$ when it made $y_1$, and $x_2$ when it made $y_2$. Three
# paths, so three products, added up:
#
# $$\frac{\partial L}{\partial w_0} = dy_0\, x_0 + dy_1\, x_1 + dy_2\, x_2 = 1 \cdot 1 - 2 \cdot 3 + 3 \cdot 2 = 1.$$
#
# *By hand:* do the same for $w_1$ and $w_2$, before you look at the columns of the picture.

# %%
show_touch(x, w, dy, of="w")

# %% [markdown]
# In general $\partial L / \partial w_k = \sum_n dy_n\, x_{n+k}$. Look at the formula of the forward pass again:
# this *is* a correlation, of $x$ with $dy$. In unit 01 we saw the same when the cat's kernel was learned: there
# the error took the kernel's place. `dy` is that error, wherever in a network the layer stands.
#
# ## What does each input get?
#
# The weights are ours to change. The inputs are not, but in a deep network the input of this layer is the output
# of the one below, and *that* layer waits for its own `dy`. Our `dx` is exactly that.
#
# Read the left table along a row and it is the forward pass: $y_1$ is made of $x_1$, $x_2$, $x_3$. Read it down
# a column and it is the backward pass: $x_2$ helped to make all three outputs, $x_0$ only one.
#
# *By hand:* $dx_2 = w_2\, dy_0 + w_1\, dy_1 + w_0\, dy_2$. And $dx_0$?

# %%
show_touch(x, w, dy, of="x")

# %%
dx, dw = conv1d_backward(dy, x, w)
print("dx =", dx, "  dw =", dw)


def loss_of(x, w):
    return np.sum((conv1d_forward(x, w) - wanted) ** 2) / 2


nudge = np.array([0, 0, 0.001, 0, 0])
print(f"measured slope of x_2: {(loss_of(x + nudge, w) - loss_of(x - nudge, w)) / 0.002:.3f}")

# %% [markdown]
# Look at the order of the weights in the sum for $dx_2$: $w_2, w_1, w_0$, while $dy$ runs forwards. When $k$ grows,
# the index of $dy$ *falls*: $\partial L / \partial x_i = \sum_k w_k\, dy_{i-k}$. A minus sign in the index means, as
# in unit 01, that this is a true **convolution**: the kernel is flipped. We come back to it.
#
# ### In vectors
#
# The left table, with zeros in its empty cells, is a matrix $A$, and the forward pass is $y = A\,x$. To read a table
# by columns is to transpose it, so $dx = A^T dy$, and both come from one table.

# %%
A = np.array([[2, -1, 1, 0, 0], [0, 2, -1, 1, 0], [0, 0, 2, -1, 1]])  # who touched whom, (3, 5)
print("A x    =", A @ x, "  same as y: ", np.array_equal(A @ x, y))
print("A^T dy =", A.T @ dy, "  same as dx:", np.array_equal(A.T @ dy, dx))

# %% [markdown]
# A convolution is therefore a dense layer in which most weights are zero and the others are shared. Nobody stores
# $A$: for one channel of 28 × 28 it would have more than half a million entries, for the sake of nine weights.
#
# **Check yourself 1.** A kernel of 3 weights on 100 inputs. How many terms has the sum for one weight? And for one
# input in the middle?
# <details><summary>Answer</summary>98, since each weight is used at all 98 places; and 3, since an input in the
# middle lies under each of the three weights once.</details>
#
# ## What does the way back look like in two dimensions?
#
# Down the columns is one way to add up the table. Now take it row by row. The first row of the right table says:
# the output $y_0$ lays $dy_0 \cdot (2, -1, 1)$ on the three places that it was made from. The second output does the
# same one place further on, and where they overlap we add. *Predict* the row of five after the second step.

# %%
show_painting(dy[None], w[None])

# %% [markdown]
# The result is `dx` again. This works in the plane just as well, and it is the picture to keep: **each output pixel
# takes the kernel, multiplies it with its own `dy`, and paints it on the window that it was made from.** The canvas
# starts at zero; paint adds up.
#
# *Predict* for the numbers below: `dy` is 3 × 3 and the kernel 2 × 3, so how large is the canvas? What does a `dy` of 0
# paint? Press play, or move the slider and stop at each step. (Where nothing can move, all nine steps stand on one
# sheet.)

# %% tags=["cover"]
dy2 = np.array([[1.0, 0, -2], [2, 1, 0], [0, -1, 3]])
w2 = np.array([[1.0, 2, 0], [-1, 0, 1]])
play_painting(dy2, w2)

# %% [markdown]
# The canvas is 4 × 5, as large as the image, and in the end it *is* `dx`. Three things to see:
#
# - Where windows overlap, paint is **added**, never replaced. A program that writes `=` where `+=` is meant keeps only
#   the last patch; on windows that do not overlap it would look right.
# - The kernel is laid on **as it is**. Nothing is flipped here.
# - The pixels in the corner are painted once, those in the middle up to six times: they were in six windows.
#
# ## And the flipped kernel?
#
# Ask one pixel of the canvas instead: *who painted me?* The outputs whose windows cover it. The one whose window starts
# right here paints it with the kernel's upper left weight; the one whose window starts one pixel further *left* paints
# it with the weight one further *right*. Left goes with right, up with down: seen from the canvas the kernel is turned
# by half a turn.
#
# So we can slide the flipped kernel over `dy`. To reach every pixel of the canvas, it must be allowed to hang over the
# rim, so `dy` gets a frame of zeros, one less than the kernel is long: this is called a **full** correlation.
#
# *Predict:* on the painted canvas stands a 7, at row 2, column 3. Which pixels of `dy` painted it, and with which
# weights?

# %%
show_gather(dy2, w2, row=2, column=3)

# %% [markdown]
# The black line is `dy` itself, around it the frame. The 1 painted with the kernel's last weight, $1 \cdot 1$, and the 3
# with the middle one of its first row, $3 \cdot 2$.
#
# "Scatter" (each output paints) and "gather" (each input asks who painted it) are two ways to add up the same
# products. *Predict:* do they agree to the last digit? And what if we forget the flip?

# %%
def backward(dy, x, w, **options):
    """conv2d_backward for one image, one channel and one filter."""
    dx, dw, dbias = conv2d_backward(dy[None, :, :, None], x[None, :, :, None], w[:, :, None, None], **options)
    return dx[0, :, :, 0], dw[:, :, 0, 0], dbias[0]


x2 = np.array([[1.0, 2, 0, 3, 1], [0, 1, 4, 0, 2], [3, 0, 1, 2, 0], [1, 5, 0, 1, 2]])
dx2, dw2, dbias2 = backward(dy2, x2, w2)
framed = np.pad(dy2, ((1, 1), (2, 2)))  # kernel 2 × 3: frame of 2 − 1 rows and 3 − 1 columns
flipped = w2[::-1, ::-1]
print("painted against gathered, largest difference:", np.abs(dx2 - correlate2d(framed, flipped)).max())
print("the same without the flip:                   ", np.abs(dx2 - correlate2d(framed, w2)).max())

# %% [markdown]
# They are one. Mind the two rules that get mixed up: **who paints does not flip, who asks does.**
#
# The weights, as in one dimension, are paid by a correlation of the image with `dy`, without frame and without flip.
# It is the picture from the end of unit 01, with `dy` in the place of the error. *By hand:* the upper left weight.

# %%
show_window(x2, dy2, row=0, column=0, names=("x", "dy", "products", "dw"))

# %%
print("dw is the correlation of x with dy:", np.array_equal(dw2, correlate2d(x2, dy2)))
print(dw2)

# %% [markdown]
# **Check yourself 2.** For which kernels would a forgotten flip never be noticed?
# <details><summary>Answer</summary>For those that look the same after half a turn, such as a blur. So a test with such
# a kernel proves nothing about the flip.</details>
#
# ### A slide to mend
#
# You will meet these lines on slides about backpropagation through a convolution, counted from 1:
#
# $$\frac{\partial L}{\partial w_i} = \sum_{n}^{|x| - |w| + 1} \frac{\partial L}{\partial y_n}\, x_{n+i-1}, \qquad
# \delta_i = \sum_{i=1}^{|w|} \frac{\partial L}{\partial y_{n-i+1}}\, w_i, \qquad
# \delta = \frac{\partial L}{\partial y} * \mathrm{flip}(w)$$
#
# Each is nearly right. Take a minute to find what is wrong with the second.
#
# 1. The first holds if $n$ starts at 1. Python counts from 0: $n$ runs from 0 to $|x| - |w|$, and the index is $n + i$.
#    Copied as it stands, with $n + i - 1$, the first index is $-1$, which Python takes for the *last* element: no error,
#    just wrong numbers.
# 2. In the second, $i$ is both the place asked for and the number that is summed over. The place is $n$:
#    $\delta_n = \sum_i dy_{n-i+1}\, w_i$. And for $n = 1$ and $i = 2$ it needs $dy_0$, which does not exist: whatever lies
#    outside counts as zero. That is the frame.
# 3. In the third, $*$ must be read as *correlation*, and a full one. Read as a convolution, which flips by itself, the
#    kernel is flipped twice, that is, not at all.
#
# *Predict* which of the three lines below say True.

# %%
copied = [sum(dy[n] * x[n + i - 1] for n in range(len(x) - len(w) + 1)) for i in range(len(w))]
print("1. dw copied with index n + i - 1:", np.array(copied), " right:", np.array_equal(copied, dw))
print("3. framed dy correlated with flip(w), right:", np.array_equal(correlate2d(framed, flipped), dx2))
print("   framed dy convolved  with flip(w), right:", np.array_equal(convolve2d(framed, flipped), dx2))

# %% [markdown]
# The copy is the right answer moved by one place: the 14 has dropped out at the end, and the 11 in front is nobody's
# slope. No error was raised.
#
# ## Bias, padding, stride: what changes?
#
# **Bias.** It is added to every output once, so it is paid by all of them: `dbias` is the *sum* of `dy`. Not the mean.
#
# **Padding.** The frame of zeros belongs to the input during the forward pass. On the way back it is painted like
# any other pixel, and then cut off: nobody below waits for the gradient of a zero that we made up.
#
# **Stride.** With stride 2 the windows lie two pixels apart, and so do the patches. *Predict:* the image is 5 × 6, the
# kernel 2 × 3, the stride 2. How many outputs, and which pixels of the image stay unpainted?

# %%
dy3 = np.array([[1.0, -2], [3, 2]])
play_painting(dy3, w2, stride=2, shape=(5, 6))

# %% [markdown]
# Two by two outputs. The last row and the last column were in no window, so no nudge of theirs can change the loss:
# their gradient is 0. It must be *there*, though: `dx` always has the shape of `x`.
#
# The other view needs gaps, too: write `dy` with stride − 1 zeros between its pixels ("dilated"), as if the
# outputs that stride 2 skipped had been computed and nobody cared. Then everything is as with stride 1. *Predict:* how
# large is `dy` then, and what is `dbias`, with the gaps and without?

# %%
spread = np.zeros((4, 4))  # what stride 1 would give on 5 × 6
spread[::2, ::2] = dy3
show_numbers([dy3, spread], ["dy, stride 2", "dy with zeros between"], maps="signed", between=["→"])

# %%
image = np.arange(30.0).reshape(5, 6) % 7
direct, dilated = backward(dy3, image, w2, stride=2), backward(spread, image, w2)
for name, one, other in zip(["dx", "dw", "dbias"], direct, dilated, strict=True):
    print(f"{name:5} stride 2, and stride 1 with zeros between, agree: {np.array_equal(one, other)}")
print("dbias", direct[2], "is the sum of dy:", direct[2] == dy3.sum())

# %% [markdown]
# **Check yourself 3.** A frame of `pad` pixels is often cut off with `a[pad:-pad, pad:-pad]`. When does that go wrong?
# <details><summary>Answer</summary>At <code>pad = 0</code>: <code>a[0:-0]</code> is <code>a[0:0]</code>, which is empty.
# </details>
#
# ## Channels and a batch: what is summed?
#
# In earnest $x$ has a batch axis and channels, $(N, H, W, C_{in})$, and the weights are
# $(k_h, k_w, C_{in}, C_{out})$. There is no new idea in this. One rule gives every sum:
#
# > **A gradient has the shape of the thing itself, and adds up over everything that the thing was used for.**
#
# - A weight is used at every place of every image: `dweights` adds over places *and* over the batch.
# - A pixel is seen by every filter: `dx` adds over the filters, but never over the batch. One image's pixels have no
#   part in another's outputs.
# - A filter's bias is used at every place of every image.
#
# *Predict* the three shapes for 6 images of 5 × 7 with 3 channels and 4 filters of 2 × 3.

# %%
rng = np.random.default_rng(0)
images, filters = rng.normal(size=(6, 5, 7, 3)), rng.normal(size=(2, 3, 3, 4))
out = conv2d_forward(images, filters, np.zeros(4))
slopes = rng.normal(size=out.shape)
dimages, dfilters, dbias = conv2d_backward(slopes, images, filters)
print("y", out.shape, " dx", dimages.shape, " dweights", dfilters.shape, " dbias", dbias.shape)

# %%
one_by_one = [conv2d_backward(slopes[n:n + 1], images[n:n + 1], filters) for n in range(6)]
each_filter = [conv2d_backward(slopes[..., [f]], images, filters[..., [f]])[0] for f in range(4)]
print("dweights adds over the images:", np.allclose(dfilters, sum(one[1] for one in one_by_one)))
print("dx adds over the filters:     ", np.allclose(dimages, sum(each_filter)))
print("dx of each image is its own:  ", np.allclose(dimages, np.concatenate([one[0] for one in one_by_one])))

# %% [markdown]
# If the loss is a *mean* over the batch, the 1/N comes in at the loss and travels down inside `dy`. No layer divides
# again.
#
# ## Where does a gradient go when pixels are thrown away?
#
# Pooling has no weights, but it stands between a layer and the loss, so it must pass `dy` on. Max pooling keeps the
# largest of each window. If that one grows a little, the output grows as much; if another one grows a little, nothing
# happens. So **the maximum takes it all**: `dy` is routed to the pixel that won.
#
# *Predict:* mark the six winners in `x`. There are two windows in which the largest number stands twice.

# %%
x_pool = np.array([[1, 5, 2, 0, 3, 3], [4, 2, 6, 1, 0, 1], [7, 0, 4, 1, 2, 8], [3, 2, 1, 4, 0, 5]])
dy_pool = np.array([[1, 2, 3], [4, 5, 6]])
show_routes(x_pool, dy_pool, 2)

# %% [markdown]
# Window C holds 3 twice, and window E 4 twice: a **tie**. Our rule, which is also that of TensorFlow's
# max pooling: the first in row order gets it.
#
# Why not pay both? The often seen derivative "1 where $x_i = \max(x)$, else 0" does, and so do programs with a mask
# `x == x.max()`. Let *both* 3s grow by 0.001. *Predict:* by how much does their window's output grow? And the loss,
# with `dy` = 3?

# %%
def loss_pool(x):
    return np.sum(dy_pool * max_pool_forward(x[None, :, :, None], 2)[0, :, :, 0])


both = np.where((x_pool == 3) & (np.arange(6) >= 4), 0.001, 0)  # nudges the two 3s in window C
print(f"both 3s grow by 0.001: the loss grows by {loss_pool(x_pool + both) - loss_pool(x_pool):.4f}")
print("one winner paid promises 0.0030, both paid promise 0.0060")

# %% [markdown]
# There is still only one output, so the shares must add up to **one**. At a tie the maximum has a kink and no slope at
# all; any shares that add up to one are defensible (TensorFlow's `reduce_max` splits evenly), and "first in row order" is
# the cheapest. Paying each in full is not defensible: it sends down twice what came in.
#
# Are ties rare? *Predict* for handwritten digits on plain paper: which share of all 2 × 2 windows has a tied maximum?

# %%
from cnnlib.mnist import load_mnist

(train_x, train_y), (test_x, test_y) = load_mnist()
windows = test_x.reshape(-1, 14, 2, 14, 2).transpose(0, 1, 3, 2, 4).reshape(-1, 4)  # 2 × 2 px each
largest = windows.max(axis=1, keepdims=True)
ties, ink = (windows == largest).sum(axis=1) > 1, largest[:, 0] > 0
print(f"windows whose maximum is tied: {ties.mean():.0%}; of those with ink: {ties[ink].mean():.0%}")

# %% [markdown]
# To be fair: where ReLU stands before the pooling, most ties are between zeros, and ReLU stops their gradient
# anyway. That is why a network can train with the wrong rule, and why nobody notices until it is tested.
#
# **Windows that overlap** add, as in a convolution. And a pixel that wins several windows is paid by each of them.
# With size 2 and stride 1, *predict* what the 6 gets:

# %%
show_routes(x_pool[:3, :4], dy_pool, 2, stride=1)

# %% [markdown]
# **Average pooling spreads.** Each of four pixels moved the mean by a quarter of its own nudge, so each is paid a
# quarter of `dy`; the values of $x$ do not matter, only its shape does. (*By hand:* what does each pixel of a window
# with `dy` = 4 get?)

# %%
show_routes(x_pool, dy_pool, 2, average=True)

# %% [markdown]
# *Predict:* the numbers in `dy` add up to 21. What do those in `dx` add up to, for the maximum and for the average?

# %%
for name, dx in [("max", max_pool_backward(dy_pool[None, :, :, None], x_pool[None, :, :, None], 2)),
                 ("average", average_pool_backward(dy_pool[None, :, :, None], (1, 4, 6, 1), 2))]:
    print(f"{name:8} dy adds up to {dy_pool.sum()}, dx to {dx.sum():.0f}")

# %% [markdown]
# Both conserve: what comes in goes out, not more and not less. A handy first test of any pooling backward pass.
#
# **Check yourself 4.** A window holds −3, −1, −2, −5. Where does `dy` go? Which bug would send it elsewhere?
# <details><summary>Answer</summary>To −1, the largest. A program that starts its search for the maximum at 0, or takes
# the largest absolute value, misses it.</details>
#
# ## What about the other layers?
#
# **ReLU** lets positive numbers pass and turns the others to 0. Its slope is 1 or 0, so it is a gate: `dy` passes where
# $x$ was positive, and stops where it was not. (The gate asks $x$, not `dy`.)
#
# **Dense**, $y = x\,W + b$: by the rule above, each weight is paid its input times its output's `dy`, summed over the
# batch, $dW = x^T dy$; each input is paid by all outputs, $dx = dy\,W^T$; and $db$ is the sum over the batch. You need
# not memorise where the transpose goes: only one order has the right shapes.
#
# *Predict* the second row of `dW`, which belongs to the input 2.

# %%
print("ReLU: ", relu_forward([-2, 0.5, 3]), "and back", relu_backward([10, 20, 30], [-2, 0.5, 3]))
dx_dense, dW, db = dense_backward([[1, -1, 2]], [[3, 2]], [[1, 0, 1], [2, 1, 0]])
print("dense: dx", dx_dense, " db", db)
print(dW)

# %% [markdown]
# **Softmax and cross-entropy** stand at the top. The network gives three scores; softmax turns them into probabilities;
# the loss is minus the logarithm of the probability of the true class. The chain through exponential, sum, division and
# logarithm is long, but nearly everything cancels, and what is left is
#
# $$\mathrm{dlogits} = p - \text{truth},$$
#
# the probabilities minus a 1 at the true class. *By hand*, with a pocket calculator, for the scores 2, 1, 0 and the true
# class 1: $e^2 = 7.389$, $e^1 = 2.718$, $e^0 = 1$, and their sum is 11.107. What are the three probabilities, and what is
# the gradient?

# %%
value, dlogits = softmax_cross_entropy([[2, 1, 0]], [1])
p = np.exp([2, 1, 0]) / np.sum(np.exp([2, 1, 0]))
print("p       =", p.round(3))
print("dlogits =", dlogits[0].round(3), f"  adds up to {abs(dlogits.sum()):.1f}")
print(f"loss    = {value:.3f} = -log {p[1]:.3f}")

# %% [markdown]
# Read it as an instruction: raise the true score by what is missing to certainty, lower each other score by the
# probability that it wrongly holds. When the network is sure and right, nothing comes back and nothing changes.
#
# **Check yourself 5.** Ten classes, all scores equal. What is the loss, and what comes back?
# <details><summary>Answer</summary>Each probability is 0.1, so the loss is −log 0.1 = 2.303, the number to expect at the
# first step of a ten-class network. Back come −0.9 for the true class and 0.1 for each other.</details>
#
# ## How do you know that it is right?
#
# A wrong gradient often *works*: the loss falls, only more slowly. So we measure. A **gradient check** nudges each number
# up and down by a small $h$, looks at the loss both times, and compares the slope with the backward pass:
#
# $$\frac{f(x + h) - f(x - h)}{2h}$$
#
# To check a layer alone, invent a loss: $L = \sum dy \cdot y$ with any `dy` you like. Its slope with respect to $y$ is
# that `dy`. And compare *relative* to the size of the numbers; 0.01 is much for 0.1 and little for 1000. *Predict:* by how
# much will a right and a wrong backward pass miss?

# %%
def mismatch(computed, measured):
    return np.abs(computed - measured).max() / (np.abs(computed) + np.abs(measured)).max()


measured = numeric_gradient(lambda v: np.sum(slopes * conv2d_forward(v, filters, np.zeros(4))), images)
turned = conv2d_backward(slopes, images, filters[::-1, ::-1])[0]  # wrong: paints with turned kernels
print(f"cnnlib's dx agrees to one part in a million: {mismatch(dimages, measured) < 1e-6}")
print(f"the turned kernel is off by {mismatch(turned, measured):.0%}")

# %% [markdown]
# The difference between right and wrong is not subtle: right is a millionth or better, wrong is usually percent. What
# lies between is worth a closer look. Four traps follow.
#
# ### Trap 1: the step
#
# *Predict:* is a smaller $h$ always better? We measure the slope of one weight in $f(w) = (3w - 1)^4$ at $w = 0.7$,
# where we know it exactly, with ever smaller steps; from both sides, from one side, and from both sides with a loss
# computed in 32-bit numbers.

# %%
def f(w):
    e = 3 * w - 1
    return e * e * e * e


at, exact = np.array([0.7]), 12 * (3 * 0.7 - 1) ** 3
steps = 10.0 ** -np.arange(1, 13)
two_sided = [numeric_gradient(lambda v: f(v[0]), at, h=h)[0] for h in steps]
one_sided = [(f(0.7 + h) - f(0.7)) / h for h in steps]
single = [numeric_gradient(lambda v: f(np.float32(v[0])), at, h=h)[0] for h in steps]
curves = {"two-sided": two_sided, "one-sided": one_sided, "two-sided,\nloss in float32": single}
show_step_errors({name: (steps, np.abs(np.array(slope) / exact - 1)) for name, slope in curves.items()})

# %% [markdown]
# Each curve is a V. On its right arm $h$ is too large: the curve bends away from its tangent. This *truncation* error
# falls with $h$ for the one-sided difference and with $h^2$ for the two-sided one: ten times smaller $h$, a hundred times
# smaller error. On its left arm $h$ is too small: both losses agree in nearly all of their 16 digits, and in the
# difference only the *rounding* is left. At the best $h$, about $10^{-6}$ to $10^{-5}$, some ten digits are right. That is
# why `numeric_gradient` takes $h = 10^{-5}$.
#
# ### Trap 2: float32
#
# The dotted curve has only 7 digits to start with. At $h = 10^{-5}$ it is good to a tenth of a percent; at $10^{-7}$ it is
# off by a fifth; at $10^{-8}$ the loss no longer moves at all and the measured slope is 0, an error of 100 %. Networks
# train well in float32, but **check in float64**.
#
# **Check yourself 6.** For $f(w) = w^2$ the two-sided difference has no truncation error at all, for any $h$. Why?
# <details><summary>Answer</summary>(w + h)² − (w − h)² = 4wh, and divided by 2h it is exactly 2w. The error comes from the
# third derivative, which a square does not have. So do not test your step size on a squared loss of one linear
# layer.</details>
#
# ### Trap 3: kinks
#
# At a kink there is no slope to agree on, and within $h$ of a kink the two nudges stand on different sides of it.
# *By hand:* ReLU at $x = 0$, and at $x = 10^{-6}$ with $h = 10^{-5}$: the loss is $11 \cdot 10^{-6}$ on one side and 0 on
# the other. What slope does the check measure, and what is right?

# %%
for place in (0.0, 1e-6, 1e-4):
    slope = numeric_gradient(lambda v: relu_forward(v).sum(), [place])[0]
    print(f"ReLU at {place:g}: measured {slope:.2f}, backward pass {relu_backward([1], [place])[0]:.0f}")
tied = np.array([[3.0, 3.0]]).reshape(1, 1, 2, 1)
slope = numeric_gradient(lambda v: max_pool_forward(v, (1, 2)).sum(), tied).ravel().round(2)
print("max of (3, 3): measured", slope, "backward pass", max_pool_backward([[[[1]]]], tied, (1, 2)).ravel())

# %% [markdown]
# Nothing is broken: the check measures the mean of the two sides. In a network with thousands of ReLUs a few always lie
# that close to their kink. So check on few, random numbers, and before you hunt for a bug look whether the offending
# number sits at a kink. Integers and flat images are the worst inputs for checking a maximum.
#
# ### Trap 4: a check that cannot fail
#
# Take the wrong backward pass from above, the one with the turned kernel, and check it on a blur. *Predict:* caught?

# %%
def found_out(kernel):
    wrong = backward(dy2, x2, kernel[::-1, ::-1])[0]
    return mismatch(wrong, numeric_gradient(lambda v: np.sum(dy2 * correlate2d(v, kernel)), x2)) > 1e-6


print("checked on a blur:     wrong backward pass found out:", found_out(np.ones((2, 3)) / 6))
print("checked on our kernel: wrong backward pass found out:", found_out(w2))

# %% [markdown]
# A gradient check compares at *one point*. On a symmetric kernel a forgotten flip cannot show, on a square image swapped
# axes cannot, with stride = size no overlap is ever added, without ties no tie is paid twice, with one image a sum over
# the batch is no different from a mean. So check with heights that differ from widths, kernels without symmetry, two images,
# several channels, stride 2 on a size that does not divide, overlapping windows, and numbers of both signs. The checks in
# your exercise do.
#
# ## Do the pieces make a network?
#
# Everything is there. We stack it: convolution with 8 filters of 3 × 3, ReLU, max pooling 2, convolution with 16 filters
# of 3 × 3, ReLU, max pooling 2, and a dense layer with 10 scores, one for each digit. Forward, each layer hands its output
# up; backward, in reverse order, each hands its `dx` down.
#
# *Predict:* an image is 28 × 28 × 1. How many numbers can be learned, layer by layer? (The last pooling leaves 5 × 5 × 16.)

# %%
digits = train_x[..., None] / 255  # (10000, 28, 28, 1)
start = {name: array.astype(np.float64) for name, array in create_cnn(seed=0).items()}
for name, array in start.items():
    print(f"{name:8} {array.shape!s:14} {array.size:5}")
print(f"together {sum(array.size for array in start.values()):20}")

# %% [markdown]
# Before we train it, we check it: the whole chain at once, from the loss on three digits down to the first filters.
# *Predict:* does every line say True?

# %%
def check_all(params, images, labels):
    scores, seen = cnn_forward(params, images)
    computed = cnn_backward(softmax_cross_entropy(scores, labels)[1], params, seen)
    for which in ("weights1", "bias1", "weights2", "bias2", "bias3"):
        def loss_at(value, which=which):
            return softmax_cross_entropy(cnn_forward({**params, which: value}, images)[0], labels)[0]
        off = mismatch(computed[which], numeric_gradient(loss_at, params[which]))
        print(f"{which:8} agrees to a millionth: {off < 1e-6}")


check_all(start, digits[:3], train_y[:3])

# %% [markdown]
# The biases fail! A bug? Look for kinks first (trap 3). Most of a digit is blank paper, pixels of exactly 0. There a
# convolution gives its bias, which starts at exactly 0, and that is where ReLU has its kink, at hundreds of places at once.
# Put the biases elsewhere, and check again. *Predict.*

# %%
check_all({**start, "bias1": np.full(8, 0.1), "bias2": np.full(16, 0.1)}, digits[:3], train_y[:3])

# %% [markdown]
# All is well: the backward pass was right, the *place* was bad. Now learning is a loop of four lines: forward, loss,
# backward, and a small step downhill for every number.
#
# *Predict:* how many of the 2,000 test digits, which it never learns from, does it name rightly before the first step? And
# after 300 steps on 32 digits each? (This takes some 5 seconds.)

# %%
rng = np.random.default_rng(0)
params = start
for step in range(301):
    if step % 100 == 0:
        print(f"after {step:3} steps: {accuracy(params, test_x, test_y):.0%} right", flush=True)
    chosen = rng.integers(len(digits), size=32)
    scores, seen = cnn_forward(params, digits[chosen])
    loss, dscores = softmax_cross_entropy(scores, train_y[chosen])
    slopes = cnn_backward(dscores, params, seen)
    params = {name: array - 0.1 * slopes[name] for name, array in params.items()}

# %% [markdown]
# From guessing to reading in a few seconds, and every step of it is something that you have done by hand. It need not rise
# each time: a step sees 32 digits only, and what helps those may hurt others.
#
# What did the first layer learn? *Predict* how different its eight filters look, at the start and now.

# %%
before, after = (np.moveaxis(p["weights1"][:, :, 0], 2, 0).round(1) for p in (start, params))  # (8, 3, 3)
titles = [f"filter {i}" for i in range(8)] + ["after"] * 8
show_images([*before, *after], titles, maps="signed", limits=(-1.2, 1.2), columns=8, width=11,
            alt="The eight filters of the first layer, 3 × 3 numbers each, above as drawn at random, below after "
                "300 steps: nearly the same, each number moved by 0.3 or less.")

# %% [markdown]
# Honestly: not much. No number has moved by more than 0.3, and the dice of the start are still in plain sight. Filter 3,
# by luck a kind of vertical-edge kernel, has become a little stronger; most have no name. What changed is mostly what
# stands *above* them: the later layers learned to use whatever these filters see. (*Try it:* in the loop, keep
# `weights1` and `bias1` as they were. We got 93 % after 300 steps, no less than before.) Tidy filters, like those you
# may have seen in books, need longer training on photographs; unit 07 looks at some.
#
# More passes over the digits make it better. `train_epochs` is the same loop with two refinements, momentum and a falling
# step size, which unit 05 explains. Four times through all 10,000 digits takes 10 to 20 seconds. In the exercise it runs
# with *your* layers. *Predict:* will it pass 95 %?

# %%
for epoch in train_epochs(train_x, train_y, test_x, test_y, epochs=4):
    print(f"epoch {epoch.number} of 4: {band(epoch.accuracy)} of the test digits right", flush=True)
print("over 95 %:", epoch.accuracy > 0.95)
print("better still on the digits it has seen:", accuracy(epoch.params, train_x, train_y) > epoch.accuracy)

# %% [markdown]
# More than 95 of 100, with 5,258 numbers, no library but NumPy, and no step that is out of sight. On digits that it has
# seen it does better than on new ones, which is why we test on new ones.
#
# **Check yourself 7.** The loss of the very first batch is 3.1, more than the 2.303 of ten equal scores. How can an untrained
# network do worse than knowing nothing?
# <details><summary>Answer</summary>Random weights give scores that are not equal. The network is sure of something, mostly of
# something wrong, and cross-entropy punishes being sure and wrong more than not knowing.</details>
#
# ## What have we not shown?
#
# **This is not how it is done fast.** The layers of `cnnlib` turn each convolution into one matrix product; libraries go
# on from there, and never ask you for a backward pass, because they record the forward steps and replay them backwards.
# What they replay is what you have just read.
#
# **Backpropagation says which way, not how far.** Step sizes, and when descent goes wrong, are the subject of unit 05.
#
# **Slopes can fade.** Each layer multiplies what comes from above. Through many layers the product can shrink to nothing or
# grow without end; unit 06 shows what residual blocks do about it.
#
# **What is hard about it** is not the mathematics, which you did by hand, but the book-keeping: strides, frames, axes. Nobody
# gets it right by looking at it. Measure.
#
# ## You can now ...
#
# - send a slope back through a chain of steps: from above, times the step's own;
# - write down, number by number, what each weight and each input of a 1-D convolution gets;
# - paint `dx` patch by patch, and get it again from a full correlation with the flipped kernel;
# - say what stride, padding, bias, channels and a batch change, by one rule;
# - route a gradient through max pooling, ties and overlaps included, and spread it through average pooling;
# - write $p - \text{truth}$ by hand;
# - check a gradient, choose $h$, and name four ways in which a check misleads.
#
# **Next:** open [exercise.ipynb](exercise.ipynb), beside this notebook. There you write all of these layers yourself, and at
# the end *your* layers are trained on the same digits. Run `check(...)` after each: it answers at once, and names the mistake
# when it knows it.
#
# *Digits:* MNIST by Y. LeCun, C. Cortes and C. Burges, CC BY-SA 3.0.
