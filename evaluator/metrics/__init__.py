"""The metrics by name. A new one is a file beside these and a line here."""

from collections.abc import Mapping

from evaluator.metrics import (
    accuracy,
    bertscore,
    combined,
    macro_recall,
    micro_f1,
    rouge_l,
)
from evaluator.metrics.metric import Metric

METRICS: Mapping[str, Metric] = {
    "accuracy": accuracy.METRIC,
    "bertscore": bertscore.METRIC,
    "combined": combined.METRIC,
    "macro_recall": macro_recall.METRIC,
    "micro_f1": micro_f1.METRIC,
    "rouge_l": rouge_l.METRIC,
}
