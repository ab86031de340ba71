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
# # How large is what comes out?
#
# **Aim:** at the end you can say, with a pencil, what shape comes out of any layer and how many numbers it
# learns, and you have counted three famous networks to the last weight. When a network does not run because
# two shapes do not fit, you will see where.
#
# **Time:** 40 minutes of reading and doing (all cells together run in ten seconds). **You need:** unit 01's
# window that slides over an image, and whole numbers.
#
# Where the text says *Predict*, write your answer down before you run the next cell.

# %%
import numpy as np

from cnnlib import ALEXNET, KERNELS, LENET5, VGG16, correlate_rgb
from cnnlib import conv_output_size, conv_params, dense_params, keras_output_size, same_padding
from cnnlib import receptive_field, shape_table, trace_shapes
from cnnlib.images import photo
from cnnlib.plots import show_images
from cnnlib.plots_shapes import show_funnel, show_places, show_receptive_field
from cnnlib.widgets_shapes import explore_windows

# %% [markdown]
# ## In how many places does a window fit?
#
# Height and width follow the same rule, each for itself, so one row of pixels is enough. Here are 7 pixels,
# numbered from 0, and a kernel of 3. It can start at pixel 0. *By hand:* where else? Which is the last place
# where it can start? How many places are that?

# %%
show_places(7, 3)

# %% [markdown]
# One line for each place; the orange numbers count the outputs. The last place is 7 − 3 = 4, because a kernel
# that starts there ends at the last pixel. And from 0 to 4 there are *five* places, not four: place 0 counts
# too. So with $n$ pixels and a kernel of $k$
#
# $$\text{places} = (n - k) + 1.$$
#
# The `+ 1` is the first place. Whoever forgets it has counted the *steps* between the places, and a fence of
# five posts has four gaps.
#
# *Predict:* how many places in a row of 28 pixels for a kernel of 5? And of 28?

# %%
print("28 pixels, kernel 5: ", conv_output_size(28, 5))
print("28 pixels, kernel 28:", conv_output_size(28, 28))

# %% [markdown]
# ## What if the image must not shrink?
#
# Each layer with a kernel of 3 costs two pixels. After 13 such layers a 28 × 28 digit would be 2 × 2. There
# is a second loss: pixel 0 above is read by one window only, pixel 3 by three. The rim counts less.
#
# So one glues pixels of zeros to the ends, *padding*: $p$ pixels at **both** ends of the row.
#
# *Predict:* 7 pixels, kernel 3, one pad at each end. How many places?

# %%
show_places(7, 3, pad=[0, 1])

# %% [markdown]
# Seven again. The row is now $n + 2p$ long, once $p$ for each end, and nothing else changes:
#
# $$\text{places} = (n + 2p - k) + 1$$
#
# To keep the size, $2p$ has to make up for $k - 1$, so $p = \frac{k - 1}{2}$.
#
# **Check yourself 1.** Which pad keeps the size for a kernel of 5? Of 7? Of 4?
# <details><summary>Answer</summary>2 and 3. For 4 it would be 1.5, and there is no half pixel: with p = 1 a
# row shrinks by one, with p = 2 it grows by one. No equal padding keeps the size for an even kernel, one
# reason why kernels are usually odd. We will see how TensorFlow gets out of this.</details>
#
# ## What if the window takes longer steps?
#
# With a *stride* of 2 it moves two pixels at a time, so that the output has about half as many numbers. *By
# hand:* 8 pixels, kernel 3. List the places with stride 2, then with stride 3. Which pixels are never read?

# %%
show_places(8, 3, stride=[1, 2, 3])

