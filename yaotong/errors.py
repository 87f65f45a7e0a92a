"""Every error a user can meet, each with its exit code and a sentence that tells the remedy."""

from __future__ import annotations


class YaotongError(Exception):
    """Base of all errors meant for people; `exit_code` follows contract §2."""

    exit_code = 1


class UsageError(YaotongError):
    """The command or call was wrong; nothing was done."""

    exit_code = 2


class ConfigError(YaotongError):
    """The workspace or its settings are wrong; the message names the remedy."""

    exit_code = 3


class StoreError(YaotongError):
    """The data store is missing, damaged or of another version."""

    exit_code = 4


class RuleFailed(ConfigError):
    """A rule failed while running; `reason` names the fault and its place, and nothing of the data."""

    def __init__(self, rule_id: str, reason: str) -> None:
        super().__init__(f"规则 {rule_id} 运行失败：{reason}")
        self.rule_id = rule_id
        self.reason = reason


class FileRefused(YaotongError):
    """A whole file cannot be taken; `reason` is one of the file reasons of contract §4."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class NotFound(YaotongError):
    """What was asked for does not exist, or the asker may not know that it does."""


class Forbidden(YaotongError):
    """The actor may not do this; the message says who may."""


class IllegalMove(YaotongError):
    """An alert cannot make this move from where it stands."""


class Conflict(YaotongError):
    """Somebody else changed it first: read it again and repeat the move."""
