"""Errors as answers: a page for people, a problem document (RFC 9457) for programs."""

from __future__ import annotations

from flask import Flask, Response, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from webapp.context import current_lang
from webapp.i18n import translate
from webapp.problems import for_programs, problem
from webapp.watching import request_number
from yaotong.errors import Conflict, Forbidden, IllegalMove, NotFound, StoreError, UsageError, YaotongError

_STATUS: dict[type[YaotongError], int] = {
    NotFound: 404,
    Forbidden: 403,
    UsageError: 400,
    IllegalMove: 409,
    Conflict: 412,
    StoreError: 503,
}
_TITLES = {
    400: "请求有误",
    401: "请先登录",
    403: "没有权限",
    404: "没有找到",
    405: "不支持的操作",
    409: "现在不能这样做",
    412: "内容已被更新",
    413: "文件太大",
    428: "缺少版本",
    429: "查询太多",
    500: "系统出错",
    503: "暂时不可用",
}


def handle_faults(app: Flask) -> None:
    """Answer every error of ours, of Flask's and of nobody's."""

    @app.errorhandler(YaotongError)
    def _ours(error: YaotongError) -> Response:
        return answer(status_of(error), str(error))

    @app.errorhandler(CSRFError)
    def _forged(_error: CSRFError) -> Response:
        return answer(400, "页面停留太久或来路不明，请刷新后重试。")

    @app.errorhandler(HTTPException)
    def _flask(error: HTTPException) -> Response:
        return answer(error.code or 500, "")

    @app.errorhandler(Exception)
    def _unforeseen(error: Exception) -> Response:
        number = request_number()
        app.logger.error("unforeseen error on %s, request %s", request.endpoint, number, exc_info=error)
        return answer(500, "请稍后再试；若仍出错，请把时间告诉管理员。")


def answer(status: int, detail: str) -> Response:
    """The error as a problem document where programs ask, as a page elsewhere."""
    title = translate(_TITLES.get(status, "出错了"), current_lang())
    detail = translate(detail, current_lang())
    if for_programs(request.path):
        return problem(status, kind_of(status), title, detail)
    page = render_template("fault.html", status=status, title=title, detail=detail)
    return make_response(page, status)


def status_of(error: YaotongError) -> int:
    """The HTTP status of an error of ours."""
    return next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)


def kind_of(status: int) -> str:
    """The stable name of a kind of problem."""
    names = {400: "bad-request", 401: "unauthorized", 403: "forbidden", 404: "not-found", 409: "illegal-move"}
    names |= {412: "changed-meanwhile", 413: "too-large", 428: "version-required", 429: "too-many-requests"}
    names |= {503: "unavailable"}
    return names.get(status, "error")
