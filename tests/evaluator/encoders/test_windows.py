import pytest

from evaluator.encoders.windows import Window, windows


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, [Window(0, 0, 0, 2)]),
        (1, [Window(0, 1, 0, 3)]),
        (10, [Window(0, 10, 0, 12)]),
        # Middles 4.5 and 5.5: token 5 is as near to both and stays with the first.
        (11, [Window(0, 10, 0, 7), Window(1, 11, 7, 13)]),
        # Middles 4.5, 7.5: tokens up to 6 belong to the first.
        (13, [Window(0, 10, 0, 8), Window(3, 13, 8, 15)]),
        # Middles 4.5, 9.5, 14.5: tokens up to 7, then up to 12.
        (20, [Window(0, 10, 0, 9), Window(5, 15, 9, 14), Window(10, 20, 14, 22)]),
    ],
)
def test_windows_of_ten(count: int, expected: list[Window]) -> None:
    assert windows(count, 10) == expected


@pytest.mark.parametrize("size", [1, 2, 3, 10, 510])
@pytest.mark.parametrize("count", [0, 1, 9, 511, 700, 1021, 4999])
def test_every_row_is_kept_once_and_lies_in_its_window(count: int, size: int) -> None:
    pieces = windows(count, size)
    rows = [row for piece in pieces for row in range(piece.first, piece.last)]
    assert rows == list(range(count + 2))
    for piece in pieces:
        assert piece.stop - piece.start <= size
        assert piece.start <= piece.first <= piece.last <= piece.stop + 2


@pytest.mark.parametrize("count", [511, 700, 1021, 4999])
def test_a_kept_token_is_never_near_a_cut(count: int) -> None:
    for piece in windows(count, 510):
        kept = range(max(piece.first - 1, 0), min(piece.last - 1, count))
        assert piece.start == 0 or kept[0] - piece.start >= 510 // 4
        assert piece.stop == count or piece.stop - 1 - kept[-1] >= 510 // 4
