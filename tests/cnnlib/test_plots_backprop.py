"""The pictures of backpropagation say what the layers say, in numbers and in words, and the film ends in dx."""

import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from cnnlib import conv1d_backward, conv2d_backward, correlate2d, numeric_gradient, plots_backprop, plots_painting
from cnnlib.plots_backprop import show_chain, show_routes, show_step_errors, show_touch
from cnnlib.plots_painting import paint, show_gather, show_painting, show_painting_step
from cnnlib.widgets_backprop import play_painting

X, W, DY = [1, 3, 2, 0, 4], [2, -1, 1], [1, -2, 3]
MAP = np.array([[1, 0, -2], [2, 1, 0]])  # dy, 2 high, 3 wide
KERNEL = np.array([[1, 2], [-1, 0], [0, 3]])  # 3 high, 2 wide: dx is 4 x 4, with stride 2 it is 5 x 6
POOLED = np.array([[1, 5, 2, 0, 3, 3], [4, 2, 6, 1, 0, 1], [7, 0, 4, 1, 2, 8], [3, 2, 1, 4, 0, 5]])
SIX = np.array([[1, 2, 3], [4, 5, 6]])

DRAW = {
    "chain": lambda: show_chain(3, 2, 4),
    "weights touched": lambda: show_touch(X, W, DY, of="w"),
    "inputs touched": lambda: show_touch(X, W, DY, of="x"),
    "painting": lambda: show_painting(MAP, KERNEL),
    "painting in one row": lambda: show_painting([DY], [W]),
    "painting with stride": lambda: show_painting(MAP, KERNEL, stride=2, shape=(6, 6)),
    "a step of it": lambda: show_painting_step(MAP, KERNEL, 3),
    "gather": lambda: show_gather(MAP, KERNEL, 2, 1),
    "maximum": lambda: show_routes(POOLED, SIX, 2),
    "average": lambda: show_routes(POOLED, SIX, (2, 2), average=True),
    "overlapping windows": lambda: show_routes(POOLED[:3, :4], SIX, 2, stride=1),
    "errors": lambda: show_step_errors({"a": ([0.1, 0.01], [1e-3, 1e-5]), "b": ([0.1, 0.01], [1.0, 0.0])}),
}


@pytest.fixture
def figures(monkeypatch):
    """The Matplotlib figures behind the pictures drawn in a test."""
    drawn = []
    for module in (plots_backprop, plots_painting):
        finish = module._finish
        monkeypatch.setattr(module, "_finish", lambda figure, alt, finish=finish: drawn.append(figure) or finish(figure, alt))
    return drawn


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts if text.get_text()]


def numbers(array):
    return [f"{value:.0f}".replace("-", "−") for value in np.ravel(array)]


def rows(array):
    return "[" + ", ".join("[" + " ".join(numbers(row)) + "]" for row in np.asarray(array)) + "]"


def gradient(dy, stride=1, shape=(4, 4)):
    dy, x = np.asarray(dy, float)[None, :, :, None], np.zeros((1, *shape, 1))
    return conv2d_backward(dy, x, KERNEL[:, :, None, None].astype(float), stride=stride)[0][0, :, :, 0]


@pytest.mark.parametrize("draw", DRAW.values(), ids=DRAW.keys())
def test_a_picture_is_a_small_png_with_words_and_the_same_bytes_twice(draw):
    picture, again = draw(), draw()
    image = Image.open(io.BytesIO(picture.png))
    image.verify()
    assert image.format == "PNG" and len(picture.png) < 60_000
    assert len(picture.alt) > 20 and picture.png == again.png, "the same arrays gave two different files"


@pytest.mark.parametrize("draw", DRAW.values(), ids=DRAW.keys())
def test_nothing_is_cut_off_at_the_edge(figures, draw):
    draw()
    (figure,) = figures
    wide, high = figure.get_size_inches() * figure.dpi
    for axes in figure.axes:
        for text in axes.texts:
            box = text.get_window_extent()
            assert box.x0 >= -1 and box.y0 >= -1 and box.x1 <= wide + 1 and box.y1 <= high + 1, text.get_text()


