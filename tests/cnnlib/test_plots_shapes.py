"""The pictures of shapes show what the counting functions count, and what a brute-force walk over pixels finds."""

import io

import numpy as np
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from cnnlib import ALEXNET, LENET5, VGG16, conv_output_size, plots_funnel, plots_shapes, receptive_field, same_padding
from cnnlib.plots_shapes import show_funnel, show_places, show_receptive_field, show_windows_reach

CONV, POOL = {"type": "conv", "filters": 4, "kernel": 3}, {"type": "max_pool", "size": 2}
DRAW = {
    "places": lambda: show_places(7, 3),
    "places side by side, with other pads at the two ends": lambda: show_places(8, 3, stride=2, pad=[0, (0, 1)]),
    "windows, no pads": lambda: show_windows_reach(8, 3, 2),
    "windows with holes and pads": lambda: show_windows_reach(9, 3, 2, 1, 2),
    "one window": lambda: show_windows_reach(1, 1),
    "receptive field": lambda: show_receptive_field([CONV, POOL, CONV]),
    "short funnel": lambda: show_funnel(*LENET5[::-1]),
    "long funnel": lambda: show_funnel(*VGG16[::-1]),
    "funnel of rows alone": lambda: show_funnel([{"type": "dense", "units": 3}], (4,)),
}


@pytest.fixture
def figures(monkeypatch):
    """The Matplotlib figures behind the pictures drawn in a test."""
    drawn, finish = [], plots_shapes._finish
    for module in (plots_shapes, plots_funnel):
        monkeypatch.setattr(module, "_finish", lambda figure, alt: drawn.append(figure) or finish(figure, alt))
    return drawn


def texts(axes):
    return [text.get_text() for text in axes.texts]


def walk(n, kernel, stride, pad, dilation):
    """By walking over the padded row: (the first pixel of each window, how many windows read each pixel of the image)."""
    starts, reads = [], [0] * (n + 2 * pad)
    for start in range(0, n + 2 * pad, stride):
        taps = [start + tap * dilation for tap in range(kernel)]
        if taps[-1] < n + 2 * pad:
            starts.append(start)
            for tap in taps:
                reads[tap] += 1
    return starts, reads[pad : pad + n]


CASES = [(8, 3, 1, 0, 1), (8, 3, 2, 0, 1), (7, 2, 3, 1, 1), (9, 3, 2, 1, 2), (5, 4, 3, 2, 1), (6, 2, 4, 0, 3), (3, 1, 2, 2, 4)]


@pytest.mark.parametrize("draw", DRAW.values(), ids=DRAW.keys())
def test_a_picture_is_a_png_with_words_and_the_same_bytes_twice_whatever_the_readers_settings(draw):
    import matplotlib

    picture = draw()
    assert Image.open(io.BytesIO(picture.png)).format == "PNG" and len(picture.alt) > 40
    with matplotlib.rc_context({"font.size": 20, "image.cmap": "jet", "figure.facecolor": "pink", "font.family": "serif"}):
        assert draw().png == picture.png


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_row_shows_each_place_and_crosses_out_what_none_reads(figures, case):
    n, kernel, stride, pad, dilation = case
    picture = show_places(n, kernel, stride=stride, pad=pad, dilation=dilation)
    starts, reads = walk(*case)
    (axes,) = figures[0].axes
    taps = [patch.get_x() for patch in axes.patches if to_hex(patch.get_facecolor()) == plots_shapes.TAP]
    left = 1.2 + 0.06  # where the row begins, and a tap in its cell
    assert np.round(np.subtract(taps, left), 6).tolist() == [s + t * dilation for s in starts for t in range(kernel)]
    lost = [patch.get_x() for patch in axes.patches if to_hex(patch.get_facecolor()) == to_hex(plots_shapes.LOST)]
    unread = [pixel for pixel, times in enumerate(reads) if not times]
    assert np.round(np.subtract(lost, 1.2 + pad), 6).tolist() == unread
    assert f"starts at {', '.join(str(start - pad) for start in starts)};" in picture.alt
    assert f"never read: {', '.join(map(str, unread)) or 'none'}." in picture.alt
    assert sum(patch.get_hatch() is not None for patch in axes.patches) == 2 * pad


