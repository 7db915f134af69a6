"""The page itself, run by Streamlit's own test harness."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from evaluator import settings

SCRIPT = Path(__file__).resolve().parents[2] / "leaderboard" / "main.py"


@pytest.fixture
def page(board_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The page over three entries, for a reader of Chinese."""
    monkeypatch.setenv("DATA_DIR", str(board_dir.parent))
    settings.settings.cache_clear()
    test = AppTest.from_file(str(SCRIPT), default_timeout=60)
    test.query_params["lang"] = "zh"
    yield test
    settings.settings.cache_clear()


def test_it_shows_title_table_and_notes(page: AppTest) -> None:
    page.run()
    assert not page.exception
    assert page.title[0].value == "排行榜"
    assert page.dataframe[0].value["模型"].tolist()[1:] == ["Second", "Third"]
    assert [text.value for text in page.text] == ["Second: 说明"]


def test_choosing_nothing_explains_itself(page: AppTest) -> None:
    page.run()
    page.multiselect[0].set_value([]).run()
    assert not page.exception
    assert page.info[0].value == "请至少选择一个模型。"


def test_an_empty_board_explains_itself(page: AppTest) -> None:
    page.query_params["track"], page.query_params["phase"] = "mini", "test"
    page.run()
    assert not page.exception
    assert "还没有条目" in page.info[0].value


def test_no_board_at_all_explains_itself(page: AppTest, board_dir: Path) -> None:
    for path in board_dir.glob("*/*.parquet"):
        path.unlink()
    page.run()
    assert not page.exception
    assert "尚未发布" in page.info[0].value


def test_a_damaged_board_says_so(page: AppTest, board_dir: Path) -> None:
    (board_dir / "mini" / "dev.parquet").write_bytes(b"damaged")
    page.run()
    assert not page.exception
    assert page.error[0].value == "暂时无法读取 mini / dev 的榜单。"
