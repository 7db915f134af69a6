"""Raw F1 of unrelated texts by encoder: the zero of the rescaled BERTScore."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from evaluator.errors import EvaluatorError
from evaluator.texts import _

# Mean raw F1 of 6,000 pairs: real answers of three systems to ai_hospital's cases, references of
# other cases, a third each from ai_hospital (0.856), cmb_clin (0.834) and tcm_ft (0.810).
# benchmarks/bertscore_baseline.py, seed 0, 2026-11-22; sd 0.025, standard error 0.0003.
BASELINES: Mapping[str, float] = MappingProxyType({"packaged-L12-1571fc982750": 0.8333})


def baseline(signature: str) -> float:
    """Return the encoder's baseline; raises EvaluatorError where none was measured."""
    if signature not in BASELINES:
        raise EvaluatorError(
            _(
                "Encoder {signature} has no baseline, so its BERTScore cannot be rescaled: run "
                "python -m benchmarks.bertscore_baseline --encoder <name> and add the mean to "
                "evaluator/encoders/baselines.py."
            ),
            signature=signature,
        )
    return BASELINES[signature]