# %% [markdown]
# With stride 2 the window starts at 0, 2 and 4. The next place would be 6, where it would want a pixel 8 that
# does not exist. So it stops, and pixel 7 is **never read**: no output knows of it, no weight learns from it.
# With stride 3, pixels 6 and 7 are lost.
#
# In numbers: the last possible place is 8 − 3 = 5. How many steps of 2 lead from 0 to 5 or less? 5 / 2 = 2.5,
# so two whole ones, rounded *down*, and again the first place on top:
#
# $$\text{places} = \left\lfloor \frac{n + 2p - k}{s} \right\rfloor + 1$$
#
# A division that leaves a remainder is no error. You will read that it shows a stride that was "set
# incorrectly"; the libraries round down and say nothing. One of the best known networks does it in its first
# layer: ResNet-50, as Keras builds it, reads a 224 × 224 image with $k = 7$, $s = 2$, $p = 3$.
#
# *Predict* its output.

# %%
print("before rounding down:", (224 + 2 * 3 - 7) / 2)
print("ResNet-50, first layer:", conv_output_size(224, 7, stride=2, pad=3))

# %% [markdown]
# 112: 111.5 rounded down, plus 1. Half a step remains, but here it costs a zero at the end and no pixel of
# the image. When you do lose pixels, you should know it.
#
# ## What if the kernel has holes?
#
# *Dilation* pulls the kernel's weights apart. With dilation 2 three weights lie on pixels 0, 2 and 4: they
# reach over five pixels, and there are still only three of them to learn. *Predict:* 9 pixels, kernel 3. How
# many places with dilation 1, 2 and 3?

# %%
show_places(9, 3, dilation=[1, 2, 3])

# %% [markdown]
# From the first weight to the last there are $k - 1$ gaps, each $d$ pixels wide, so the kernel reaches over
# $d\,(k - 1) + 1$ pixels. Put that in the place of $k$, and the formula is complete:
#
# $$\boxed{\;\text{places} = \left\lfloor \frac{n + 2p - d\,(k - 1) - 1}{s} \right\rfloor + 1\;}$$
#
# It is the only formula for sizes in this unit; all the rest is special cases (Dumoulin and Visin, 2016, draw
# them all).
#
# ## Which pixels does nobody look at?
#
# Now on a square, with five sliders. On the left each pixel says how many windows read it; on the right
# stands every window by itself. A pixel that none reads is gray and crossed out.
#
# Here is an 8 × 8 image, kernel 3, stride 2. *Predict* before you move a slider:
#
# 1. The row lost one pixel of 8. How many of the 64 pixels does the image lose?
# 2. Which pads bring them back?
# 3. Set dilation to 2 and leave the stride at 2. Which pixels will be gray?
# 4. What happens with kernel 9?

# %%
explore_windows(n=8, kernel=3, stride=2)

# %% [markdown]
# 1. A row *and* a column: 15 pixels, almost a quarter. What is one pixel in a row is a whole line in an
#    image.
# 2. A pad of 1 is enough: all windows move up and left by one, and a fourth fits at the end.
# 3. All odd rows and columns, three quarters of the image: a window with holes of one pixel that moves by two
#    has its holes always in the same lines. With stride 1 the next window reads what lies in the holes of
#    this one.
# 4. It does not fit, and the rule stands in place of the picture.
#
# **Check yourself 2.** A row of 10 pixels, kernel 4, stride 3, no padding: how many places, and what is lost?
# <details><summary>Answer</summary>(10 − 4) / 3 = 2, plus 1 = 3 places, at 0, 3 and 6. The last window ends
# at pixel 9: nothing is lost.</details>
#
# ## What do "valid" and "same" mean?
#
# In Keras you do not give a number but a name. `"valid"` adds nothing. `"same"` adds as much as it takes.
# Keras' own rules for the size look unlike ours:
#
# $$\text{valid: } \left\lceil \frac{n - k + 1}{s} \right\rceil \qquad
# \text{same: } \left\lceil \frac{n}{s} \right\rceil$$
#
# They round *up*, and "same" does not know the kernel at all. *Predict:* 8 pixels, kernel 3, stride 2. What
# do "valid" and "same" give? Is "same" the same?

# %%
print("valid:", keras_output_size(8, 3, stride=2, padding="valid"))
print("same: ", keras_output_size(8, 3, stride=2, padding="same"))

# %% [markdown]
# "Same" gives 4, not 8: **the size stays the same only with stride 1.** (Many notes leave that out.)
#
# Do the rules contradict our formula? Let us try them all on some hundred cases:

