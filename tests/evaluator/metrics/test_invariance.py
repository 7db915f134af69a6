"""What no score may depend on, and its range, for every metric that needs no encoder."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.dataset import Dataset
from tests.evaluator.metrics.answered import Case, dataset, scores

WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F) if chr(code) not in "\"'"}
FAULTS = ("体位不正", "偏中心", "无问题")
TEXTS = ["主诉：发热2天\n诊断：感冒", "诊断：感冒", "发热", "主诉：咳嗽 诊断：CT 阴性"]
EVENT = '[{"主体词": "咳嗽", "描述词": ["夜间"], "解剖部位": [], "发生状态": ""}]'
WRITTEN: list[tuple[Dataset, list[str]]] = [
    (dataset("accuracy", "letter"), ["<A>", "<B>", "答案：A、B", "A B C D E"]),
    (dataset("robust_accuracy", "letter"), ["<A>", "<B>", "答案：A、B", "A B C D E"]),
    (dataset("exact_match", "labels", FAULTS), ["体位不正", "偏中心|体位不正", "无问题"]),
    (dataset("micro_f1", "labels"), ["糖尿病##高血压", "CT 检查", "无"]),
    (dataset("micro_f1", "events"), [EVENT, EVENT.replace("夜间", "晨起"), "[]"]),
    (dataset("macro_f1", "labels", FAULTS), ["体位不正", "偏中心|体位不正", "无问题"]),
    (dataset("field_accuracy", "fields"), ['{"a": "甲 乙"}', '{"a": 1, "b": null}']),
    (dataset("section_f1", "sections"), [TEXTS[0], TEXTS[1], TEXTS[3]]),
    (dataset("bleu", "text"), TEXTS),
    (dataset("rouge_l", "text"), TEXTS),
    (dataset("rouge_l", "sections"), [TEXTS[0], TEXTS[1], TEXTS[3]]),
]
IDS = [f"{tried.metric.name}-{tried.convention}" for tried, _ in WRITTEN]
NOISE = ["", "不知道", "？", "<think>"]


@pytest.mark.parametrize(("tried", "written"), WRITTEN, ids=IDS)
def test_scores_stay_in_range_and_forget_order_width_and_blanks(
    tried: Dataset, written: list[str]
) -> None:
    right = st.sampled_from(written)
    cases = st.lists(st.tuples(st.sampled_from([*written, *NOISE]), right), min_size=1, max_size=6)

    @settings(max_examples=40, deadline=None)
    @given(cases=cases, order=st.randoms())
    def check(cases: list[Case], order: object) -> None:
        found = scores(tried, *cases)
        assert all(0 <= value <= 1 + 1e-12 for value in found.values())

        shuffled = list(cases)
        order.shuffle(shuffled)  # type: ignore[attr-defined]
        assert scores(tried, *shuffled) == pytest.approx(found)
        spaced = [((a or "").replace(" ", "  ").replace("\n", "\n\n"), b) for a, b in cases]
        assert scores(tried, *spaced) == pytest.approx(found)
        hidden = [("\u200b".join(a or ""), b) for a, b in cases]
        # A tag with something hidden in it is no tag.
        if all(a != "<think>" for a, _ in cases):
            assert scores(tried, *hidden) == pytest.approx(found)
        wide = [((a or "").translate(WIDE), b) for a, b in cases]
        if all(a not in NOISE for a, _ in cases):
            assert scores(tried, *wide) == pytest.approx(found)

    check()


@pytest.mark.parametrize(("tried", "written"), WRITTEN, ids=IDS)
def test_the_reference_is_right_and_silence_is_not(tried: Dataset, written: list[str]) -> None:
    for right in written:
        if tried.convention != "text" or len(right) > 3:
            assert scores(tried, (right, right))["score"] == pytest.approx(1)
        assert scores(tried, ("", right))["score"] == 0
        assert scores(tried, (None, right))["score"] == 0


@given(right=st.sets(st.sampled_from("ABCDE"), min_size=1))
def test_every_option_is_right_only_where_all_are(right: set[str]) -> None:
    for metric in ("accuracy", "robust_accuracy", "exact_match"):
        choice = dataset(metric, "letter")  # type: ignore[arg-type]
        score = scores(choice, ("A、B、C、D、E", f"<{', '.join(sorted(right))}>"))["score"]
        assert score == (right == set("ABCDE"))
