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
# # Can a photograph be painted by a network that never held a brush?
#
# **Aim:** at the end you can say, in numbers, *what* an image shows and *how* it looks, take the one from a
# photograph and the other from a painting, and train an image that has both.
#
# **Time:** 60 minutes of reading and doing; all cells together run in about two minutes on two processor
# cores. **You need:** convolution and output shapes (units 01 and 02), and what a gradient is (unit 03). The
# weights of the network come with the extra `weights`; without them everything runs as well, with a network
# that has learned nothing.
#
# Where the text says *Predict*, say your answer aloud before you run the next cell.

# %%
import numpy as np

from cnnlib import VGG16, receptive_field
from cnnlib import content_cost, gram_matrix, layer_style_cost, style_cost, total_variation, train_step
from cnnlib.painting import activations, balanced, content_loss, noise, paint, paint_each, style_loss, transfer_loss
from cnnlib.patterns import PATTERNS, pattern, square_photo
from cnnlib.plots import show_numbers
from cnnlib.plots_style import show_frames, show_mix, show_paintings, show_sheet
from cnnlib.vgg import BLOCKS, vgg16
from cnnlib.widgets_style import tune_style

import keras  # after cnnlib, which keeps TensorFlow quiet
import tensorflow as tf

# %% [markdown]
# ## What is left when you forget where things are?
#
# Two filters have looked at an image of 2 × 3 pixels. Channel 0 answers to *yellow*, channel 1 to *slanting
# line*:

# %%
yellow = np.array([[2.0, 0, 1], [0, 1, 0]])
slanting = np.array([[3.0, 0, 0], [1, 2, 0]])
features = np.stack([yellow, slanting], axis=-1)  # (2, 3, 2)
show_numbers([yellow, slanting], ["channel 0, yellow", "channel 1, slanting"], maps="magnitude",
             alt="Two channels of 2 × 3 numbers. Yellow: 2 0 1, 0 1 0. Slanting: 3 0 0, 1 2 0.")

# %% [markdown]
# Multiply the two channels pixel by pixel and add up: how often are yellow and slanting there *together*?
#
# $$2 \cdot 3 + 0 \cdot 0 + 1 \cdot 0 + 0 \cdot 1 + 1 \cdot 2 + 0 \cdot 0 = 8$$
#
# Do the same for each channel with each, itself included, and you have the **Gram matrix**,
#
# $$G_{ij} = \sum_{h, w} F_{h w i} \, F_{h w j}.$$
#
# *By hand:* yellow with yellow, and slanting with slanting. What is the whole matrix, and what is its shape?

# %%
gram = gram_matrix(features).numpy()
print(gram)

# %% [markdown]
# The diagonal says how much there is of each pattern, 6 and 14, and the rest says which patterns go together.
# It is symmetric. In matrices: write the pixels below each other, $F$ of $(HW, C)$, and $G = F^T F$. (Mind
# the side of the transpose: $F F^T$ would have a row for each *pixel*.)
#
# Now shuffle the pixels, each with all its channels. *Predict:* what happens to the Gram matrix? And if the
# two *channels* change places?

# %%
pixels = features.reshape(-1, 2)  # (6, 2)
shuffled = np.random.default_rng(1).permutation(pixels).reshape(features.shape)
print("pixels shuffled, the same Gram matrix:", np.array_equal(gram_matrix(shuffled), gram))
print("channels swapped:", gram_matrix(features[..., ::-1]).numpy().tolist())

# %%
show_numbers([*np.moveaxis(features, -1, 0), *np.moveaxis(shuffled, -1, 0), gram],
             ["yellow", "slanting", "yellow\nshuffled", "slanting\nshuffled", "Gram matrix\nof both"], maps="magnitude",
             alt="The two channels, the same with their pixels in another order, and the one Gram matrix that both have: "
                 "6 8, 8 14.")

