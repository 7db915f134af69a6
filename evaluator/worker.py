"""The worker process, and the supervisor that the web process keeps one alive with."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from typing import BinaryIO

from filelock import FileLock, Timeout

from evaluator import durable
from evaluator.challenge import load_challenge
from evaluator.depot.courier import Courier
from evaluator.encoders import keep_vectors
from evaluator.runs import Runner
from evaluator.schema import open_database
from evaluator.settings import ROOT, Settings, make_data_dir
from evaluator.store import Store

FOLLOW_PARENT = "--follow-parent"
LOCK_NAME = "worker.lock"
MARK_LOST_SECONDS = 5.0
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0
GOODBYE_SECONDS = 10.0

log = logging.getLogger(__name__)


def work(settings: Settings, parent: BinaryIO | None = None) -> None:
    """Score submissions until the process ends; with `parent`, until that pipe closes.

    Only one worker runs on a data folder: a second one waits until the first has ended.
    """
    make_data_dir(settings)
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    lock = FileLock(settings.data_dir / LOCK_NAME)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        log.info("another worker is still running on %s; waiting for its end", settings.data_dir)
        lock.acquire()
    keep_vectors(settings.vectors_file, settings.vector_bytes)
    store = Store(open_database(settings.database_url))
    challenge = load_challenge(settings.challenge_dir, settings.hub_dir)
    runner, courier = Runner(settings, challenge, store), Courier(settings, challenge, store)
    runner.prepare()
    durable.configure(store.engine)
    runner.register()
    courier.register()
    durable.launch()
    runner.score_anew()
    courier.start()
    log.info("worker ready")
    while True:
        time.sleep(MARK_LOST_SECONDS)
        runner.mark_lost()
        runner.publish_due()


def _end_with(parent: BinaryIO) -> None:
    """End this process as soon as the parent's end of the pipe is closed, however it ended.

    At once and without farewell: every step is durable, and a scoring step can take a minute.
    """
    # Not through the buffer: its lock would still be held if the process ended by itself.
    while os.read(parent.fileno(), 1024):
        pass
    os._exit(0)


class Supervisor:
    """Keeps one worker process running, and starts it again when it dies.

    The worker has the given environment, by default this process's own.
    """

    def __init__(
        self,
        command: list[str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._environment = environment
        self._command = command or [sys.executable, "-m", "evaluator", "work", FOLLOW_PARENT]
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep_alive, daemon=True)

    def start(self) -> None:
        """Start the worker and watch it."""
        self._thread.start()

    def stop(self) -> None:
        """End the worker; an interrupted run goes on at the next start."""
        self._stopping.set()
        process = self._process
        if process and process.stdin:
            process.stdin.close()
        self._thread.join(GOODBYE_SECONDS)

    @property
    def pid(self) -> int | None:
        """Return the worker's process id, None while there is none."""
        process = self._process
        return process.pid if process and process.poll() is None else None

    def _keep_alive(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            started = time.monotonic()
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, cwd=ROOT, env=self._environment
            )
            if self._stopping.is_set() and self._process.stdin:
                self._process.stdin.close()
            code = self._process.wait()
            if self._stopping.is_set():
                return
            steady = time.monotonic() - started > STEADY_SECONDS
            pause = FIRST_PAUSE_SECONDS if steady else min(pause * 2, LONGEST_PAUSE_SECONDS)
            log.warning("the worker ended with code %s; starting another in %.0f s", code, pause)
            self._stopping.wait(pause)