def test_cases_stand_side_by_side_under_their_titles(figures):
    show_places(8, 3, stride=[1, 2], pad=[0, same_padding(8, 3, 2)])
    assert {"kernel 3: 6 places", "stride 2, pad (0, 1): 4 places"} <= set(texts(figures[0].axes[0]))
    show_places(3, [3, 1], titles=["all", "each"])
    assert {"all", "each"} <= set(texts(figures[1].axes[0]))
    with pytest.raises(ValueError, match="shorter|longer"):
        show_places(8, [3, 2], stride=[1, 2, 3])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_grid_says_how_many_windows_read_each_pixel(figures, case):
    n, kernel, stride, pad, dilation = case
    picture = show_windows_reach(*case)
    starts, reads = walk(*case)
    grid, sheet = figures[0].axes
    assert [int(text) for text in texts(grid)] == np.outer(reads, reads).ravel().tolist()
    lost = int(np.sum(np.outer(reads, reads) == 0))
    assert ("Every pixel is read." if not lost else f"never read: {lost} of {n * n} pixels.") in picture.alt
    (line,) = [text.get_text() for text in figures[0].texts]
    places = conv_output_size(n, kernel, stride=stride, pad=pad, dilation=dilation)
    assert len(starts) == places and f"+ 1 = {places};" in line and f"{lost} of {n * n} pixels never read" in line


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_sheet_shows_every_window_where_it_lies(figures, case):
    n, kernel, stride, pad, dilation = case
    show_windows_reach(*case)
    starts, _ = walk(*case)
    (shown,) = figures[0].axes[1].images
    sheet = np.asarray(shown.get_array())  # rows of small copies
    window = np.array([0xD9, 0x5F, 0x02]) / 255
    length = n + 2 * pad
    gap = max(1, length // 6)
    for row, top in enumerate(starts):
        for column, left in enumerate(starts):
            copy = sheet[row * (length + gap) :, column * (length + gap) :][:length, :length]
            marked = np.argwhere(np.isclose(copy, window, atol=0.01).all(axis=-1)).tolist()
            taps = [[top + a * dilation, left + b * dilation] for a in range(kernel) for b in range(kernel)]
            assert marked == taps
    assert sheet.shape[0] == len(starts) * (length + gap) - gap


def test_a_kernel_that_does_not_fit_is_told_in_the_words_of_conv_output_size():
    with pytest.raises(ValueError, match="kernel of 5 px does not fit an axis of 3 px with pad=0"):
        show_windows_reach(3, 5)
    with pytest.raises(ValueError, match="does not fit"):
        show_places(3, 5)
    with pytest.raises(ValueError, match="stride"):
        show_windows_reach(8, 3, 0)


@pytest.mark.parametrize("layers", [
    [CONV], [CONV, CONV], [CONV, POOL, CONV], [{**CONV, "stride": 2}, {"type": "dropout"}, {**CONV, "dilation": 3}],
    [{"type": "average_pool", "size": 3, "stride": 2}, {**CONV, "kernel": 2}, POOL],
], ids=["one", "two", "pooling between", "stride, dropout, dilation", "average pooling first"])  # fmt: skip
def test_a_receptive_field_is_drawn_as_wide_as_it_is_counted(figures, layers):
    picture = show_receptive_field(layers)
    (axes,) = figures[0].axes
    image = [patch for patch in axes.patches if patch.get_y() == pytest.approx(-0.42)]
    seen = [patch.get_x() for patch in image if to_hex(patch.get_facecolor()) == plots_shapes.TAP]
    field = receptive_field(layers)
    assert round(max(seen) - min(seen)) + 1 == field and f"over {field} px" in picture.alt
    top = [patch for patch in axes.patches if to_hex(patch.get_facecolor()) == plots_shapes.MARK]
    assert len(top) == 1
    middle = (min(seen) + max(seen)) / 2
    assert top[0].get_x() == pytest.approx(middle), "a number should stand above the middle of what it sees"


def test_the_distance_between_neighbours_is_the_jump(figures):
    show_receptive_field([CONV, POOL, POOL])
    (axes,) = figures[0].axes
    highest = max(patch.get_y() for patch in axes.patches)
    places = sorted(patch.get_x() for patch in axes.patches if patch.get_y() == highest)
    assert np.diff(places).tolist() == pytest.approx([4, 4])
    assert "max pool 2 × 2\nsees 6 px, jump 4" in texts(axes)


def test_a_layer_that_sees_everything_has_no_receptive_field():
    with pytest.raises(ValueError, match="flatten"):
        show_receptive_field([CONV, {"type": "flatten"}])


@pytest.mark.parametrize(("network", "heaviest", "total"), [
    (LENET5, "48,120", "61,706"), (ALEXNET, "37,752,832", "62,378,344"), (VGG16, "102,764,544", "138,357,544"),
], ids=["LeNet-5", "AlexNet", "VGG-16"])  # fmt: skip
def test_the_bars_of_a_funnel_are_the_numbers_of_the_table(figures, network, heaviest, total):
    from cnnlib import shape_table

    picture = show_funnel(*network[::-1])
    _, numbers, parameters = figures[0].axes
    rows = shape_table(*network[::-1]).rows
    assert [bar.get_height() for bar in numbers.patches] == [np.prod(shape) for _, shape, _ in rows]
    assert [bar.get_height() for bar in parameters.patches] == [count for _, _, count in rows]
    assert f"most parameters, {heaviest} of {total}, are in layer" in picture.alt
    assert texts(figures[0].axes[0]) == ["×".join(map(str, shape)) for _, shape, _ in rows]


@pytest.mark.parametrize(("value", "text"), [
    (84, "84"), (4704, "4,704"), (9999, "9,999"), (48_120, "48.1 k"), (802_816, "803 k"), (3_211_264, "3.2 M"),
    (102_764_544, "102.8 M"),
])  # fmt: skip
def test_a_count_is_written_in_few_letters(value, text):
    assert plots_funnel.short(value) == text