# %%
print("kernels   cases   our formula gives: valid's size   same's size   same's padding")
for name, kernels in [("odd ", [1, 3, 5, 7]), ("even", [2, 4, 6, 8])]:
    cases = [(n, k, s, (k - 1) // 2) for n in range(8, 40) for k in kernels for s in (1, 2, 3)]
    valid = sum(np.ceil((n - k + 1) / s) == conv_output_size(n, k, stride=s) for n, k, s, p in cases)
    same = sum(np.ceil(n / s) == conv_output_size(n, k, stride=s, pad=p) for n, k, s, p in cases)
    equal = sum(same_padding(n, k, s) == (p, p) for n, k, s, p in cases)
    print(f"{name} {len(cases):10} {valid:34} {same:13} {equal:16}")

# %% [markdown]
# - **valid** is our formula with $p = 0$, always: $\lceil (a + 1) / s \rceil = \lfloor a / s \rfloor + 1$ for
#   whole numbers $a \geq 0$.
# - **same, odd kernel:** the *size* is always that of $p = \frac{k - 1}{2}$. But look at the last number: in
#   three cases of ten TensorFlow adds *other* pixels to get it.
# - **same, even kernel:** there is no such $p$. With $\frac{k - 1}{2}$ rounded down the sizes agree only
#   where the stride's own rounding hides it.
#
# So what does TensorFlow add? It fixes the number of places first, then adds only what the last window lacks,
# half before and half after. **If that is odd, the extra pixel goes after**: to the right, and at the bottom.
#
# *By hand:* 8 pixels, kernel 3, stride 2, four places. Where does the last window end? What is lacking?

# %%
show_places(8, 3, stride=2, pad=[same_padding(8, 3, 2), (1, 1)],
            titles=["TensorFlow's same: (0, 1)", "one pad at each end: (1, 1)"])

# %% [markdown]
# Four places both times, and not one window in common. The windows on the left start at 0, 2, 4, 6; those on
# the right one pixel earlier. How much is added depends on $n$ and on the stride. *Predict* the line of
# kernel 3, stride 2, for rows of 7, 8 and 9 pixels:

# %%
print("kernel  stride   7 px    8 px    9 px")
for kernel, stride in [(3, 1), (3, 2), (3, 3), (2, 1), (2, 2), (4, 1)]:
    print(f"   {kernel}      {stride}    ", *(same_padding(n, kernel, stride) for n in (7, 8, 9)), sep="  ")

# %% [markdown]
# With stride 1 and an odd kernel it is symmetric, whatever the row. Else it is not, or not always. *Predict*
# what this does to numbers: 1 to 8, added up in threes, with the two paddings.

# %%
row = np.arange(1, 9)
for pads in [(0, 1), (1, 1)]:
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(row, pads), 3)[::2]  # (places, 3)
    print(pads, "gives", windows.sum(axis=1))

# %% [markdown]
# The same size and other numbers, without a warning. Who copies weights from a library that pads equally on
# both sides (PyTorch does when it is given a number) into a TensorFlow "same" layer with stride 2 gets a
# network that runs, and looks one pixel aside.
#
# **Check yourself 3.** "With padding, the output is as large as the input": under which two conditions?
# <details><summary>Answer</summary>Stride 1, and a total padding of d (k − 1) pixels, which can be shared
# equally only if that number is even: for an odd kernel, or an even dilation.</details>
#
# ## Does pooling count differently?
#
# No. A pooling window of 2 is a kernel of 2 that takes the largest number, or the mean, in place of a
# weighted sum. It learns nothing, treats each channel by itself, and its stride is its own size unless you
# say otherwise. *Predict* the five sizes:

# %%
for n, size, stride in [(28, 2, 2), (13, 2, 2), (11, 2, 2), (55, 3, 2), (100, 2, 4)]:
    print(f"{n:3} px, window {size}, stride {stride}: {keras_output_size(n, size, stride=stride)}")

# %% [markdown]
# - 13 and 11 are odd: the last row and the last column are dropped.
# - 55 to 27 is AlexNet's: a window of 3 that moves by 2, so that neighbours overlap.
# - The last one, from a note on Keras, reads 2 pixels and jumps over the next 2, across and down: of four
#   pixels one is read, three never. The shape, 25, looks as innocent as any.
#
# ## Where does the depth come from?
#
# Height and width come from places. The third number does not. As in unit 01, a filter on a volume is as deep
# as the volume, and gives **one** plane. A layer of $K$ filters gives $K$ planes, stacked.
#
# *Predict:* a colour photograph of 80 × 120 × 3 meets five filters of 3 × 3 × 3. The shape?

# %%
coffee = photo("coffee", width=120)
sobel, blur = KERNELS["sobel x"], KERNELS["gaussian blur"]
mixes = {"upright edges": (sobel, [1, 1, 1]), "level edges": (sobel.T, [1, 1, 1]),
         "blur": (blur, [1 / 3] * 3), "red, not blue": (blur, [1, 0, -1]),
         "edges of green": (sobel, [0, 1, 0])}
filters = [kernel[..., None] * mix for kernel, mix in mixes.values()]  # five of (3, 3, 3)
volume = np.dstack([correlate_rgb(coffee, one) for one in filters])
print(coffee.shape, "and five filters of", filters[0].shape, "give", volume.shape)
show_images([coffee, *np.moveaxis(volume, -1, 0)], ["80 × 120 × 3", *mixes], columns=3, width=9,
            maps=["gray", "signed", "signed", "gray", "signed", "signed"],
            alt="A cup of coffee in colour, and the five planes that five filters make of it: upright edges, "
                "level edges, a blurred gray copy, red against blue, and the edges of green.")

# %% [markdown]
# 78 × 118 × 5. The five stands for the filters; the three is gone, summed away inside each filter.
#
# ## How many numbers does a layer learn?
#
# *By hand:* a layer has 16 filters of 2 × 2 and reads a volume 200 × 200 × 2 with stride 2. One filter has a
# weight for each pixel of its window *in each channel*, and one bias. How many numbers has it? How many have
# all 16? And a layer of 32 filters of 3 × 3 on 5 × 5 × 3?

# %%
for filters, kernel, stride, image in [(16, 2, 2, (200, 200, 2)), (32, 3, 2, (5, 5, 3))]:
    layer = {"type": "conv", "filters": filters, "kernel": kernel, "stride": stride}
    print(image, "to", *trace_shapes([layer], image))

# %% [markdown]
# $(2 \cdot 2 \cdot 2 + 1) \cdot 16 = 144$ and $(3 \cdot 3 \cdot 3 + 1) \cdot 32 = 896$. In general
#
# $$(k_h \cdot k_w \cdot C_\text{in} + 1) \cdot \text{filters}.$$
#
# Height and width of the image do not come in. The same 144 numbers serve all 100 × 100 places; that is
# *weight sharing*. A dense layer shares nothing: each output has a weight for each input, and a bias.
#
# *Predict* which learns more on a 28 × 28 × 1 digit: 512 filters of 3 × 3, or 512 dense units?

# %%
print("convolution:", conv_params(3, 3, 1, 512), "  dense:", dense_params(28 * 28, 512))

# %% [markdown]
# **Check yourself 4.** A network for digits of 28 × 28 × 1: 16 filters of 3 × 3, 32 filters of 3 × 3, pooling
# of 2, flatten, 128 dense units, 10 dense units. Its author writes "about half a million parameters". Count.
# <details><summary>Answer</summary>(9 + 1) · 16 = 160; then (9 · 16 + 1) · 32 = 4,640 on 24 × 24 × 32, pooled
# to 12 × 12 × 32 = 4,608 numbers; (4,608 + 1) · 128 = 589,952; (128 + 1) · 10 = 1,290. Together 596,042:
# nearer to 0.6 million, and 99 % of it in one dense layer.</details>
#
# ## How far does one number see?
#
# A number behind one layer of 3 × 3 depends on 3 pixels across and 3 down. What lies behind a second such
# layer depends on 3 of *those*. The pixels of the image that it depends on are its **receptive field**.
#
# *Predict:* how wide is the field behind two convolutions of 3? And behind a convolution of 3, pooling of 2,
# and another convolution of 3?

# %%
conv, pool = {"type": "conv", "filters": 8, "kernel": 3}, {"type": "max_pool", "size": 2}
print("two convolutions:", receptive_field([conv, conv]))
show_receptive_field([conv, pool, conv])

# %% [markdown]
# Two convolutions see 5 pixels. With the pooling between them it is 8. Follow the picture from below:
#
# - The image: each pixel sees itself, 1, and its neighbour is 1 pixel away. That distance is the **jump**.
# - The first convolution adds two steps of one pixel each: 1 + 2 · 1 = 3.
# - Pooling adds one step: 3 + 1 = 4. Its stride of 2 doubles the jump *for what comes behind*.
# - The second convolution again adds two steps, but a step is now 2 pixels: 4 + 2 · 2 = 8.
#
# So: *field* grows by $d\,(k - 1) \cdot$ *jump*, then *jump* is multiplied by the stride. Strides are how
# networks see far with small kernels. Now VGG-16, whose kernels are all 3 × 3 (and pooling 2 × 2). *Predict*
# the field before its dense layers: 30 pixels? 100? 200?

# %%
image, layers = VGG16
for place, layer in enumerate(layers, 1):
    if layer["type"] == "max_pool":
        print(f"VGG-16 behind layer {place:2}: {receptive_field(layers[:place]):3} of {image[0]} px")
dilated = [{**conv, "dilation": d} for d in (1, 2, 4, 8)]
print("four convolutions with dilation 1, 2, 4, 8:", receptive_field(dilated), "px")
print("three of 3 × 3 see", receptive_field([conv] * 3), "px; on 256 channels they learn",
      3 * conv_params(3, 3, 256, 256), "numbers, one of 7 × 7", conv_params(7, 7, 256, 256))

# %% [markdown]
# 212 of 224 pixels. The last line is the argument that VGG's authors give for small kernels: three layers of
# 3 × 3 see as far as one of 7 × 7, with little more than half of the parameters (27 to 49).
#
# The field says what a number *can* depend on, at most. In the picture above, count the ways from the orange
# number down to a pixel at the rim of its field, and down to one in the middle: the rim has little say.
#
# ## What is inside LeNet-5?
#
# Now whole networks. LeNet-5 read digits on cheques (LeCun and others, 1998). Its table, as it is usually
# given: 32 × 32 × 1; 6 filters of 5 × 5; average pooling of 2, stride 2; 16 filters of 5 × 5; the same
# pooling; dense 120, 84 and 10. No padding.
#
# *Fill in* the shapes and the parameters of each line on paper. Then compare.

# %%
image, layers = LENET5
shape_table(layers, image)

# %%
show_funnel(layers, image)

# %% [markdown]
# The image gets smaller, and deeper with each convolution, until it is a row of numbers; hence the name
# *funnel*. (Sides and depth are drawn at the square root of their size, or the small ones would vanish. The
# bars are true to scale.)
#
# 61,706, and tables say "about 60 K". Is that rounding? In 1998 the network was not quite this one: in its
# second convolution a filter saw only some of the 6 channels, 60 pairs in all where we have 96; each pooled
# channel had a weight and a bias to learn; and the last layer was fixed by hand. What does that add up to?

# %%
first, second = conv_params(5, 5, 1, 6) + 2 * 6, (60 * 25 + 16) + 2 * 16  # each with its pooling
third, fourth = conv_params(5, 5, 16, 120), dense_params(120, 84)
print(first, "+", second, "+", third, "+", fourth, "=", first + second + third + fourth)

# %% [markdown]
# 60,000 to the last one, which is the number in the paper. (There the layer of 120 is a convolution of 5 × 5,
# on a volume of 5 × 5: one place, and the same 48,120 as a dense layer. Unit 06 makes use of that.)
#
# ## And AlexNet?
#
# It won the ImageNet contest of 2012 (Krizhevsky and others). 96 filters of 11 × 11 with stride 4; max
# pooling of 3, stride 2; 256 of 5 × 5, "same"; pooling again; 384, 384 and 256 of 3 × 3, "same"; pooling;
# dense 4096, 4096, 1000.
#
# In the paper the images have 224 pixels, and the first layer's output has 55. *Check that*, by hand. Then
# guess which layer has the most parameters.

# %%
for n in (224, 227):
    print(f"{n} px: {(n - 11) / 4 + 1} places, so {conv_output_size(n, 11, stride=4)}")
image, layers = ALEXNET
shape_table(layers, image)

# %%
show_funnel(layers, image)

# %% [markdown]
# 224 does not give 55 without padding; 227 does, and that is what everybody builds. Even a famous paper can
# be off by three pixels; with a pencil you notice it.
#
# 62.4 million, "about 60 M". Of these, 37.8 million are in *one* dense layer, the first. The paper's own
# network had fewer: it ran on two graphics cards, and in its second, fourth and fifth convolution a filter
# saw only the channels of its own card, half of them:

# %%
halves = [(5, 96, 256), (3, 384, 384), (3, 384, 256)]  # kernel, channels, filters
saved = sum(conv_params(k, k, c, f) - conv_params(k, k, c // 2, f) for k, c, f in halves)
print(f"{shape_table(layers, image).total:,} - {saved:,} = {shape_table(layers, image).total - saved:,}")

# %% [markdown]
# ## And VGG-16?
#
# All kernels are 3 × 3, all pooling is 2 × 2 (Simonyan and Zisserman, 2015). Two layers of 64 filters, two of
# 128, three of 256, three of 512, three of 512, all "same", with pooling after each group; then 4096, 4096
# and 1000 as before.
#
# *Predict:* the shape before the first dense layer; and how many of its 138 million parameters are in the 13
# convolutions. Half? More?

# %%
image, layers = VGG16
shape_table(layers, image)

# %% tags=["cover"]
show_funnel(layers, image)

# %% [markdown]
# Two pictures in one, and they are nearly opposite. **The numbers that come out** are at the front: the first
# two convolutions on the full image. **The parameters** are at the back, in the dense layers. *By hand:* the
# first dense layer has 7 · 7 · 512 inputs and 4096 outputs. How many parameters?

# %%
trace, total = trace_shapes(layers, image), shape_table(layers, image).total
first, dense = dense_params(7 * 7 * 512, 4096), sum(parameters for _, parameters in trace[-3:])
print(f"first dense layer: {first:,}, {first / total:.0%} of all; three dense layers: {dense / total:.0%}")
shapes = [image] + [shape for shape, _ in trace if shape != (25088,)]  # flatten makes no new numbers
numbers = sum(np.prod(shape) for shape in shapes)
print(f"first two convolutions: {2 * np.prod(shapes[1]) / numbers:.0%} of all numbers that come out")
print(f"parameters: {total:,} · 4 bytes = {4 * total / 1e6:.0f} MB, once")
print(f"numbers:     {numbers:,} · 4 bytes = {4 * numbers / 1e6:.0f} MB, for each image")

# %% [markdown]
# The 13 convolutions have the remaining 11 %. So two different memories fill up. The weights of VGG-16, in
# float32 (4 bytes each), take 553 MB; they are there once. The numbers that come out, with the image itself,
# take 61 MB *for each image*, and training keeps them all until the way back (unit 03): 32 images take 2 GB.
# To save on the first, replace the dense layers, as later networks do; to save on the second, use fewer
# images at a time, or stride early.
#
# **Check yourself 5.** A slide says of VGG: "24 Mil parameters, 94 MB". What is that?
# <details><summary>Answer</summary>94 MB / 24 million is about 4 bytes, so somebody multiplied. But VGG-16
# has 138 million parameters, 553 MB. The 24 million are most likely from Stanford's CS231n notes ("VGGNet in
# detail"), which say "24M * 4 bytes ~= 93MB / image", and mean the <i>activations</i>. And that is a slip
# too: the layers that those notes list add up to what we found, 15.2 million numbers or 61 MB. A number that
# travels from slide to slide should be counted anew.</details>

# %% [markdown]
# Does Keras agree? The project's tests build all three networks in Keras from these very tables, and compare
# every shape and every count of parameters; and each function of this unit with Keras' layers over a grid of
# sizes, kernels, strides, dilations and paddings. So you do not have to load it here.
#
# ## What is wrong with this formula?
#
# This one is from course notes. It is said to give the output of a convolution, and "if the result is not a
# whole number, the stride has been set incorrectly":

# %%
def found_in_notes(height, width, depth, kernel, pad, stride):
    return ((height * width * depth - kernel) + pad * pad) / stride + 1

# %% [markdown]
# *Predict* by hand: an image of 32 × 32 × 3, kernel 5, pad 2, stride 1. How long is a side of the output?
# Then compute what the formula says.

# %%
print("found:", found_in_notes(32, 32, 3, kernel=5, pad=2, stride=1))
print("right:", conv_output_size(32, 5, pad=2))
print("32 · 32 · 3 =", 32 * 32 * 3)

# %% [markdown]
# It says 3072, which is just the number of values in the image, as if to prove that nothing shrinks. It is an
# accident: −5 + 4 + 1 = 0. Let us take the formula apart, one thing at a time.
#
# **1. It mixes a volume with a side.** Height · width · depth is a number of *values*; the kernel's 5 is a
# *length*. One cannot take a length from a volume. Windows move along one axis at a time, so each axis has
# its own count, and the depth takes no part: a filter is as deep as its input. Let us put in a side, 32, and
# look again.

# %%
print("pad   found   with a side   right")
for pad in range(5):
    print(f"{pad:3} {found_in_notes(32, 32, 3, 5, pad, 1):7.0f} {found_in_notes(32, 1, 1, 5, pad, 1):13.0f}"
          f" {conv_output_size(32, 5, pad=pad):7}")

# %% [markdown]
# **2. It squares the padding.** Two ends, each with $p$ more pixels, are $2p$, not $p^2$. The trap: the two
# are equal for $p = 0$ and for $p = 2$, the very pads of a 5 × 5 kernel without padding and with "same".
# Whoever tests with these two finds no fault. *Always test with a number for which the wrong formula would be
# wrong.*
#
# **3. It does not round, and blames the stride.** With 8 pixels, kernel 3 and stride 2 it gives 3.5. There
# are 3 places; libraries round down, and pixel 7 is not read. That can be a flaw of your design; it is not an
# error of the stride.
#
# **4. It has no dilation, no second axis, no depth of the output**, so even when mended it is only a third of
# the answer: the shape is places down × places across × *filters*.
#
# **What is right in it?** The shape of the expression: a length, minus the kernel, plus the padding, divided
# by the stride. And the + 1, outside the fraction, where it belongs.
#
# **Check yourself 6.** Mend it in your head for one axis, and use it: 227 pixels, kernel 11, pad 0, stride 4.
# <details><summary>Answer</summary>⌊(227 + 2 · 0 − 11) / 4⌋ + 1 = 54 + 1 = 55.</details>
#
# ## Can you find the slip?
#
# All of these are from notes that circulate. Some lines are wrong, some are only half right, one is right.
# Decide before you open the answer.
#
# **a.** "Same convolution: pad with $p = (f - 1) / 2$, so that the output is as large as the input."
# <details><summary>Answer</summary>Half right: for odd f, stride 1 and no dilation.</details>

# %% [markdown]
# **b.** "$n \times n$ with an $f \times f$ filter gives $(n + 2p - f) / s + 1$ on each side."
# <details><summary>Answer</summary>Half right: the ⌊ ⌋ is missing. Where the division leaves a remainder it
# gives a size that does not exist.</details>

# %% [markdown]
# **c.** "Shape: (n + 2 · padding − filters) / stride + 1 on each side, × ?"
# <details><summary>Answer</summary>Wrong: to be subtracted is the filter's <i>length</i>, not the number of
# filters. And the ? has an answer: that is where the number of filters belongs.</details>

# %% [markdown]
# **d.** `Conv1D(filters=16, kernel_size=3, padding="same")  # [batch, length, 8]`
# <details><summary>Answer</summary>Wrong: 16 filters give a depth of 16. The 8 is the depth of the layer
# before, and was copied with the line.</details>

# %% [markdown]
# **e.** "VGG-16: 1. convolution 64 × 2 [2 × 2] (same) ... about 138 M parameters."
# <details><summary>Answer</summary>Wrong: 3 × 3, as the same notes say a few lines above. The next cell shows
# why the total does not give it away.</details>

# %% [markdown]
# **f.** "The parameters of a layer depend on the number of filters, the kernel's size, and the input's
# shape."
# <details><summary>Answer</summary>Half right: of the input's shape only the depth counts.</details>

# %% [markdown]
# **g.** `MaxPooling2D(pool_size=(1, 1), strides=0)`
# <details><summary>Answer</summary>Wrong: with stride 0 the window would never leave the first place. (And a
# window of 1 changes nothing.)</details>

# %% [markdown]
# **h.** "The *Sobol* filter."
# <details><summary>Answer</summary>Sobel: Irwin Sobel, of unit 01. Sobol was a mathematician with a
# sequence.</details>

# %% [markdown]
# **i.** A printed summary, of which two counts are lost: 32 filters of 3 × 3 on 28 × 28 × 1; pooling of 2 to
# 13 × 13 × 32; 64 filters to 11 × 11 × 64 with 18,496; pooling to 5 × 5 × 64; 64 filters to 3 × 3 × 64. Total
# 55,744.
# <details><summary>Answer</summary>Right, and you can restore what is lost: 320 and 36,928.</details>

# %%
summary = [{**conv, "filters": 32}, pool, {**conv, "filters": 64}, pool, {**conv, "filters": 64}]
print(shape_table(summary, (28, 28, 1)), end="\n\n")
slip = [{**layer, "kernel": 2} if layer.get("filters") == 64 else layer for layer in VGG16[1]]
print(f"VGG-16 with 2 × 2 in its first two layers: {shape_table(slip, VGG16[0]).total:,}")
slipped = trace_shapes(slip, VGG16[0])
print("all shapes as before:", [shape for shape, _ in slipped] == [shape for shape, _ in trace])

# %% [markdown]
# With 2 × 2 in the first two layers the total is still "about 138 M", and with "same" all shapes stay. **A
# total that fits does not prove its lines.** Count line by line.
#
# ## You can now ...
#
# - count the places of a window by hand, with padding, stride and dilation, and say which pixels it never
#   reads;
# - tell what "valid" and "same" do, where TensorFlow puts the odd pixel, and when "same" is not the same;
# - say a layer's shape and parameters before you run it: depth from filters, weights without height and
#   width;
# - follow field and jump through a network;
# - count LeNet-5, AlexNet and VGG-16, and say where a network keeps its weights and where its numbers;
# - test a formula from the web: with numbers that would show its fault.
#
# **Next:** open [exercise.ipynb](exercise.ipynb), beside this notebook. There you write these functions
# yourself, up to one that counts VGG-16. Run `check(...)` after each: it answers at once, and names the
# mistake when it knows it.
#
# *Sources:* V. Dumoulin and F. Visin, *A guide to convolution arithmetic for deep learning*, 2016. Y. LeCun
# and others, *Gradient-based learning applied to document recognition*, 1998. A. Krizhevsky and others,
# *ImageNet classification with deep convolutional neural networks*, 2012. K. Simonyan and A. Zisserman, *Very
# deep convolutional networks for large-scale image recognition*, 2015. K. He and others, *Deep residual
# learning for image recognition*, 2016. A. Araujo and others, *Computing receptive fields of convolutional
# neural networks*, 2019. CS231n, *Convolutional neural networks for visual recognition*, course notes.
# *Photograph:* "coffee" by Rachel Michetti (`cnnlib.images.PHOTOS` has the credits of all).
