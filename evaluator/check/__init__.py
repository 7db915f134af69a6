"""Checking an organiser's challenge: everything that is wrong or doubtful, with file and line."""

from evaluator.check.challenge import check_challenge
from evaluator.check.finding import Finding

__all__ = ["Finding", "check_challenge"]
