"""How far a run is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import logging
import sys
import time
from types import TracebackType

from tqdm import tqdm

from evaluator.baselines.journal import Answer

LINE_SECONDS = 30.0

log = logging.getLogger(__name__)


class Bar:
    """Shows questions done, rate, time left and cost; used in a `with`."""

    def __init__(self, total: int, done: int, spent: float, *, priced: bool) -> None:
        """Begin with what former parts of the run did."""
        self._priced = priced
        self._before, self._done, self._total = done, done, total
        self._troubles = 0
        self._began = time.monotonic()
        self._next_line = time.monotonic() + LINE_SECONDS
        self._bar = tqdm(
            total=total,
            initial=self._done,
            unit="q",
            # None: none where nobody watches.
            disable=None,
            file=sys.stderr,
            dynamic_ncols=True,
        )
        self._show(spent)

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._bar.close()

    def __call__(self, answer: Answer, spent: float) -> None:
        """Count one more answer; a question that failed is still to be answered."""
        self._troubles += answer.state in ("refused", "filtered", "unfit", "failed")
        # A bar that is not shown does not count.
        self._done += answer.state != "failed"
        self._bar.update(answer.state != "failed")
        self._show(spent)
        if self._bar.disable and time.monotonic() > self._next_line:
            self._next_line = time.monotonic() + LINE_SECONDS
            log.info("%s, %s", self._line(), self._said(spent))

    def _show(self, spent: float) -> None:
        self._bar.set_postfix_str(self._said(spent), refresh=False)

    def _line(self) -> str:
        """Return what a bar would show, for a log."""
        return str(
            tqdm.format_meter(
                self._done,
                self._total,
                time.monotonic() - self._began,
                initial=self._before,
                unit="q",
                bar_format="{n_fmt}/{total_fmt}, {rate_fmt}, {remaining} left",
            )
        )

    def _said(self, spent: float) -> str:
        cost = f"{spent:.2f} USD" if self._priced else ""
        troubles = f"{self._troubles} without answer" if self._troubles else ""
        return ", ".join(filter(None, [cost, troubles]))
