"""Send signed messages to other regions' instances, and say in words when none answers."""

from __future__ import annotations

from yaotong.acts.exchanging import Post
from yaotong.delivery.exchanging import Refused, Unreachable, post_exchange
from yaotong.exchange.message import Denied, Silent, Why
from yaotong.workspace import Workspace


def poster(workspace: Workspace) -> Post:
    """How this workspace sends. Denied with the other side's reason, Silent when no answer comes."""
    allowed = workspace.settings.allowed_networks

    def post(url: str, wire: bytes) -> bytes:
        try:
            return post_exchange(url, wire, allowed=allowed)
        except Refused as refused:
            known = {str(one) for one in Why}
            why = Why(refused.reason) if refused.reason in known else Why.MALFORMED
            raise Denied(why) from refused
        except Unreachable as error:
            raise Silent(str(error)) from error

    return post
