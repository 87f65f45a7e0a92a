"""The door for everything that changes something."""

from yaotong.acts.accounts import add_user, disable_user, sign_in, viewer
from yaotong.acts.delivering import deliver
from yaotong.acts.desk import check_move, move_alert
from yaotong.acts.detection import detect
from yaotong.acts.intake import room_for_upload, take_in

__all__ = [
    "add_user",
    "check_move",
    "deliver",
    "detect",
    "disable_user",
    "move_alert",
    "room_for_upload",
    "sign_in",
    "take_in",
    "viewer",
]
