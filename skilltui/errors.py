"""The failures that a person can do something about. Each carries a stable code and a hint.

A face (command line or pane) shows ``message`` and ``hint``; ``code`` is what scripts match (CONTRACT: a failure with
``--json`` prints ``{"v":1,"error":{"code","message","hint"}}``). Messages hold paths and names, never transcript text:
a crash report must not leak what was captured.
"""

from __future__ import annotations


class SkilltuiError(Exception):
    """Base of every expected failure."""

    code = "failed"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(SkilltuiError):
    """The call itself is wrong (exit status 2)."""

    code = "usage"


class ConfigError(SkilltuiError):
    """``config.toml`` can't be read, or a key or value in it is not one of ours."""

    code = "config"


class CaptureOffError(SkilltuiError):
    """The agents' own folders may not be read: ``trajectory_capture`` is not true."""

    code = "capture_off"


class HomeInUseError(SkilltuiError):
    """Another process writes this home."""

    code = "home_in_use"


class SourceError(SkilltuiError):
    """A file or folder to read from is missing, unreadable or not what its name says."""

    code = "source"


class WithheldError(SourceError):
    """A file that is not read: a rule of scope denies it, or a person had it forgotten."""

    code = "withheld"


class StoreError(SkilltuiError):
    """The database can't be opened, read or written; nothing of the failed transaction was kept."""

    code = "store"


class DiskFullError(StoreError):
    """No space left; the transaction was rolled back, and the same call works again once there is space."""

    code = "disk_full"


class NotFoundError(SkilltuiError):
    """No trajectory, gap, skill, version or edit of that name."""

    code = "not_found"


class SkillInvalidError(SkilltuiError):
    """A ``SKILL.md`` can't be read as one, or breaks a rule that keeps it out of the library."""

    code = "skill_invalid"


class EditConflictError(SkilltuiError):
    """An edit no longer applies to the text it was made for."""

    code = "edit_conflict"


class ForeignEditError(SkilltuiError):
    """The file on disk is not the version that the change was made from: somebody edited it."""

    code = "foreign_edit"


class GateRefusedError(SkilltuiError):
    """The gate failed, or a finding blocks, or an unverified verdict was not confirmed."""

    code = "gate_refused"


class StateError(SkilltuiError):
    """The thing exists, but this can't be done to it in its present state."""

    code = "state"


class NothingToLearnError(SkilltuiError):
    """A normal answer: the evidence supports no edit; the message says why."""

    code = "nothing_to_learn"


class EngineError(SkilltuiError):
    """The engine can't do the job; the subclass says why."""

    code = "engine"


class ModelOfflineError(EngineError):
    """Nothing answers at the Ollama address."""

    code = "model_offline"


class ModelMissingError(EngineError):
    """The server answers, but does not have the model."""

    code = "model_missing"


class ModelRefusedError(EngineError):
    """The address or the model would send text off this machine, and the configuration does not allow that."""

    code = "model_refused"


class ModelReplyError(EngineError):
    """The server failed, broke off, stalled, or answered something that does not fit the schema."""

    code = "model_reply"


class ModelTruncatedError(ModelReplyError):
    """The prompt did not fit the context and the server cut it in silence; the answer was thrown away."""

    code = "model_truncated"
