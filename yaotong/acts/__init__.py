"""The door for everything that changes something."""

from yaotong.acts.accounts import add_user, disable_user, sign_in, viewer
from yaotong.acts.desk import check_move, move_alert

__all__ = ["add_user", "check_move", "disable_user", "move_alert", "sign_in", "viewer"]
