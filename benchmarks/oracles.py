"""How far our metrics are from the tools they are checked against, on real and on drawn items.

`differences` is a part of `make bench-validity`. Each figure is the largest absolute difference;
the tests assert the bounds, on more kinds of items. Needs requirements-test.txt.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rapidfuzz.distance import LCSseq

from benchmarks.bertscore import ours, package, read_pairs
from benchmarks.build_real_challenge import read_lines, real_data
from evaluator.dataset import Convention, Dataset, MetricName, MetricSettings
from evaluator.encoders import DEFAULT, Encoder
from evaluator.items import AnsweredItem, Question, Reference
from evaluator.lines import Other
from evaluator.metrics import METRICS
from evaluator.metrics.bleu import ORDERS, ngram_counts
from evaluator.metrics.metric import table
from evaluator.metrics.rouge_l import rouge_l, tokens
from evaluator.texts import Bilingual

CLASSES = tuple("甲乙丙丁戊")
DRAWN = 40
BLEU_PAIRS, ROUGE_PAIRS, BERTSCORE_PAIRS = 300, 60, 24
# What the authors of the X-ray reports recorded for their template.
RECORDED_BLEU = (0.4926032662920791, 0.3450899138765263, 0.24799305831259186, 0.18241313606316437)
RECORDED_ROUGE_L = 0.40007036081851793
# COCO's caption evaluation weighs recall 1.2² as much as precision.
BETA = 1.2**2

Pairs = Sequence[tuple[str, str]]


def differences(encoder: Encoder, seed: int) -> dict[str, float]:
    """Return the largest absolute difference to each oracle."""
    pairs = list(read_pairs(real_data("ai_hospital"))[-1])
    template = reports()
    return {
        "micro_f1 - scikit-learn": sklearn_difference("micro", seed),
        "macro_f1 - scikit-learn": sklearn_difference("macro", seed),
        "bleu - sacrebleu": sacrebleu_difference(pairs[:BLEU_PAIRS]),
        "rouge_l - rouge-chinese": rouge_difference(pairs[:ROUGE_PAIRS]),
        "bertscore raw F1 - bert-score": bert_score_difference(encoder, pairs[:BERTSCORE_PAIRS]),
        "BLEU-1 to 4 - recorded for IU X-ray": max(
            abs(a - b) for a, b in zip(coco_bleu(template), RECORDED_BLEU, strict=True)
        ),
        "ROUGE-L - recorded for IU X-ray": abs(coco_rouge_l(template) - RECORDED_ROUGE_L),
    }


def score(metric: MetricName, convention: Convention, pairs: Pairs) -> float:
    """Return what a metric makes of pairs of an answer and a reference."""
    name = Bilingual(zh="Set", en="Set")
    dataset = Dataset(
        id="Set",
        title=name,
        card=name,
        convention=convention,
        labels=CLASSES if convention == "labels" else (),
        metric=MetricSettings(name=metric),
    )
    items = [_item(str(number), *pair) for number, pair in enumerate(pairs)]
    totals = table(METRICS[metric].statistics(items, dataset)).sum(axis=0)
    return float(METRICS[metric].aggregate(totals, dataset)["score"])


def sklearn_difference(average: str, seed: int) -> float:
    """Return the largest difference of F1 over drawn sets of items with several labels each."""
    from sklearn.metrics import f1_score

    rng = np.random.default_rng(seed)
    found = []
    for _round in range(DRAWN):
        # One label that is right for sure: where none is, silence and a wrong list weigh alike.
        expected = rng.random((50, len(CLASSES))) < 0.4
        expected[:, 0] = True
        given = expected ^ (rng.random(expected.shape) < 0.3)
        given[:, 0] = True
        pairs = [
            ("##".join(_names(a)), "##".join(_names(b)))
            for a, b in zip(given, expected, strict=True)
        ]
        metric: MetricName = "micro_f1" if average == "micro" else "macro_f1"
        theirs = f1_score(expected, given, average=average, zero_division=0)
        found.append(abs(score(metric, "labels", pairs) - float(theirs)))
    return max(found)


def sacrebleu_difference(pairs: Pairs) -> float:
    """Return the largest difference of BLEU over blocks of 30 pairs, on our tokens."""
    from sacrebleu.metrics import BLEU

    found = []
    for start in range(0, len(pairs), 30):
        block = pairs[start : start + 30]
        answers, references = zip(*[map(_spaced, pair) for pair in block], strict=True)
        theirs = BLEU(tokenize="none").corpus_score(list(answers), [list(references)]).score / 100
        found.append(abs(score("bleu", "text", block) - theirs))
    return max(found)


def rouge_difference(pairs: Pairs) -> float:
    """Return the largest difference of ROUGE-L's F of a pair, on our tokens."""
    from rouge_chinese import Rouge

    rouge = Rouge(metrics=["rouge-l"])
    return max(
        abs(rouge_l(*pair) - rouge.get_scores(*map(_spaced, pair))[0]["rouge-l"]["f"])
        for pair in pairs
    )


