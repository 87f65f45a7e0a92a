"""What makes the citizens' pages an app on a phone: a manifest, a service worker, a page for no network.

The worker's scope is /find: departments' pages are outside it and nothing of them is ever kept.
"""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, jsonify, render_template, send_file, url_for

from webapp.context import current_lang
from webapp.reading import is_big
from webapp.words import say

bp = Blueprint("installing", __name__)
_WORKER = Path(__file__).parent / "static" / "sw.js"
SCOPE = "/find"


@bp.get("/find/app.webmanifest")
def manifest() -> Response:
    """The web app manifest in the language asked for."""
    images = [
        {"src": url_for("static", filename="img/icon.svg"), "sizes": "any", "type": "image/svg+xml"},
        *(
            {
                "src": url_for("static", filename=f"img/icon-{size}.png"),
                "sizes": f"{size}x{size}",
                "type": "image/png",
            }
            for size in (192, 512)
        ),
    ]
    answer = jsonify(
        {
            "name": say("云药通 · 找药店"),
            "short_name": say("找药店"),
            "lang": "en" if current_lang() == "en" else "zh-CN",
            "start_url": f"{SCOPE}?lang=en" if current_lang() == "en" else SCOPE,
            "scope": SCOPE,
            "display": "standalone",
            "background_color": "#f2f5f5",
            "theme_color": "#0f5f66",
            "icons": images,
        }
    )
    answer.mimetype = "application/manifest+json"
    return answer


@bp.get("/sw.js")
def worker() -> Response:
    """The service worker, from the root so that its scope may be /find; asked for anew each time."""
    answer = send_file(_WORKER, mimetype="text/javascript", conditional=True, max_age=0)
    answer.headers["Service-Worker-Allowed"] = SCOPE
    return answer


@bp.get("/find/offline")
def offline() -> str:
    """What is shown without a network, around the last answer that the phone kept."""
    return render_template("find_offline.html", big=is_big())