def test_the_chain_shows_the_slopes_that_nudging_measures(figures):
    alt = show_chain(3, 2, 4).alt
    slope = numeric_gradient(lambda v: (v[0] * v[1] - 4) ** 2, [3, 2]).round(6)
    assert slope.tolist() == [8, 12]
    assert "dx = dy · w = 8; dw = dy · x = 12" in alt
    assert {"← dx = 4 · 2 = 8", "← dw = 4 · 3 = 12"} <= set(texts(figures[0]))


def test_who_touched_whom_adds_up_to_the_gradients(figures):
    dx, dw = conv1d_backward(DY, X, W)
    assert show_touch(X, W, DY, of="x").alt.endswith("dx = " + ", ".join(numbers(dx)) + ".")
    assert show_touch(X, W, DY, of="w").alt.endswith("dw = " + ", ".join(numbers(dw)) + ".")
    written = texts(figures[0])
    assert written.count("w₁=−1") == 3, "each weight touches three inputs"
    assert "y1: x1 by w0, x2 by w1, x3 by w2" in show_touch(X, W, DY, of="x").alt


def test_who_touched_whom_needs_x_or_w():
    with pytest.raises(ValueError, match="of is 'dx': it needs to be 'x' or 'w'"):
        show_touch(X, W, DY, of="dx")


@pytest.mark.parametrize(("stride", "shape"), [(1, None), (2, None), (3, None), (2, (6, 7))])
def test_all_the_paint_is_the_backward_pass_and_each_step_adds_one_patch(stride, shape):
    whole = paint(MAP, KERNEL, stride=stride, shape=shape)
    np.testing.assert_array_equal(whole, gradient(MAP, stride, whole.shape))
    before = np.zeros_like(whole)
    for step in range(MAP.size):
        i, j = divmod(step, 3)
        after = paint(MAP, KERNEL, stride=stride, shape=shape, steps=step + 1)
        patch = (after - before)[i * stride : i * stride + 3, j * stride : j * stride + 2]
        np.testing.assert_array_equal(patch, MAP[i, j] * KERNEL)
        before = after
    np.testing.assert_array_equal(before, whole)


def test_the_contact_sheet_ends_in_dx_and_outlines_each_patch(figures):
    picture = show_painting(MAP, KERNEL)
    assert picture.alt.endswith(f"In the end the canvas is dx: {rows(gradient(MAP))}.")
    (axes,) = figures[0].axes
    assert len(axes.patches) == MAP.size and {(p.get_height(), p.get_width()) for p in axes.patches} == {(3, 2)}
    assert "+ (−2) · w" in texts(figures[0])


def test_a_step_shows_its_pixel_its_patch_and_the_canvas(figures):
    picture = show_painting_step(MAP, KERNEL, 2)
    assert f"pixel (0, 2) of dy is −2; times the kernel {rows(KERNEL)} it paints {rows(-2 * KERNEL)}" in picture.alt
    assert picture.alt.endswith(f"dx so far is {rows(paint(MAP, KERNEL, steps=3))}.")
    with pytest.raises(ValueError, match="there is no step 6: dy has 6 pixels, so the steps run from 0 to 5"):
        show_painting_step(MAP, KERNEL, 6)


@pytest.mark.parametrize(("row", "column"), [(0, 0), (2, 1), (3, 3)])
def test_a_pixel_that_asks_who_painted_it_gets_the_painters_number(figures, row, column):
    alt = show_gather(MAP, KERNEL, row, column).alt
    full = correlate2d(np.pad(MAP, ((2, 2), (1, 1))), KERNEL[::-1, ::-1])
    np.testing.assert_array_equal(full, gradient(MAP))
    assert f"in sum {numbers(full[row, column])[0]}: that is pixel ({row}, {column}) of dx {rows(full)}." in alt
    (equation,) = [text for text in texts(figures[0]) if "=" in text]
    assert equation.endswith(f"= {numbers(full[row, column])[0]}")