# %% [markdown]
# It forgets where, and keeps what goes with what: a wall of yellow slanting strokes has the same Gram matrix
# wherever the strokes are. That is a fair description of a *style*, and it is the idea of L. Gatys, A. Ecker
# and M. Bethge (2015): **the activations of a network are content, their Gram matrices are style.**
#
# **Check yourself 1.** A layer gives (24, 32, 128). What shape has its Gram matrix? How many of its numbers
# differ at most?
# <details><summary>Answer</summary>(128, 128), whatever the size of the image. It is symmetric, so at most
# 128 · 129 / 2 = 8256 numbers differ; the activations were 98,304.</details>
#
# ## Who looks at the pictures?
#
# A network that knows photographs: the thirteen convolutions of VGG-16, counted in unit 02. Pure form, no
# dense layer on top, so it takes images of any size. Nothing is trained: the network is our measuring
# instrument.
#
# *An honest word about the weights.* VGG-16 was trained to name the things on ImageNet's photographs. The
# weights here come from a package in which that network was then trained a little more, to draw edges (unit
# 01 showed some). They are close relatives of the famous ones, and work well here. If you are online,
# `source="keras"` downloads the original ones in their place, and every cell below stays the same.

# %%
source = "package"
try:
    vgg16("block1_conv1", source=source)
    print("VGG-16 is there.")
except ImportError as missing:
    print(f"{missing}\nA network with random weights stands in: the pictures will be poorer.")
    source = "random"

# %% [markdown]
# The two pictures of most of this lecture are a cat and a mosaic. The mosaic is drawn by code, as are the
# other styles (`cnnlib.patterns`), in part because paintings have owners.

# %%
cat, mosaic = square_photo("cat", 96), pattern("mosaic", 96)
show_paintings([cat, mosaic, pattern("strokes", 192), pattern("waves", 192)], ["cat", "mosaic", "strokes", "waves"],
               alt="A cat's face, and three patterns: a mosaic of warm colors with dark joints, blue brush strokes that circle "
                   "around yellow lights, and fans of blue and white arcs.")

# %% [markdown]
# *Predict:* an image of 96 × 96 goes in. Each block ends with a pooling that halves the maps. What shape
# comes out of the first layer of each block? And how large is the window of the image that one number of it has
# seen (unit 02)?

# %%
FIRST = [f"block{block}_conv1" for block in range(1, 6)]
network = vgg16(FIRST, source=source)
seen = activations(network, cat)
for (name, values), depth in zip(seen.items(), (1, 4, 7, 11, 15), strict=True):  # layers of VGG16, poolings counted
    print(f"{name} {tuple(values.shape)!s:13} each sees {receptive_field(VGG16[1][:depth])} px")

# %% [markdown]
# The deeper, the fewer places and the more patterns. In block 5 there are 6 × 6 places left, and each of them has
# seen a window that is wider than the whole picture.
#
# ## What does a layer know of the content?
#
# The cost of content compares activations place by place:
#
# $$J_\text{content} = \frac{1}{2} \sum_{h, w, c} (F^\text{generated}_{h w c} - F^\text{content}_{h w c})^2$$
#
# *By hand:* one pixel with two channels, (1, 5) and (3, 4).

# %%
print(float(content_cost([[[1.0, 5.0]]], [[[3.0, 4.0]]])))

# %% [markdown]
# To see what a layer knows, we let it *draw*: start from gray noise, and change the pixels until the layer's
# activations are those of the cat. What the layer does not care about stays noise. That is a training like
# any other, only that the pixels are the parameters: loss, gradient, a small step of the optimizer, again.
# The loop is `paint`, and we look into it further down.
#
# *Predict:* we ask four layers, from shallow to deep. Which drawing shows the colors rightly? Which one shows
# that it is a cat? (A quarter of a minute.)

# %%
DEPTHS = ["block1_conv2", "block2_conv2", "block3_conv3", "block5_conv1"]
losses = {name: content_loss(vgg16(name, source=source), cat, name) for name in DEPTHS}
drawn = paint_each(losses, noise(96, 96), steps=50, rate=0.05, title="content from each of four layers")

# %% tags=["nbval-ignore-output"] reason="pixels of a painting differ between processors"
show_paintings([cat, *(painting.image for painting in drawn.values())], ["the cat itself", *drawn], width=11,
               alt="The cat, and four drawings of it from noise. From the first block it is nearly the photograph; from "
                   "the second and third the colors are lost and edges, eyes and nose are sharp; from the fifth "
                   "a few eye-like curls remain.")

