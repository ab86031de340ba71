"""The pictures say what the arrays say: numbers as written, words for every picture, the same bytes twice."""

import io

import numpy as np
import pytest
from PIL import Image

from cnnlib import KERNELS, correlate2d, kernel_descent, plots

IMAGE = np.arange(30).reshape(5, 6) % 7  # 5 high, 6 wide
KERNEL = np.array([[-1, 0, 2], [3, 0, -1]])  # 2 high, 3 wide
PHOTO = np.add.outer(np.arange(20), 3 * np.arange(30)).astype(np.uint8)  # 20 high, 30 wide, a ramp


def descent():
    image = np.sin(IMAGE)
    return list(kernel_descent(image, correlate2d(image, KERNEL), (2, 3), 6, 0.2))


DRAW = {
    "one image": lambda: plots.show_images(PHOTO),
    "colour beside signed, with a box": lambda: plots.show_images(
        [np.dstack([PHOTO] * 3), PHOTO - 40.0], ["colour", "signed"], maps=["gray", "signed"], boxes=[(2, 3, 4, 5), None]
    ),
    "magnitude in two rows": lambda: plots.show_images([PHOTO] * 3, list("abc"), maps="magnitude", columns=2),
    "numbers": lambda: plots.show_numbers([IMAGE, KERNEL], ["image", "kernel"], between=["⋆"], maps=["gray", "signed"]),
    "window": lambda: plots.show_window(IMAGE, KERNEL, 2, 1),
    "filters": lambda: plots.show_filters(PHOTO, KERNELS),
    "descent": lambda: plots.show_descent(descent(), [0, 2, 6], target=KERNEL),
    "arrows": lambda: plots.show_arrows(PHOTO, np.ones(PHOTO.shape), np.ones(PHOTO.shape)),
}


@pytest.fixture
def figures(monkeypatch):
    """The Matplotlib figures behind the pictures drawn in a test."""
    drawn, finish = [], plots._finish
    monkeypatch.setattr(plots, "_finish", lambda figure, alt: drawn.append(figure) or finish(figure, alt))
    return drawn


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts if text.get_text()]


def numbers(array):
    return [f"{value:.0f}".replace("-", "−") for value in np.ravel(array)]


@pytest.mark.parametrize("draw", DRAW.values(), ids=DRAW.keys())
def test_a_picture_is_a_png_with_words_and_the_same_bytes_twice(draw):
    picture, again = draw(), draw()
    data, metadata = picture._repr_mimebundle_()
    image = Image.open(io.BytesIO(data["image/png"]))
    image.verify()
    assert image.format == "PNG" and not image.info.keys() & {"Software", "Creation Time", "date"}
    assert len(picture.alt) > 10 and data["text/plain"] == repr(picture) == picture.alt
    assert metadata["image/png"]["alt"] == picture.alt
    assert picture.png == again.png, "the same arrays gave two different files"


@pytest.mark.parametrize("draw", DRAW.values(), ids=DRAW.keys())
def test_a_picture_does_not_depend_on_the_readers_settings(draw):
    import matplotlib

    expected = draw().png
    with matplotlib.rc_context({"font.size": 20, "image.cmap": "jet", "figure.facecolor": "pink", "font.family": "serif"}):
        assert draw().png == expected


@pytest.mark.parametrize(("row", "column"), [(0, 0), (1, 3), (3, 2)])
def test_the_numbers_in_a_window_are_numpys(figures, row, column):
    picture = plots.show_window(IMAGE, KERNEL, row, column)
    written = texts(figures[0])
    window = IMAGE[row : row + 2, column : column + 3]
    output = correlate2d(IMAGE, KERNEL)
    done = output.ravel()[: row * output.shape[1] + column + 1]  # later pixels are still blank
    tables = [*numbers(IMAGE), *numbers(KERNEL), *numbers(window * KERNEL), *numbers(done)]
    titles = ["image 5 × 6", "kernel", "products", "output 4 × 4"]
    signs = ["⋆", "→", "→"]
    (equation,) = [text for text in written if "=" in text]
    assert sorted(written) == sorted([*titles, *tables, *signs, equation])
    assert equation.endswith(f"= {numbers(output[row, column])[0]}")
    assert f"their sum {numbers(output[row, column])[0]} is pixel ({row}, {column})" in picture.alt


def test_a_window_outlines_where_it_looks_and_what_it_makes(figures):
    plots.show_window(IMAGE, KERNEL, 1, 2)
    window, pixel = figures[0].axes[0].patches
    assert (window.get_x(), window.get_y(), window.get_width(), window.get_height()) == (2, 1, 3, 2)
    board = 6 + 1.2 + 3 + 1.2 + 3 + 1.2  # image, kernel, products and the gaps between them
    assert (pixel.get_x(), pixel.get_y()) == pytest.approx((board + 2, 0.5 + 1))  # 4 rows in the middle of 5
    assert (pixel.get_width(), pixel.get_height()) == (1, 1)