def test_no_pixel_asks_outside_of_dx():
    with pytest.raises(ValueError, match=r"there is no pixel \(4, 0\) in dx of 4 × 4 px"):
        show_gather(MAP, KERNEL, 4, 0)


def test_the_maximum_routes_and_a_tie_is_paid_once(figures):
    alt = show_routes(POOLED, SIX, 2).alt
    assert alt.endswith("comes back as dx [[0 1 0 0 3 0], [0 0 2 0 0 0], [4 0 5 0 0 6], [0 0 0 0 0 0]].")
    letters = [text for text in texts(figures[0]) if text in "ABCDEF"]
    assert sorted(letters) == sorted("ABCDEF" * 4), "once in x, y, dy and dx"


def test_windows_that_overlap_pay_one_pixel_together(figures):
    alt = show_routes(POOLED[:3, :4], SIX, 2, stride=1).alt
    assert alt.endswith("dx [[0 1 0 0], [0 0 16 0], [4 0 0 0]].")
    assert texts(figures[0]).count("BCEF") == 2, "in x and in dx"


def test_the_average_spreads(figures):
    alt = show_routes(POOLED, 4 * SIX, 2, average=True).alt
    assert alt.endswith("dx [[1 1 2 2 3 3], [1 1 2 2 3 3], [4 4 5 5 6 6], [4 4 5 5 6 6]].")


def test_routes_need_one_number_for_each_window():
    with pytest.raises(ValueError, match="dy has 2 × 3 px, but pooling gives 2 × 2 px. Give one number for each window."):
        show_routes(POOLED[:, :4], SIX, 2)


def test_errors_are_drawn_as_given_and_zero_stays_visible(figures):
    alt = DRAW["errors"]().alt
    first, second = figures[0].axes[0].lines
    assert first.get_ydata().tolist() == [1e-3, 1e-5] and second.get_ydata()[1] > 0
    assert "a: best h 1e-02" in alt
    assert first.get_linestyle() != second.get_linestyle() and first.get_marker() != second.get_marker()


def test_the_film_plays_every_step_and_its_slider_follows():
    film = play_painting(MAP, KERNEL)
    shown = []
    for step in range(film.play.max + 1):
        film.play.value = step
        assert film.step.value == step
        shown.append(film.box.children[1].value)
    assert shown == [show_painting_step(MAP, KERNEL, step).png for step in range(6)]
    assert film.box.children[2].value.endswith(f"dx so far is {rows(gradient(MAP))}.")
    film.step.value = 2
    assert film.play.value == 2, "play should go on from where the slider was put"


def test_a_move_of_the_film_draws_once(monkeypatch):
    film, drawn = play_painting(MAP, KERNEL), []
    monkeypatch.setattr("cnnlib.widgets_backprop.show_painting_step",
                        lambda *place, **more: drawn.append(place[2]) or show_painting_step(*place, **more))
    film.play.value = 4
    film.step.value = 1
    assert drawn == [4, 1]


def test_what_a_notebook_gets_holds_the_live_view_and_the_contact_sheet():
    film = play_painting(MAP, KERNEL, stride=2, shape=(5, 7))
    data, metadata = film._repr_mimebundle_()
    sheet = show_painting(MAP, KERNEL, stride=2, shape=(5, 7))
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == film.box.model_id
    assert data["image/png"] == sheet.png and data["text/plain"] == metadata["image/png"]["alt"] == repr(film) == sheet.alt


def test_it_needs_no_notebook_and_no_tensorflow():
    code = ("import sys; from cnnlib.widgets_backprop import play_painting; f = play_painting([[1, 10]], [[1, 2]]); "
            "f.step.value = 1; print(f.picture); assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules")
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert "dx so far is [[1 12 20]]" in run.stdout