# %% [markdown]
# The first block has kept nearly everything. Deeper, the colors go first, then the exact places; what remains
# longest is what helps to say *what* it is: eyes, nose, the outline. To demand a deep layer's activations
# therefore is to say "this thing, about here, I don't care in what paint". So we take content from a deep
# layer, `block4_conv2` as in the paper.
#
# **Check yourself 2.** Why would content from `block1_conv1` be a bad choice for style transfer?
# <details><summary>Answer</summary>It fixes nearly every pixel, colors included. Nothing would be left for
# the style to change.</details>
#
# ## What does a layer know of the style?
#
# The same game with Gram matrices. For one layer,
#
# $$J^{[l]}_\text{style} = \frac{1}{(2 H W C)^2} \sum_{i, j} (G^\text{generated}_{ij} - G^\text{style}_{ij})^2.$$
#
# *By hand:* one row of two pixels, one channel. Style: 1, 3. Generated: 3, 3.

# %%
one, other = [[[1.0], [3.0]]], [[[3.0], [3.0]]]
print("Gram matrices:", float(gram_matrix(one)[0, 0]), "and", float(gram_matrix(other)[0, 0]))
print("cost: 8 * 8 / (2 * 1 * 2 * 1)^2 =", float(layer_style_cost(one, other)))

# %% [markdown]
# Several layers together, each with a weight $\lambda$: $J_\text{style} = \sum_l \lambda^{[l]}
# J^{[l]}_\text{style}$. Before we choose weights, look at the costs without. *Predict:* noise against the
# mosaic, the first layer of each block. Are the five costs alike?

# %%
wanted, at_first = activations(network, mosaic), activations(network, noise(96, 96))
for name in FIRST:
    cost = float(layer_style_cost(wanted[name], at_first[name]))
    print(f"{name}: the cost is of the order of 10^{round(np.log10(cost))}")

# %% [markdown]
# From a million to a hundredth! The normalizer takes care of sizes; but the activations themselves are of
# other sizes, too, and the cost goes with their *fourth* power. *Predict:* if the first block's are 40 times
# as large as the last's, what does that make of the costs?

# %%
means = [float(tf.reduce_mean(wanted[name])) for name in (FIRST[0], FIRST[-1])]
print("activations of block 1 are over 20 times as large as those of block 5:", means[0] > 20 * means[1])
print("40 to the fourth is", 40**4)

# %% [markdown]
# So much that the first blocks would decide alone. (Gatys rescaled the network's weights so that each
# filter's activation is 1 on average.) We choose weights that make all layers' costs equal at the start: each
# gets its say. `balanced` does that. *By hand:* two layers with the costs 9/4 and 16, and weights 2 and 0.5.

# %%
print(float(style_cost([[[[1.0]]], [[[1.0]]]], [[[[2.0]]], [[[3.0]]]], [2, 0.5])), "= 2 · 9/4 + 0.5 · 16")

# %% [markdown]
# *Predict:* we rebuild from noise, with more and more layers. What will the first layer alone give? What
# changes with each more?

# %%
depth_of = {f"blocks 1 to {n}" if n > 1 else "block 1": FIRST[:n] for n in range(1, 6)}
losses = {}
for name, layers in depth_of.items():
    small = vgg16(layers, source=source)
    losses[name] = style_loss(small, mosaic, balanced(small, mosaic, noise(96, 96), layers))
woven = paint_each(losses, noise(96, 96), steps=50, rate=0.05, title="style from more and more layers")

# %% tags=["nbval-ignore-output"] reason="pixels of a painting differ between processors"
show_paintings([mosaic, *(painting.image for painting in woven.values())], ["the mosaic itself", *woven], columns=6, width=12,
               alt="The mosaic, and five images from noise with its style: with the first block colored specks, with two "
                   "blocks small colored blobs with dark rims, with more blocks rounded stones with joints.")

