"""What every response and every upload goes through before a front end sees it."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

UPLOAD_PATH = "/gradio_api/upload"
# Form boundaries and headers around the file itself.
FORM_BYTES = 10_000
# What the pages and the endpoints send besides files: a few texts.
OTHER_BYTES = 1_000_000
# They would serve uploads back, fetch any address for anyone, or take files past the limit.
CLOSED = (
    "/gradio_api/file=",
    "/gradio_api/file/",
    "/gradio_api/proxy=",
    "/gradio_api/component_server",
    "/gradio_api/deep_link",
    "/gradio_api/process_recording",
    "/gradio_api/stream/",
    "/gradio_api/vibe-",
    "/_stcore/upload_file/",
)
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; "
        "frame-ancestors 'self' https://huggingface.co https://*.hf.space"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


class SecurityHeaders:
    """Adds the content security policy and its like to every HTTP response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, send_with_headers)


class FirstScript:
    """Puts markup at the very start of the head of the front ends' pages.

    `portal` goes into the page at /, `board` into those below /leaderboard/. Gradio adds what it is
    given as `head` only after it has chosen the language, and Streamlit takes none.
    """

    def __init__(self, app: ASGIApp, portal: str, board: str) -> None:
        self._app = app
        self._portal = portal.encode()
        self._board = board.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        markup = self._markup(scope["path"]) if scope["type"] == "http" else b""
        if not markup:
            await self._app(scope, receive, send)
            return
        # What comes back must be readable.
        kept = [header for header in scope["headers"] if header[0] != b"accept-encoding"]
        scope = {**scope, "headers": kept}
        start: Message = {}
        body = bytearray()

        async def send_with_markup(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            page = bytes(body).replace(b"<head>", b"<head>" + markup, 1)
            MutableHeaders(scope=start)["content-length"] = str(len(page))
            await send(start)
            await send({"type": "http.response.body", "body": page})

        await self._app(scope, receive, send_with_markup)

    def _markup(self, path: str) -> bytes:
        if path == "/":
            return self._portal
        is_page = path.startswith("/leaderboard/") and path.count("/") == 2 and "." not in path
        return self._board if is_page else b""


class ClosedRoutes:
    """Answers 404 for the front ends' routes that this site does not use."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and any(route in scope["path"] for route in CLOSED):
            await JSONResponse({"detail": "Not Found"}, 404)(scope, receive, send)
            return
        await self._app(scope, receive, send)


class BodyLimit:
    """Refuses a request whose whole body is larger than a limit (bytes), given for uploads.

    Gradio limits each file, but takes a thousand files in one request, and reads what is no
    upload into memory at any size.
    """

    def __init__(self, app: ASGIApp, upload: int) -> None:
        self._app = app
        self._upload = upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_upload = scope["path"].endswith(UPLOAD_PATH)
        limit = self._upload + FORM_BYTES if is_upload else OTHER_BYTES
        declared = dict(scope["headers"]).get(b"content-length", b"")
        if declared.isdigit() and int(declared) > limit:
            await _refusal(limit)(scope, receive, send)
            return
        received = 0
        refused = False

        async def receive_within_limit() -> Message:
            nonlocal received, refused
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                refused = True
                return {"type": "http.disconnect"}
            return message

        async def send_unless_refused(message: Message) -> None:
            if not refused:
                await send(message)

        try:
            await self._app(scope, receive_within_limit, send_unless_refused)
        except Exception:
            if not refused:
                raise
        if refused:
            await _refusal(limit)(scope, receive, send)


def _refusal(limit: int) -> JSONResponse:
    return JSONResponse(
        {
            "detail": f"上传的内容超过 {limit:,} 字节，请压缩后再传。 / "
            f"The upload is larger than {limit:,} bytes; compress it and try again."
        },
        status_code=413,
    )
