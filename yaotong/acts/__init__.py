"""The door for everything that changes something."""

from yaotong.acts.accounts import add_user, disable_user, sign_in, sign_out, viewer
from yaotong.acts.backtesting import begin_backtest, do_backtest, preview, start_backtest
from yaotong.acts.bulk import Moved, move_alerts
from yaotong.acts.delivering import deliver
from yaotong.acts.desk import move_alert
from yaotong.acts.detection import detect
from yaotong.acts.intake import room_for_upload, take_in
from yaotong.acts.stopping import put_aside, release, resume
from yaotong.acts.versions import edit_version, make_version, move_version, try_values, try_version

__all__ = [
    "Moved",
    "add_user",
    "begin_backtest",
    "deliver",
    "detect",
    "disable_user",
    "do_backtest",
    "edit_version",
    "make_version",
    "move_alert",
    "move_alerts",
    "move_version",
    "preview",
    "put_aside",
    "release",
    "resume",
    "room_for_upload",
    "sign_in",
    "sign_out",
    "start_backtest",
    "take_in",
    "try_values",
    "try_version",
    "viewer",
]