# %% [markdown]
# The first layer knows the colors. The second block makes small blobs with dark rims, the third and fourth
# real stones with joints between them. No stone lies where one lay in the mosaic: that is what "style" means
# here. The more layers, the larger the structures that are right.
#
# **Check yourself 3.** Would the style images be other ones if the mosaic were turned by half a turn first?
# <details><summary>Answer</summary>Yes, a little: the *activations'* places do not matter, but a filter for
# lines that rise to the right answers to other lines when the image is turned. Forgetting places is not
# forgetting directions. For a mosaic it hardly shows; for slanted strokes it would.</details>
#
# ### Is this the formula of the paper?
#
# It is. The paper counts $N$ filters and $M$ pixels of a layer and divides by $4 N^2 M^2$; with $N = C$ and
# $M = HW$ that is $(2HWC)^2$. Its content cost is half the sum of squares, too. Elsewhere you will meet
# relatives, and you must know which one you have before you copy somebody's weights:
#
# | found as | content, compared with ours | style of a layer, compared with ours |
# |---|---|---|
# | this course, Gatys et al. | $\frac12 \sum (\dots)^2$ | $\sum (\dots)^2 / (4 N^2 M^2)$ |
# | without the half | 2 times | |
# | mean in place of sum | $2 / (HWC)$ times | |
# | over $4 HWC$, as in a well-known online course | $1 / (2 HWC)$ times | the same as ours |
# | Gram matrix over $HW$, mean of the squares | | 4 times |
#
# *Predict:* which of these factors change the painting, if $\alpha$ and $\beta$ are chosen to match?

# %%
style_features, new_features = wanted["block3_conv1"], at_first["block3_conv1"]  # (24, 24, 256)
height, width, channels = style_features.shape
N, M = channels, height * width
paper = tf.reduce_sum((gram_matrix(new_features) - gram_matrix(style_features)) ** 2) / (4 * N**2 * M**2)
means = tf.reduce_mean(((gram_matrix(new_features) - gram_matrix(style_features)) / M) ** 2)
ours = layer_style_cost(style_features, new_features)
print(f"the paper's / ours = {paper / ours:.2f}, the last row's / ours = {means / ours:.2f}")

# %% [markdown]
# None of them, as long as the layer and the image stay as they are: a factor can be put into a weight. But a
# factor with $HWC$ in it changes with the layer and with the size of the image, so a copied weight is wrong
# there.
#
# *A slide to mend.* You may meet the style cost as $\frac{1}{(2HWC)^2} \sum_{i,j} (G^S_{ij} - G^G_{ij})$,
# without the square. *Predict* what a training with that would do.

# %%
def slide(style, generated):
    return (gram_matrix(style).numpy().sum() - gram_matrix(generated).numpy().sum()) / (2 * np.size(style)) ** 2


for factor in (1, 2, 10):
    print(f"pixels 1, 3 against {factor} times as much: {slide(one, factor * np.array(one)):.2f}")

# %% [markdown]
# It would be better than perfect to be wrong: a cost below 0, and lower the brighter the image. The square
# must be there.
#
# ## How do we get both at once?
#
# $$J = \alpha \, J_\text{content} + \beta \, J_\text{style}$$
#
# and the image goes downhill. We start from the photograph, which is much quicker than from noise. *Predict:*
# which of the two costs is 0 at the start?

# %%
STYLE_LAYERS, CONTENT_LAYER = FIRST[:4], "block4_conv2"
eyes = vgg16([*STYLE_LAYERS, CONTENT_LAYER], source=source)


def losses_of(content, style, layers=STYLE_LAYERS):
    weights = balanced(eyes, style, content, layers)
    return content_loss(eyes, content, CONTENT_LAYER), style_loss(eyes, style, weights)


of_content, of_style = losses_of(cat, mosaic)
print(f"content {of_content(cat):.1f}, style {of_style(cat):.1f}")

# %% [markdown]
# The content is perfect, the style is not: 1, by our choice of weights. One step, in slow motion. The tape
# records what happens from the pixels to the cost; then we ask it for the slope of the cost with respect to
# the *image*, and to nothing else.

# %%
image = tf.Variable(cat)
with tf.GradientTape() as record:
    how_bad = of_content(image) + 1e6 * of_style(image)
slope = record.gradient(how_bad, image)
print("the slope has the shape of the image:", slope.shape == image.shape)
print("darker would be better for", "some" if 0 < np.mean(slope > 0) < 1 else "no", "numbers, brighter for the others")

# %% [markdown]
# An optimizer (unit 05) makes the step from it: Adam moves each number by about its rate, at first. After
# that, pixels above 1 or below 0 are clipped: there is no light less than none. Slope, step and clip together
# are `train_step`, which you will write. *Predict:* after five steps, what has changed: the image, the
# network, or both?

# %%
before = eyes.get_weights()
adam = keras.optimizers.Adam(0.03)
for _ in range(5):
    train_step(image, lambda image: of_content(image) + 1e6 * of_style(image), adam)
