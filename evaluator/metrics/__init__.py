"""The metrics by name. A new one is a file beside these and a line here."""

from collections.abc import Mapping

from evaluator.metrics import (
    accuracy,
    bertscore,
    bleu,
    combined,
    exact_match,
    field_accuracy,
    macro_f1,
    macro_recall,
    micro_f1,
    robust_accuracy,
    rouge_l,
    section_f1,
)
from evaluator.metrics.metric import Metric

METRICS: Mapping[str, Metric] = {
    "accuracy": accuracy.METRIC,
    "robust_accuracy": robust_accuracy.METRIC,
    "exact_match": exact_match.METRIC,
    "micro_f1": micro_f1.METRIC,
    "macro_f1": macro_f1.METRIC,
    "field_accuracy": field_accuracy.METRIC,
    "section_f1": section_f1.METRIC,
    "bleu": bleu.METRIC,
    "rouge_l": rouge_l.METRIC,
    "macro_recall": macro_recall.METRIC,
    "bertscore": bertscore.METRIC,
    "combined": combined.METRIC,
}