def test_no_window_where_the_kernel_does_not_fit_or_the_output_ends():
    with pytest.raises(ValueError, match="kernel of 2 x 3 px does not fit an image of 2 x 2 px"):
        plots.show_window([[1, 2], [3, 4]], KERNEL)
    with pytest.raises(ValueError, match=r"no output pixel \(4, 0\) in an output of 4 × 4 px: rows run from 0 to 3"):
        plots.show_window(IMAGE, KERNEL, 4, 0)


def test_a_window_of_bytes_does_not_wrap(figures):
    plots.show_window(np.full((2, 2), 200, np.uint8), [[1, 1], [1, -1]])
    assert "200 + 200 + 200 + (−200) = 400" in texts(figures[0])


def test_a_signed_map_is_white_at_zero_and_turns_blue_upwards(figures):
    plots.show_images(PHOTO - 40.0, maps="signed")
    (shown,) = figures[0].axes[0].images
    assert shown.norm.vmin == -shown.norm.vmax
    low, zero, high = (shown.cmap(shown.norm(value)) for value in (shown.norm.vmin, 0, shown.norm.vmax))
    assert min(zero[:3]) > 0.95 and high[2] > high[0] and low[0] > low[2]


def test_bytes_are_shown_from_0_to_255_and_floats_over_their_own_range(figures):
    plots.show_images([PHOTO, PHOTO / 2.0])
    bytes_axes, float_axes = figures[0].axes
    assert (bytes_axes.images[0].norm.vmin, bytes_axes.images[0].norm.vmax) == (0, 255)
    assert (float_axes.images[0].norm.vmin, float_axes.images[0].norm.vmax) == (0, PHOTO.max() / 2)


def test_flat_arrays_and_missing_values_can_be_drawn():
    for kind in plots.MAPS:
        plots.show_images([np.zeros((9, 9)), np.full((9, 9), 7.0)], maps=kind)
    plots.show_numbers(np.array([[np.nan, 1.0]]), alt="a blank and a one")


@pytest.mark.parametrize(
    ("value", "text"),
    [(21.0, "21"), (-3, "−3"), (-0.0, "0"), (1 / 9, "1/9"), (1 / 16, "1/16"), (0.25, "1/4"), (0.5, "0.5"), (58.6, "58.6"),
     (-0.001, "0"), (2.345, "2.35"), (-1.25, "−1.25"), (1e6, "1000000")],
)  # fmt: skip
def test_a_number_is_written_as_short_as_it_can_be(value, text):
    assert plots._number(value) == text


def test_fixed_places_never_show_a_negative_zero():
    assert plots._number(-0.004, 2) == "0.00" and plots._number(-1.996, 2) == "−2.00"


def test_a_filters_response_is_signed_only_where_the_entries_sum_to_zero(figures):
    plots.show_filters(PHOTO, {name: KERNELS[name] for name in ("sobel x", "box blur")})
    assert [axes.images[0].cmap.name for axes in figures[0].axes[1::2]] == ["RdBu", "gray"]


def test_a_descent_shows_the_kernels_of_its_snapshots(figures):
    steps = descent()
    plots.show_descent(steps, [0, 6])
    first, last, curve = figures[0].axes
    assert [text.get_text() for text in first.texts] == ["0.00"] * 6
    assert [text.get_text() for text in last.texts] == [plots._number(v, 2) for v in steps[6][0].ravel()]
    assert curve.lines[0].get_ydata().tolist() == [loss for _, loss in steps]


def test_an_arrow_points_where_it_is_told(figures):
    down, right = np.zeros((9, 9)), np.zeros((9, 9))
    down[4, 6], right[4, 6] = 3, -2
    plots.show_arrows(np.zeros((9, 9)), down, right)
    (arrow,) = figures[0].axes[1].collections
    assert (arrow.X, arrow.Y, arrow.U, arrow.V) == (6, 4, -2, 3)


def test_lists_of_the_wrong_length_are_named():
    with pytest.raises(ValueError, match="1 titles for 2 arrays: give one for each"):
        plots.show_images([PHOTO, PHOTO], ["only one"])


def test_a_picture_needs_words():
    with pytest.raises(ValueError, match="needs a description"):
        plots.Picture(b"", " ")


def test_a_picture_saves_its_png(tmp_path):
    picture = DRAW["window"]()
    picture.save(tmp_path / "window.png")
    assert (tmp_path / "window.png").read_bytes() == picture.png