print("the image has changed:", not np.array_equal(image, cat))
print("the network is the same, bit for bit:", all(map(np.array_equal, before, eyes.get_weights())))
print("style cost below 1:", float(of_style(image)) < 1, "  content cost above 0:", float(of_content(image)) > 0)

# %% [markdown]
# The image left what was perfect for the content, and came nearer to the style: the two are at odds, and
# $\alpha$ and $\beta$ say who has how much say.
#
# If a tape ever hands you `None` in place of a slope, then somewhere between the pixels and the cost the
# numbers left TensorFlow, through `.numpy()`, `float(...)` or a function of NumPy. The values are right, and
# the trail is lost.
#
# ## What comes of it?
#
# Now in full: 192 × 192 pixels, a temple, and the sky of brush strokes. `paint` makes eighty such steps,
# with a progress bar, and keeps a few frames. Some noise is mixed into the start: in an even sky there is
# nothing that could become a stroke. (About half a minute on two cores.)

# %%
temple, sky = square_photo("china", 192), pattern("strokes", 192)
of_temple, of_sky = losses_of(temple, sky)
loss = transfer_loss(of_temple, of_sky, alpha=1, beta=5e7, gamma=20)
start = 0.6 * temple + 0.4 * noise(192, 192)
painting = paint(loss, start, steps=80, rate=0.04, frames=(5, 15, 40), title="the temple under another sky")

# %% tags=["cover", "nbval-ignore-output"] reason="pixels of a painting differ between processors"
show_mix(temple, sky, painting.image, words="the painting",
         alt="A photograph of a Chinese temple by a lake, a picture of blue brush strokes that circle around yellow "
             "lights, and the temple and its sky painted in such strokes.")

# %%
print("the loss fell to less than a third:", painting.costs[-1] < painting.costs[0] / 3)
print("the frames:", *painting.frames)

# %% [markdown]
# Nobody told the network what a roof is, or a stroke. *Predict:* what comes first in the making, the colors
# or the strokes?

# %% tags=["nbval-ignore-output"] reason="pixels of a painting differ between processors"
show_frames(painting)

# %% [markdown]
# After a few steps there is texture everywhere, and the colors are still the photograph's; then the blue
# comes, and the last half of the steps only cleans up. The loss falls steeply at first (mind the scale of
# powers). For the last third `paint` lowers Adam's rate, and the image comes to rest.
#
# ## What does each weight do?
#
# Nine paintings of 96 × 96: three ratios of $\beta$ to $\alpha$, times three sets of style layers. *Predict:*
# for a tiny $\beta$? For a huge one? What if only the first block gives the style? (Half a minute; after that
# the sliders cost nothing.)

# %%
SETS = {"block 1": FIRST[:1], "blocks 1 and 2": FIRST[:2], "blocks 1 to 4": FIRST[:4]}
mixes = {}
for name, layers in SETS.items():
    content_part, style_part = losses_of(cat, mosaic, layers)
    for ratio in (1e5, 1e6, 1e7):
        mixes[name, ratio] = transfer_loss(content_part, style_part, alpha=1, beta=ratio, gamma=10)
tuned = paint_each(mixes, cat, steps=35, rate=0.04, frames=(5, 15), title="three ratios, three sets of layers")

# %% tags=["nbval-ignore-output"] reason="pixels of a painting differ between processors"
tune_style(cat, mosaic, tuned, alphas=(1, 10), betas=(1e6, 1e7))

# %% [markdown]
# (Where nothing can move, the sheet shows the last frame of each of the nine.) We see:
#
# - **The ratio** decides. Move $\alpha$ and $\beta$ up together, and nothing changes: only where the slopes
#   cancel matters. With a small ratio the cat keeps its face, with a large one it dissolves into stones.
# - **The layers** decide what "style" is: with the first block the cat is only recolored, with deeper ones
#   stones appear.
# - **The steps**: before the end is reached, the start shows through. To stop early is a weight, too, one
#   that has no letter.
#
# And a trap: *predict* what happens to each cost when the image gets twice as high and wide, and nothing else
# changes.

# %%
costs = {}
for side in (48, 96, 192):
    old, new = (activations(eyes, square_photo(name, side)) for name in ("cat", "china"))
    costs[side] = [float(content_cost(old[CONTENT_LAYER], new[CONTENT_LAYER])),
                   float(layer_style_cost(old["block3_conv1"], new["block3_conv1"]))]
