"""One address: the portal at /, the board at /leaderboard/, one worker beside them."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from evaluator.depot.space_settings import SECRETS
from evaluator.errors import EvaluatorError, NotFound
from evaluator.settings import ROOT, Settings, make_data_dir, settings
from evaluator.texts import _

try:
    # What only the worker may know leaves this process before anything else is read.
    WORKER_ENVIRONMENT = dict(os.environ)
    for secret in SECRETS:
        os.environ.pop(secret, None)
    DATA_DIR = settings().data_dir
except EvaluatorError as error:
    sys.exit(str(error))

# Read by Gradio when it is imported.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["GRADIO_SSR_MODE"] = "False"
os.environ["GRADIO_RUN_HISTORY"] = "False"
os.environ["GRADIO_TEMP_DIR"] = str(DATA_DIR / "received")

import gradio as gr
import streamlit as st
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse

from challenge.desk import Desk
from challenge.guard import BodyLimit, ClosedRoutes, FirstScript, SecurityHeaders
from challenge.labels import translations
from challenge.library import Library
from challenge.look import theme
from challenge.portal import build_portal
from challenge.uploads import Uploads, take_uploads_only
from evaluator.durable import Queue
from evaluator.opening import open_challenge
from evaluator.recorded import submit_recorded
from evaluator.schema import open_database
from evaluator.worker import Supervisor

PORTAL = ROOT / "challenge"
GOODBYE_SECONDS = 3

log = logging.getLogger("app")


def build_app(chosen: Settings) -> FastAPI:
    """Return the whole site; its lifespan starts and ends the worker."""
    make_data_dir(chosen)
    challenge = open_challenge(chosen)
    engine = open_database(chosen.database_url)
    queue = Queue(engine, keeps=chosen.keeps_records)
    desk = Desk(chosen, challenge, engine, queue)
    uploads = Uploads(
        chosen.data_dir / "held", chosen.data_dir / "received", chosen.limits.abandoned_seconds
    )
    supervisor = Supervisor(environment=WORKER_ENVIRONMENT)
    board = st.App(ROOT / "leaderboard" / "main.py")
    board_lifespan = board.lifespan()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with board_lifespan(app):
            uploads.start()
            await asyncio.to_thread(submit_recorded, challenge, desk.store, queue, chosen.limits)
            supervisor.start()
            yield
            await asyncio.to_thread(supervisor.stop)
            uploads.stop()
            queue.close()

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(BodyLimit, upload=chosen.limits.upload_bytes)
    app.add_middleware(ClosedRoutes)
    language, head = ((PORTAL / f"{name}.html").read_text("utf-8") for name in ("language", "head"))
    app.add_middleware(FirstScript, portal=language + head, board=language)

    @app.get("/healthz")
    def healthz() -> JSONResponse:
        alive = supervisor.pid is not None
        body = {
            "status": "ok" if alive else "degraded",
            "unfinished": len(desk.store.unfinished()),
            "unsynced": desk.safekeeping.waiting,
            "tracks_not_served": len(challenge.faults),
        }
        return JSONResponse(body, status_code=200 if alive else 503)

    @app.get("/leaderboard")
    def leaderboard(request: Request) -> RedirectResponse:
        # Relative, because behind a proxy the site has another name.
        query = request.url.query
        return RedirectResponse(f"leaderboard/?{query}" if query else "leaderboard/")

    add_downloads(app, desk.library)
    app.mount("/leaderboard", board)
    portal = build_portal(desk, uploads)
    take_uploads_only(portal)
    return gr.mount_gradio_app(
        app,
        portal,
        path="/",
        footer_links=[],
        run_history=False,
        max_file_size=chosen.limits.upload_bytes,
        blocked_paths=[str(chosen.challenge_dir), str(chosen.data_dir / "held")],
        show_error=False,
        i18n=translations(),
        theme=theme(),
        css_paths=PORTAL / "style.css",
        ssr_mode=False,
        enable_monitoring=False,
    )


def add_downloads(app: FastAPI, library: Library) -> None:
    """Add the addresses of question packs and of the images of questions."""

    @app.get("/packs/{track_id}/{phase_id}.zip")
    def pack(track_id: str, phase_id: str) -> Response:
        return Response(library.pack(track_id, phase_id), media_type="application/zip")

    @app.get("/images/{track_id}/{phase_id}/{dataset_id}/{name:path}")
    def image(track_id: str, phase_id: str, dataset_id: str, name: str) -> Response:
        return FileResponse(library.image(track_id, phase_id, dataset_id, name))

    @app.exception_handler(NotFound)
    def not_found(request: Request, missing: NotFound) -> JSONResponse:
        return JSONResponse({"detail": str(missing)}, status_code=404)


def listen(chosen: Settings) -> socket.socket:
    """Return a socket on the server's address, before anything else is touched.

    Raises:
        EvaluatorError: somebody listens there already, or it is no address of this machine.
    """
    family = socket.AF_INET6 if ":" in chosen.host else socket.AF_INET
    try:
        return socket.create_server((chosen.host, chosen.port), family=family)
    except OSError as error:
        raise EvaluatorError(
            _("{host}:{port} cannot be used: {reason}. Set PORT or HOST to another."),
            host=chosen.host,
            port=chosen.port,
            reason=error.strerror,
        ) from error


def restore(chosen: Settings) -> None:
    """Put a lost data folder back before anything is accepted, in a process that has the token.

    Raises:
        EvaluatorError: it cannot be; that process has said why.
    """
    if not chosen.keeps_records and not chosen.hub.gold:
        return
    make_data_dir(chosen)
    command = [sys.executable, "-m", "evaluator", "restore"]
    if subprocess.run(command, cwd=ROOT, env=WORKER_ENVIRONMENT, check=False).returncode:
        raise EvaluatorError(_("Nothing is accepted before what was accepted is known again."))


def serve() -> None:
    """Serve the site until interrupted.

    Raises:
        EvaluatorError: the address, the data folder or the challenge cannot be used.
    """
    chosen = settings()
    with listen(chosen) as listening:
        restore(chosen)
        config = uvicorn.Config(
            # Outermost, so that the answer to a crash of ours carries them too.
            SecurityHeaders(build_app(chosen)),
            proxy_headers=False,
            # A page left open would otherwise keep the server from ending.
            timeout_graceful_shutdown=GOODBYE_SECONDS,
            log_level="warning",
        )
        name = "localhost" if chosen.on_loopback else chosen.host
        log.info("serving http://%s:%d", name, chosen.port)
        uvicorn.Server(config).run(sockets=[listening])


def main() -> int:
    """Serve the site; return 1 with a sentence where it cannot start."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    # Its migrations would fill a screen at the first start.
    logging.getLogger("dbos").setLevel(logging.WARNING)
    try:
        serve()
    except EvaluatorError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
