"""One address: the portal at /, the board at /leaderboard/, one worker beside them."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from evaluator.settings import ROOT, Settings, settings

# Read by Gradio when it is imported.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["GRADIO_SSR_MODE"] = "False"
os.environ["GRADIO_RUN_HISTORY"] = "False"
os.environ["GRADIO_TEMP_DIR"] = str(settings().data_dir / "received")

import gradio as gr
import streamlit as st
import uvicorn
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse, RedirectResponse

from challenge.desk import Desk
from challenge.guard import SecurityHeaders, UploadLimit
from challenge.portal import build_portal, theme, translations
from challenge.uploads import Uploads
from evaluator.errors import NotFound
from evaluator.recorded import submit_recorded
from evaluator.runs import Queue
from evaluator.schema import open_database
from evaluator.track import load_challenge
from evaluator.worker import Supervisor

PORTAL = ROOT / "challenge"


def build_app(chosen: Settings) -> FastAPI:
    """Return the whole site; its lifespan starts and ends the worker."""
    chosen.data_dir.mkdir(parents=True, exist_ok=True)
    challenge = load_challenge(chosen.challenge_dir)
    engine = open_database(chosen.database_url)
    queue = Queue(engine)
    desk = Desk(chosen, challenge, engine, queue)
    uploads = Uploads(
        chosen.data_dir / "held", chosen.data_dir / "received", chosen.limits.abandoned_seconds
    )
    supervisor = Supervisor()
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
    app.add_middleware(UploadLimit, limit=chosen.limits.upload_bytes)
    app.add_middleware(SecurityHeaders)

    @app.get("/healthz")
    def healthz() -> JSONResponse:
        alive = supervisor.pid is not None
        body = {"status": "ok" if alive else "degraded", "unfinished": len(desk.store.unfinished())}
        return JSONResponse(body, status_code=200 if alive else 503)

    @app.get("/leaderboard")
    def leaderboard() -> RedirectResponse:
        return RedirectResponse("/leaderboard/")

    @app.get("/packs/{track_id}/{phase_id}.zip")
    def pack(track_id: str, phase_id: str) -> Response:
        try:
            return Response(desk.pack(track_id, phase_id), media_type="application/zip")
        except NotFound as missing:
            return JSONResponse({"detail": str(missing)}, status_code=404)

    app.mount("/leaderboard", board)
    return gr.mount_gradio_app(
        app,
        build_portal(desk, uploads),
        path="/",
        footer_links=[],
        run_history=False,
        max_file_size=chosen.limits.upload_bytes,
        blocked_paths=[str(chosen.challenge_dir), str(chosen.data_dir / "held")],
        show_error=False,
        i18n=translations(),
        theme=theme(),
        css_paths=PORTAL / "style.css",
        head_paths=PORTAL / "head.html",
        ssr_mode=False,
        enable_monitoring=False,
    )


def main() -> None:
    """Serve the site until interrupted."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    chosen = settings()
    uvicorn.run(
        build_app(chosen),
        host=chosen.host,
        port=chosen.port,
        proxy_headers=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