for small, large in ((48, 96), (96, 192)):
    content_growth, style_growth = np.divide(costs[large], costs[small])
    print(f"{small} -> {large} px: the content cost grows more than 3-fold: {content_growth > 3}, the style cost less than "
          f"2-fold: {style_growth < 2}")

# %% [markdown]
# The content cost is a plain sum, so four times the pixels make it about four times as large; the style cost
# was normalized. The same $\alpha$ and $\beta$ mean *more content* in a larger image. So when you double the
# side, take four times the $\beta$; and a ratio out of a paper or a blog holds for their size, their network,
# their layers.
#
# **Check yourself 4.** You took content from `block4_conv2`. Somebody takes it from `block2_conv2`. Should
# their $\beta$ be larger or smaller? <details><summary>Answer</summary>Much larger: more places and much
# larger activations make the content cost larger, so the style needs more weight to hold its own.</details>
#
# ## Why is it speckled?
#
# Look at the drawings from noise again: fine speckles everywhere. No filter answers to them, and pooling
# averages them away, so no cost sees them. The **total variation** does: the sum of all absolute differences
# between neighbors, down and across. *By hand,* for the rows (1, 4) and (2, 2):

# %%
print(float(total_variation([[[1.0], [4.0]], [[2.0], [2.0]]])), " = down 1 + 2, across 3 + 0")
print("and for the speck and its negative:",
      *(float(total_variation(sign * np.pad([[[1.0]]], ((1, 1), (1, 1), (0, 0))))) for sign in (1, -1)))

# %% [markdown]
# The absolute value matters: without it, up and down would cancel along each row, and only its two ends would
# count.
#
# *Predict:* how much rougher than the cat is its drawing from the third block?

# %%
rough = {"the cat": cat, "its drawing from block 3": drawn["block3_conv3"].image, "noise": noise(96, 96)}
per_step = {name: float(total_variation(picture)) / (2 * 96 * 95 * 3) for name, picture in rough.items()}
print("the drawing is more than five times as rough as the cat:",
      per_step["its drawing from block 3"] > 5 * per_step["the cat"])
print("and rougher than noise:", per_step["its drawing from block 3"] > per_step["noise"])

# %%
plain, smooth = (transfer_loss(of_content, of_style, alpha=1, beta=2e6, gamma=gamma) for gamma in (0, 100))
pair = paint_each({"γ = 0": plain, "γ = 100": smooth}, cat, steps=40, rate=0.04, title="without and with smoothing")
roughness = {name: float(total_variation(done.image)) for name, done in pair.items()}
print("smoother than half:", roughness["γ = 100"] < roughness["γ = 0"] / 2)

# %% tags=["nbval-ignore-output"] reason="pixels of a painting differ between processors"
show_paintings([cat, *(done.image for done in pair.values())], ["the cat", *pair], width=9,
               alt="The cat, painted as a mosaic without total variation, with speckles, and with it, in flat smooth patches.")

# %% [markdown]
# $\gamma$ is one more weight to choose: too little leaves the speckles, too much flattens the joints and the
# whiskers.
#
# ## Which photograph goes with which style?
#
# Two contents, three styles, six paintings, all with the same weights. (A third of a minute.)

# %%
contents = {name: square_photo(name, 96) for name in ("cat", "china")}
pairs = {}
for name, content in contents.items():
    for title in PATTERNS:
        pairs[name, title] = transfer_loss(*losses_of(content, pattern(title, 96)), alpha=1, beta=3e6, gamma=30)
gallery = paint_each(pairs, {key: contents[key[0]] for key in pairs}, steps=35, rate=0.04, title="the gallery")

# %% tags=["nbval-ignore-output"] reason="pixels of a painting differ between processors"
show_sheet({key: done.image for key, done in gallery.items()} | {(name, ""): contents[name] for name in contents},
           {"cat": "cat", "china": "temple"}, {"": "photograph"} | {title: title for title in PATTERNS}, names=("of", "as"),
           alt="The cat and the temple as photographs, and each painted in strokes, as a mosaic, and in waves.")