def bert_score_difference(encoder: Encoder, pairs: Pairs) -> float:
    """Return the largest difference of raw F1 where both texts are read at once."""
    name = Bilingual(zh="Set", en="Set")
    settings = MetricSettings(name="bertscore", encoder=DEFAULT)
    dataset = Dataset(id="Set", title=name, card=name, metric=settings)
    found = ours(pairs, dataset)
    theirs = package(encoder)(*map(list, zip(*pairs, strict=True)))
    return max(
        abs(a - b)
        for a, b, windowed in zip(found.f1, theirs, found.windowed, strict=True)
        if not windowed
    )


def reports() -> list[tuple[list[str], list[str]]]:
    """Return (template, reference) of the X-ray reports as words, split at single blanks.

    Some reports hold two blanks in a row, which then are an empty word between.
    """
    folder = real_data("iu_xray_reports") / "iu_xray_reports"
    template, references = (
        {line["other"]["id"]: line["answer"].split(" ") for line in read_lines(file)}
        for file in (folder / "predictions" / "template.jsonl", folder / "references.jsonl")
    )
    return [(template[key], words) for key, words in references.items()]


def coco_bleu(pairs: Sequence[tuple[list[str], list[str]]]) -> list[float]:
    """Return BLEU-1 to 4 as COCO's caption evaluation counts: empty words out, no smoothing."""
    counts = np.sum(
        [ngram_counts([w for w in a if w], [w for w in b if w]) for a, b in pairs], axis=0
    )
    common, written = counts[:ORDERS], counts[ORDERS : 2 * ORDERS]
    penalty = min(1.0, float(np.exp(1 - counts[-1] / counts[-2])))
    means = np.cumprod(common / written) ** (1 / np.arange(1, ORDERS + 1))
    return [float(penalty * mean) for mean in means]


def coco_rouge_l(pairs: Sequence[tuple[list[str], list[str]]]) -> float:
    """Return ROUGE-L as COCO's caption evaluation counts, empty words included."""
    values = []
    for answer, reference in pairs:
        common = LCSseq.similarity(answer, reference)
        precision, recall = common / len(answer), common / len(reference)
        values.append((1 + BETA) * precision * recall / (recall + BETA * precision))
    return float(np.mean(values))


def _item(item: str, answer: str, expected: str) -> AnsweredItem:
    other = Other(id=item, source="Set")
    question = Question(question="", other=other)
    return AnsweredItem(item, (question,), (Reference(other=other, answer=expected),), (answer,))


def _names(given: np.typing.NDArray[np.bool_]) -> list[str]:
    return [name for name, one in zip(CLASSES, given, strict=True) if one]


def _spaced(text: str) -> str:
    return " ".join(tokens(text))
