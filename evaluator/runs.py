"""Runs: each accepted submission is scored exactly once, in durable steps."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime
from functools import lru_cache

from dbos import DBOS

from evaluator.challenge import Challenge
from evaluator.durable import WORKFLOW, Queue
from evaluator.errors import DeclarationError, EvaluatorError
from evaluator.hub import fetch
from evaluator.judge import Judge
from evaluator.predictions import Predictions
from evaluator.publishing import forget, publish_board, remove_other_boards
from evaluator.ranking import outdated_entries
from evaluator.reported import publish_reported
from evaluator.reported_file import ReportedRefused
from evaluator.scoring import Chunk, Scorer
from evaluator.settings import Settings
from evaluator.sharing import tells_answers
from evaluator.store import Store
from evaluator.texts import Sentence, _
from evaluator.withdrawal import tombstones

# A submission that brings the worker down this often is marked failed, so that others get a turn.
ATTEMPTS = 10
LOST = ["ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
INTERNAL = _(
    "Scoring failed through a fault of ours; tell the maintainers the number, or submit again."
)

log = logging.getLogger(__name__)


class Runner:
    """Executes queued runs in this process; one at a time, oldest first."""

    def __init__(self, settings: Settings, challenge: Challenge, store: Store) -> None:
        self._settings = settings
        self._challenge = challenge
        self._store = store
        self._queue = Queue(store.engine, keeps=settings.keeps_records)
        self._judge = Judge(settings.judge) if settings.judge else None
        # What each phase let be told when its board was published.
        self._published: dict[tuple[str, str], object] = {}
        self._forgotten = 0
        self._publishing = threading.Lock()

    def register(self) -> None:
        """Tell the durable engine what a run is; before it is launched."""

        @DBOS.workflow(name=WORKFLOW, max_recovery_attempts=ATTEMPTS)
        def run(submission_id: str, number: int = 1) -> None:
            self._run(submission_id, number)

    def prepare(self) -> None:
        """Publish every board as it stands, and log what cannot be scored."""
        boards = [(track.id, phase.id) for track, phase in self._challenge.boards()]
        remove_other_boards(self._settings.board_dir, boards)
        self._publish_reported()
        self.publish_due()
        self._check_references()

    def score_anew(self) -> None:
        """Queue a run for every entry whose scores were made by another evaluator or other data.

        A board that cannot be checked, because its references are wrong, is logged; others go on.
        """
        for track, phase in self._challenge.boards():
            try:
                outdated = outdated_entries(self._store, self._scorer_of(track.id, phase.id))
            except EvaluatorError as error:
                log.error("%s/%s: cannot tell what is outdated: %s", track.id, phase.id, error)
                continue
            for found in outdated:
                entry = found.record.submission.entry
                log.info("scoring %s anew: %s", found.record.id, entry.pseudonym or entry.model)
                self._queue.enqueue_again(found.record.id, found.run + 1)

    def publish_due(self) -> None:
        """Publish every board that is to be revealed, or to show more, since it was published.

        So is one on which a team has revealed a name, or from which a submission was withdrawn.
        """
        moment = datetime.now(UTC)
        gone = tombstones(self._store.engine)
        if len(gone) != self._forgotten:
            forget(self._settings.board_dir, gone)
            self._forgotten = len(gone)
        for track, phase in self._challenge.boards():
            board = (track.id, phase.id)
            pseudonyms = self._store.pseudonyms(*board)
            withdrawn = sum((one.track, one.phase) == board for one in gone)
            answers = tells_answers(track, phase, moment)
            shown = (phase.is_visible(moment), phase.told(moment), answers)
            state = (*shown, pseudonyms, withdrawn)
            if self._published.get(board) != state:
                self._publish(*board)
                self._published[board] = state

    def _publish_reported(self) -> None:
        """Publish the figures that were reported elsewhere; wrong ones leave the former ones."""
        try:
            publish_reported(self._settings.challenge_dir, self._settings.board_dir)
        except ReportedRefused as error:
            for fault in error.faults:
                log.error("%s", fault)

    def _check_references(self) -> None:
        """Log what is wrong with references; other tracks are scored all the same."""
        for track, phase in self._challenge.boards():
            try:
                self._scorer_of(track.id, phase.id).check()
            except DeclarationError as error:
                log.error("%s/%s cannot be scored: %s", track.id, phase.id, error)

    def mark_lost(self) -> None:
        """Mark submissions as failed whose run the queue has given up."""
        waiting = self._store.unfinished()
        if not waiting:
            return
        for run in DBOS.list_workflows(workflow_ids=waiting, status=LOST, load_input=False):
            self._fail(run.workflow_id, Sentence(INTERNAL))

    def _run(self, submission_id: str, number: int) -> None:
        """Score one submission: the durable workflow; each step is done once.

        What is kept under the signatures of today is not scored again, so that a first run scores
        everything, a later one only what changed.
        """
        try:
            if not DBOS.run_step({"name": "begin"}, self._store.begin, submission_id):
                return
            while chunks := DBOS.run_step({"name": "plan"}, self._plan, submission_id):
                for chunk in chunks:
                    if not DBOS.run_step({"name": "score"}, self._score, submission_id, chunk):
                        return
            DBOS.run_step({"name": "finish"}, self._finish, submission_id, number)
        except EvaluatorError as error:
            log.warning("submission %s cannot be scored: %s", submission_id, error)
            # What is wrong with the challenge's own files is for its maintainers, who read the log.
            private = isinstance(error, DeclarationError)
            message = Sentence(INTERNAL) if private else error.sentence
            DBOS.run_step({"name": "fail"}, self._fail, submission_id, message)
        except Exception:
            if self._store.record(submission_id).status == "withdrawn":
                # Its answers went while they were being scored.
                return
            log.exception("submission %s: scoring failed", submission_id)
            DBOS.run_step({"name": "fail"}, self._fail, submission_id, Sentence(INTERNAL))

    def _plan(self, submission_id: str) -> list[tuple[str, int, int]]:
        scorer = self._scorer(submission_id)
        if not scorer.covers(self._predictions(submission_id)):
            raise EvaluatorError(
                _("The challenge's items changed while the submission was scored; submit it again.")
            )
        kept = self._store.scores.kept(submission_id)
        return [
            (chunk.part, chunk.start, chunk.stop)
            for chunk in scorer.plan()
            if kept.get(chunk) != scorer.rows_signature(chunk.part)
        ]

    def _score(self, submission_id: str, chunk: tuple[str, int, int]) -> bool:
        if self._store.record(submission_id).status not in ("scoring", "finished"):
            return False
        part = Chunk(*chunk)
        scorer = self._scorer(submission_id)
        rows = scorer.score_chunk(part, self._predictions(submission_id))
        return self._store.scores.keep(submission_id, part, rows, scorer.rows_signature(part.part))

    def _finish(self, submission_id: str, number: int) -> None:
        skipped = self._predictions(submission_id).skipped
        statistics = self._store.scores.statistics(submission_id)
        outcome = self._scorer(submission_id).finish(statistics, skipped)
        self._store.scores.finish(submission_id, outcome, number)
        self._queue.keep()
        track = self._challenge.track(outcome.result.track)
        # Which of a model's submissions counts decides what its private parts show.
        for phase in track.parts(track.phase(outcome.result.phase)):
            self._publish(track.id, phase.id)

    def _fail(self, submission_id: str, message: Sentence) -> None:
        self._store.move(submission_id, "failed", message)

    def _publish(self, track_id: str, phase_id: str) -> None:
        # A run that ends and a board whose time has come are of two threads; without turns the
        # older of two snapshots could be the last to be written.
        with self._publishing:
            publish_board(
                self._store,
                self._challenge,
                self._settings.board_dir,
                track_id,
                phase_id,
                results_url=self._settings.results_url,
            )

    def _scorer(self, submission_id: str) -> Scorer:
        submission = self._store.record(submission_id).submission
        return self._scorer_of(submission.track, submission.phase)

    @lru_cache(maxsize=64)  # noqa: B019 - a runner lives as long as its process
    def _scorer_of(self, track_id: str, phase_id: str) -> Scorer:
        track = self._challenge.track(track_id)
        phase = track.phase(phase_id)
        token = self._settings.gold_token
        fetch(self._challenge, track, [phase], references=True, token=token)
        return Scorer(self._challenge, track, phase, self._judge)

    @lru_cache(maxsize=1)  # noqa: B019 - a runner lives as long as its process
    def _predictions(self, submission_id: str) -> Predictions:
        return self._store.predictions(submission_id)
