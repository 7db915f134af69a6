"""The durable engine (DBOS): what is queued is done, whatever process dies meanwhile."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions

NAME = "evaluator"
# A constant: with DBOS's default, a hash of the workflows' source, a run interrupted by a deploy
# would wait for the old source for ever. Raise it only together with a migration of open runs.
VERSION = "1"
POLL_SECONDS = 0.2
# Publishing may wait long for a Hub; a copy that a team waits for stands in no line with it.
SCORING, KEEPING, PUBLISHING = "scoring", "keeping", "publishing"
WORKFLOW, KEEP = "score_submission", "keep_records"
# Runs with a higher number wait for those with a lower one; a new submission has 0.
AFTER_SUBMISSIONS = 10


class Queue:
    """Puts work into the queues from a process that does not execute it.

    With `keeps` every submission is copied to the depot at once.
    """

    def __init__(self, engine: sa.Engine, *, keeps: bool = False) -> None:
        DBOS.migrate(engine.url.render_as_string(hide_password=False))
        self._client = DBOSClient(system_database_engine=engine)
        self._keeps = keeps

    def enqueue(self, connection: sa.Connection, submission_id: str) -> None:
        """Queue a run within the caller's transaction; the run's id is the submission's."""
        options = _options(SCORING, WORKFLOW, submission_id)
        self._client.enqueue_in_transaction(connection, options, submission_id)
        if self._keeps:
            options = _options(KEEPING, KEEP, f"{submission_id}.kept")
            self._client.enqueue_in_transaction(connection, options)

    def enqueue_again(self, submission_id: str, number: int) -> None:
        """Queue one more run of a scored submission, behind all new ones; once is enough."""
        options = _options(SCORING, WORKFLOW, f"{submission_id}.{number}")
        options["priority"] = AFTER_SUBMISSIONS
        self._client.enqueue(options, submission_id, number)

    def keep(self) -> None:
        """Have what changed copied to the depot soon, where it is copied at all."""
        if self._keeps:
            self._client.enqueue(_options(KEEPING, KEEP, f"keep-{secrets.token_hex(8)}"))

    def close(self) -> None:
        """Release the connection."""
        self._client.destroy()


def configure(engine: sa.Engine) -> None:
    """Make this process one that executes; workflows are to be registered next."""
    config: DBOSConfig = {
        "name": NAME,
        "system_database_engine": engine,
        "system_database_url": engine.url.render_as_string(hide_password=False),
        "application_version": VERSION,
        "executor_id": "worker",
        "log_level": "WARNING",
    }
    DBOS(config=config)


def launch() -> None:
    """Take up what was interrupted, and listen to the queues; one thing at a time in each."""
    DBOS.launch()
    for name in (SCORING, KEEPING, PUBLISHING):
        DBOS.register_queue(name, worker_concurrency=1, polling_interval_sec=POLL_SECONDS)


def _options(queue: str, workflow: str, work_id: str) -> EnqueueOptions:
    return {
        "queue_name": queue,
        "workflow_name": workflow,
        "workflow_id": work_id,
        "app_version": VERSION,
        "application_name": NAME,
    }
