"""Delivery: the only part that writes to the world. At least once, signed, each to a named end."""

from yaotong.delivery import mailing, pacing, robots, wording
from yaotong.delivery.mailing import mail
from yaotong.delivery.message import Message
from yaotong.delivery.retry import Attempt, after_attempt, rest_of_receiver
from yaotong.delivery.robots import tell
from yaotong.delivery.webhook import post

__all__ = [
    "Attempt",
    "Message",
    "after_attempt",
    "mail",
    "mailing",
    "pacing",
    "post",
    "rest_of_receiver",
    "robots",
    "tell",
    "wording",
]
