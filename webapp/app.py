"""The Flask factory: one app per workspace."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path

from flask import Flask, Response, g, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from webapp import (
    account_pages,
    admin_pages,
    alert_api,
    alert_pages,
    allowance_api,
    audit_pages,
    basemap_pages,
    bulk_pages,
    buyer_pages,
    case_pages,
    case_papers,
    code_pages,
    correction_pages,
    coverage_pages,
    delivery_pages,
    desk_pages,
    exchange_api,
    exchange_pages,
    exemption_pages,
    find_pages,
    find_words,
    installing,
    ledger_pages,
    login_pages,
    map_pages,
    metrics,
    ogc_api,
    oidc_pages,
    opendata_pages,
    pharmacy_pages,
    planning_pages,
    probes,
    public_api,
    purpose_pages,
    report_pages,
    risk_pages,
    rule_pages,
    seal_pages,
    second_pages,
    silence_pages,
    source_pages,
    status_pages,
    version_pages,
    why_pages,
    wrong_pages,
)
from webapp.audit_pages import keep_record
from webapp.context import WORKSPACE_KEY
from webapp.faults import handle_faults
from webapp.i18n import COOKIE, LANGUAGES, asked_language
from webapp.keeping import keep_to_role
from webapp.oidc_pages import add_oidc
from webapp.people import home_page, login_manager
from webapp.quick import Quick
from webapp.reading import carry_choices, is_citizens
from webapp.security import protect
from webapp.shrinking import shrink
from webapp.throttle import Limits, throttle
from webapp.tile_answers import TileAnswers
from webapp.tracing import trace
from webapp.watching import Watched, watch
from webapp.words import add_words
from yaotong import clock, config
from yaotong.acts.keychain import in_use_by
from yaotong.acts.limits import limits_of
from yaotong.basemaps.reading import need_keys
from yaotong.departments import departments
from yaotong.reads.changing import change_mark
from yaotong.workspace import Workspace, open_workspace

_BLUEPRINTS = (
    find_pages.bp,
    find_words.bp,
    installing.bp,
    public_api.bp,
    public_api.tiles_bp,
    wrong_pages.bp,
    seal_pages.bp,
    ogc_api.bp,
    opendata_pages.bp,
    correction_pages.bp,
    login_pages.bp,
    second_pages.bp,
    oidc_pages.bp,
    account_pages.bp,
    admin_pages.bp,
    desk_pages.bp,
    alert_pages.bp,
    bulk_pages.bp,
    alert_api.bp,
    allowance_api.bp,
    pharmacy_pages.bp,
    planning_pages.bp,
    risk_pages.bp,
    rule_pages.bp,
    version_pages.bp,
    source_pages.bp,
    coverage_pages.bp,
    ledger_pages.bp,
    code_pages.bp,
    buyer_pages.bp,
    exemption_pages.bp,
    silence_pages.bp,
    delivery_pages.bp,
    report_pages.bp,
    case_pages.bp,
    case_papers.bp,
    why_pages.bp,
    map_pages.bp,
    basemap_pages.bp,
    audit_pages.bp,
    exchange_api.bp,
    exchange_pages.bp,
    purpose_pages.bp,
    probes.bp,
    status_pages.bp,
    metrics.bp,
)
# What these take comes with a signature or a token of its own, and no cookie.
_UNSIGNED = (wrong_pages.bp, seal_pages.bp, exchange_api.bp, allowance_api.bp)
_FORM_BYTES = 1 << 20  # of an upload beside its file


def create_app(home: Path | None = None) -> Flask:
    """The app over a workspace (YAOTONG_HOME by default); ConfigError or StoreError when it is not one."""
    workspace = open_workspace(config.home_of(home))
    need_keys(workspace.settings.basemaps)
    app = Flask(__name__)
    # Held as long as the app lives: pseudonyms are not rotated under it.
    app.extensions["in_use"] = in_use_by(workspace)
    app.config.update(
        {
            WORKSPACE_KEY: workspace,
            "SECRET_KEY": workspace.settings.session_key,
            "SESSION_COOKIE_NAME": "yaotong-session",
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "SESSION_COOKIE_SECURE": workspace.settings.https,
            "PERMANENT_SESSION_LIFETIME": workspace.settings.access.longest,
            "MAX_CONTENT_LENGTH": limits_of(workspace.settings).file_bytes + _FORM_BYTES,
            "WTF_CSRF_TIME_LIMIT": None,
        }
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    trace(app, workspace)
    protect(app)
    _guard_forms(app)
    login_manager(workspace).init_app(app)
    add_words(app)
    handle_faults(app)
    for blueprint in _BLUEPRINTS:
        app.register_blueprint(blueprint)
    watch(app)
    shrink(app)
    _speak(app)
    carry_choices(app)
    limits = throttle(app, workspace.settings.public_per_minute)
    keep_to_role(app)
    keep_record(app)
    add_oidc(app, workspace.settings.oidc)
    _answer_before(app, workspace, limits)
    known = {"settings": workspace.settings, "departments": departments(), "home_page": home_page}
    app.context_processor(lambda: known)
    return app


def _guard_forms(app: Flask) -> None:
    """A token of the session in every form, save in those of citizens, who have no session: see `proofs`."""
    guard = CSRFProtect(app)
    for blueprint in _UNSIGNED:
        guard.exempt(blueprint)


def _answer_before(app: Flask, workspace: Workspace, limits: Limits) -> None:
    committed = change_mark(workspace)

    def mark() -> Hashable | None:
        number = committed()
        return None if number is None else (number, clock.now().date())

    around = TileAnswers(app.wsgi_app, app.config["SESSION_COOKIE_NAME"], mark)
    app.wsgi_app = Watched(Quick(around, workspace, limits))  # type: ignore[assignment]
    proxies = workspace.settings.trusted_proxies
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]


def _speak(app: Flask) -> None:
    """Choose the language of each request, and remember it when it was asked for by name."""

    @app.before_request
    def _choose() -> None:
        g.lang = asked_language(request)

    @app.after_request
    def _remember(response: Response) -> Response:
        asked = request.args.get("lang") in LANGUAGES and not request.path.startswith("/api/")
        if asked and not is_citizens(request.endpoint):
            response.set_cookie(COOKIE, request.args["lang"], max_age=31_536_000, samesite="Lax")
        return response
