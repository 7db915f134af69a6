import pytest

from evaluator.encoders import Encoder, baseline
from evaluator.errors import EvaluatorError


def test_the_packaged_encoder_has_one(encoder: Encoder) -> None:
    assert baseline(encoder.signature) == 0.8333


def test_an_unmeasured_encoder_says_how_to_measure_it() -> None:
    with pytest.raises(EvaluatorError, match="python -m benchmarks") as caught:
        baseline("hub:some/model-L12-000000000000")
    assert "hub:some/model-L12-000000000000" in str(caught.value)