# %% [markdown]
# Each style is at home where the photograph has something of its own kind to offer. In the wide empty sky it
# has to invent, and starting from the bare photograph it hardly does: compare the temple's sky here with that
# of the large painting, whose start was noisy.
#
# ## How do you paint a large picture?
#
# What does it cost? Each layer's activations are kept for the way back. *Predict,* for a photograph of 1024 ×
# 1024: megabytes, or gigabytes?

# %%
floats, shrunk = 0.0, 1
for (_, filters), kept in zip(BLOCKS, (2, 2, 3, 2), strict=False):  # as far as block4_conv2
    floats += kept * filters / shrunk**2
    shrunk *= 2
print(f"{floats:.0f} numbers for each pixel, {4 * floats * 1024**2 / 2**30:.1f} GiB for 1024 × 1024, and about as much again "
      "for the slopes")

# %% [markdown]
# Time goes with the number of pixels, too: twice the side, four times the seconds. And there is a second
# problem: `block4_conv1` sees a window of 60 pixels *whatever the image's size*. In a large image
# its idea of style is one of details, and large strokes never come. One recipe mends both, **coarse to
# fine**:
#
# 1. Paint small, at 128 pixels, with many steps. That is cheap, and a window of 60 pixels is a good part of it.
# 2. Enlarge the *painting* to 256, take it as the start, and paint on with half as many steps, against the
#    photograph and the style at that size. The large forms are there; only finer ones are to be added.
# 3. Again, to 512 and 1024, with fewer steps each time. Four times $\beta$ at each doubling, as we saw.
#
# ```python
# def make_loss(height, width):
#     content, style = square_photo("china", height), pattern("strokes", height)  # or your own, with skimage.transform.resize
#     return transfer_loss(*losses_of(content, style), alpha=1, beta=5e7 * (height / 192) ** 2, gamma=20)
#
# from cnnlib.painting import paint_coarse_to_fine
# steps = paint_coarse_to_fine(make_loss, square_photo("china", 416), [104, 208, 416], steps=[150, 60, 30], title="large")
# steps[-1].image
# ```
#
# **On a GPU** nothing of this changes: where TensorFlow finds one (`tf.config.list_physical_devices("GPU")`
# is not empty), the same cells run on it, many times faster; how many depends on the card. What limits you
# there is its memory, by the count above. If it runs out: a smaller image, or take the style from fewer
# blocks. Unit 08 has a page on how to get one.
#
# **A photograph of your own** is `skimage.io.imread(path)[..., :3] / 255`, cut or resized to the size of the
# style, with `skimage.transform.resize`.
#
# ## What have we not shown?
#
# **Speed.** Each picture is a training of its own. In 2016 J. Johnson and others trained a second network to
# do it in one pass, for one style; X. Huang and S. Belongie (2017) brought that to any style by matching the
# mean and spread of each channel. They kept the costs of this lecture, or close kin of them, as the teacher.
#
# **What it does not understand.** A Gram matrix has no idea of objects: the sky may get the roof's strokes.
# Nor is style what an art historian means by it; it is texture and color, at several sizes.
#
# **Taste.** The loss is no measure of beauty. $\alpha$, $\beta$, $\gamma$, layers, start and steps are chosen
# by eye, here too: we tried a few ratios and kept the ones we liked.
#
# **Whose picture is it?** A painter who died recently has heirs, and a living one a livelihood. Ask before
# you publish what you made in somebody's style from somebody's photograph.
#
# ## You can now ...
#
# - compute a Gram matrix by hand, and say what it keeps (what goes with what) and what it forgets (where);
# - say what shallow and deep layers know of content and of style, and prove it by rebuilding from one alone;
# - write the costs with the paper's factors, and recognise relatives by theirs;
# - train an image through a frozen network, and name the three things that a step must do;
# - say what $\alpha$, $\beta$, $\gamma$, layers, image size and steps do to a painting;
# - paint a large picture from coarse to fine.
#
# **Next:** open [exercise.ipynb](exercise.ipynb), beside this notebook. There you write each of these
# functions, and your own functions paint. Run `check(...)` after each: it answers at once, and names the
# mistake when it knows it.
#
# *Photographs:* the cat is Chelsea, by Stéfan van der Walt (CC0); the temple is by the Flickr user
# danielbuechele (CC BY 2.0). *Method:* L. A. Gatys, A. S. Ecker, M. Bethge, "A neural algorithm of artistic
# style", 2015, and "Image style transfer using convolutional neural networks", 2016.
