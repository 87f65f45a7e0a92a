"""Delivery: the only part that writes to the world. At least once, signed, each to a named end."""

from yaotong.delivery.message import Message
from yaotong.delivery.retry import Attempt, after_attempt, rest_of_receiver
from yaotong.delivery.webhook import post

__all__ = ["Attempt", "Message", "after_attempt", "post", "rest_of_receiver"]
