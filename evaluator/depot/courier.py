"""The courier: what the worker brings to the depot, at once and by schedule."""

from __future__ import annotations

import logging
import math
import time
from datetime import datetime

from dbos import DBOS

from evaluator.challenge import Challenge
from evaluator.depot.depot import open_depot
from evaluator.depot.model_results import model_results
from evaluator.depot.plan import plan
from evaluator.depot.publish import Publisher
from evaluator.depot.repository import RepositoryError
from evaluator.durable import KEEP, PUBLISHING, Queue
from evaluator.errors import EvaluatorError
from evaluator.settings import Settings
from evaluator.store import Store

PUBLISH = "publish"
A_DAY = 86_400.0

log = logging.getLogger(__name__)


class Courier:
    """Copies submissions when they are accepted, and publishes everything every few minutes.

    What cannot be brought now is logged, stays counted as waiting, and is tried again next time.
    """

    def __init__(self, settings: Settings, challenge: Challenge, store: Store) -> None:
        self._settings = settings
        # When models' repositories were last looked at, all of them.
        self._offered = -math.inf
        self._publisher = Publisher(open_depot(settings), store, challenge, settings)
        self._keeper = self._publisher.keeper

    def register(self) -> None:
        """Tell the durable engine what keeping and publishing are; before it is launched."""

        @DBOS.workflow(name=KEEP)
        def keep_records() -> None:
            DBOS.run_step({"name": "keep"}, self.keep)

        @DBOS.workflow(name=PUBLISH)
        def publish(scheduled: datetime, context: object) -> None:
            DBOS.run_step({"name": "keep"}, self.keep)
            changed = DBOS.run_step({"name": "publish"}, self.publish)
            DBOS.run_step({"name": "offer"}, self.offer, changed)

        self._publish = publish

    def start(self) -> None:
        """Copy what waits, and publish by schedule, where there is another place for it."""
        queue = Queue(self._publisher.store.engine, keeps=self._settings.keeps_records)
        queue.keep()
        queue.close()
        if not self._settings.publishes:
            DBOS.delete_schedule(PUBLISH)
            return
        DBOS.apply_schedules(
            [
                {
                    "schedule_name": PUBLISH,
                    "workflow_fn": self._publish,
                    "schedule": f"*/{self._settings.hub.every_minutes} * * * *",
                    "queue_name": PUBLISHING,
                }
            ]
        )

    def keep(self) -> None:
        """Copy the submissions that wait."""
        try:
            self._keeper.keep()
        except RepositoryError as error:
            log.error("submissions wait to be copied: %s", error)

    def publish(self) -> bool:
        """Publish what the public sees; return whether results changed.

        What cannot be published stops nothing else. References are left alone: whoever corrected
        them by command may have newer ones.
        """
        changed = False
        for made in (self._publisher.questions, self._publisher.results):
            try:
                publication = made()
                pushed = plan(publication).push()
            except EvaluatorError as error:
                log.error("%s", error)
                continue
            if pushed.files:
                log.info("%s: %d file(s) changed", publication.repository.name, pushed.files)
                changed = publication.kind == "results"
        return changed

    def offer(self, changed: bool) -> None:
        """Offer models' own repositories their results, or take them back.

        Where nothing changed they are looked at once a day all the same: their owners may have
        decided something, and an earlier time may have failed.
        """
        if not changed and time.monotonic() - self._offered < A_DAY:
            return
        for one in model_results(self._publisher):
            log.log(logging.ERROR if one.failed else logging.INFO, "%s", one.sentence.text("en"))
        self._offered = time.monotonic()
