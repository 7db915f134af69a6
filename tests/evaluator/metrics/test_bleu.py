"""BLEU against sacrebleu, and what the authors of the real reports recorded."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import LCSseq
from sacrebleu.metrics import BLEU

from evaluator.metrics import METRICS
from evaluator.metrics.bleu import ORDERS, ngram_counts
from evaluator.metrics.metric import table
from evaluator.metrics.rouge_l import tokens
from tests.evaluator.metrics.answered import dataset, rows, scores

METRIC = METRICS["bleu"]
DATASET = dataset("bleu", "text")
IU_XRAY = Path(__file__).resolve().parents[4] / "shared" / "data" / "iu_xray_reports"
RECORDED = {
    "Bleu_1": 0.4926032662920791,
    "Bleu_2": 0.3450899138765263,
    "Bleu_3": 0.24799305831259186,
    "Bleu_4": 0.18241313606316437,
}
RECORDED_ROUGE_L = 0.40007036081851793


def oracle(cases: list[tuple[str, str]], tokenize: str = "none") -> float:
    """Return sacrebleu's corpus score / 100; of our tokens unless it tokenizes itself."""
    pairs = cases
    if tokenize == "none":
        pairs = [(" ".join(tokens(a)), " ".join(tokens(b))) for a, b in cases]
    answers, references = zip(*pairs, strict=True)
    return float(BLEU(tokenize=tokenize).corpus_score(answers, [references]).score) / 100


CHINESE = [
    ("患者发热三天，伴咳嗽。", "患者发热3天，伴有咳嗽、咳痰。"),
    ("双肺纹理清晰，未见实变。", "双肺纹理增粗，未见明显实变影。"),
    ("建议多饮水，注意休息。", "建议注意休息，多饮水。"),
]


def test_agrees_with_sacrebleu_zh() -> None:
    """Its Chinese tokenizer and ours agree but for decimals and joined Latin words."""
    assert scores(DATASET, *CHINESE)["score"] == pytest.approx(oracle(CHINESE, "zh"), abs=1e-9)


TEXTS = st.text("甲乙丙丁ab1，。 ", max_size=14)


@settings(max_examples=150, deadline=None)
@given(cases=st.lists(st.tuples(TEXTS, TEXTS.filter(lambda t: bool(tokens(t)))), min_size=1))
def test_agrees_with_sacrebleu_on_any_corpus(cases: list[tuple[str, str]]) -> None:
    found = scores(DATASET, *cases)

    assert found["score"] == pytest.approx(oracle(cases), abs=1e-9)
    assert all(0 <= value <= 1 + 1e-12 for value in found.values())


def test_by_hand() -> None:
    # 5 of 6, 3 of 5, 2 of 4, 1 of 3 n-grams; the answer is not shorter.
    found = scores(DATASET, ("甲乙丙丁戊己", "甲乙丙丁己"))

    assert [found[f"precision_{k}"] for k in (1, 2, 3, 4)] == [5 / 6, 3 / 5, 2 / 4, 1 / 3]
    assert found["score"] == pytest.approx((5 / 6 * 3 / 5 * 2 / 4 * 1 / 3) ** 0.25)
    assert found["brevity_penalty"] == 1


@pytest.mark.parametrize("answer", ["", None, "<think>发热", "无", "甲", "发"])
def test_nothing_in_common_or_too_short_is_0(answer: str | None) -> None:
    assert scores(DATASET, (answer, "发热三天"))["score"] == 0


def test_totals_keep_their_shape() -> None:
    numbers = table(rows(DATASET, *CHINESE, ("", "发热三天")))

    whole = METRIC.aggregate(numbers, DATASET)["score"]
    assert METRIC.aggregate(np.stack([numbers] * 2), DATASET)["score"].shape == (2, 4)
    assert whole[-1] == 0 and (whole[:-1] > 0).all()


def reports() -> list[tuple[list[str], list[str]]]:
    """Return (template, reference) as words, split at single blanks.

    Some reports hold two blanks in a row, which then are an empty word between.
    """
    files = (IU_XRAY / "predictions" / "template.jsonl", IU_XRAY / "references.jsonl")
    template, references = (
        {line["other"]["id"]: line["answer"] for line in map(json.loads, file.open("rb"))}
        for file in files
    )
    return [(template[key].split(" "), text.split(" ")) for key, text in references.items()]


@pytest.mark.skipif(not IU_XRAY.is_dir(), reason="the real reports are not here: ../shared/data")
def test_recorded_bleu_of_the_template_is_reproduced() -> None:
    """As COCO's caption evaluation counts: words at white space, no smoothing, closest length."""
    counts = np.sum(
        [ngram_counts([w for w in a if w], [w for w in b if w]) for a, b in reports()], axis=0
    )
    common, written = counts[:ORDERS], counts[ORDERS : 2 * ORDERS]
    penalty = min(1.0, float(np.exp(1 - counts[-1] / counts[-2])))

    found = penalty * np.cumprod(common / written) ** (1 / np.arange(1, ORDERS + 1))

    assert found == pytest.approx(list(RECORDED.values()), abs=1e-9)


@pytest.mark.skipif(not IU_XRAY.is_dir(), reason="the real reports are not here: ../shared/data")
def test_recorded_rouge_l_of_the_template_is_reproduced() -> None:
    """As COCO's caption evaluation counts: words at single blanks, recall weighs 1.2² as much."""
    beta = 1.2**2
    values = []
    for answer, reference in reports():
        common = LCSseq.similarity(answer, reference)
        precision, recall = common / len(answer), common / len(reference)
        values.append((1 + beta) * precision * recall / (recall + beta * precision))

    assert np.mean(values) == pytest.approx(RECORDED_ROUGE_L, abs=1e-9)
