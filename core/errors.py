"""The two things that can go wrong without being a bug: the user's mistake and the user's cancel."""

from __future__ import annotations


class UserError(Exception):
    """A failure the user can understand and act on.

    ``message`` is one clear sentence that names what was found and where; ``hint`` (optional) is one sentence
    on what to try. The window shows both, the command line prints both and exits with 2.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UnsupportedOperator(UserError):
    """A layer that an act cannot handle; names the layer, its operator and the reason."""

    def __init__(self, operator: str, layer: str, reason: str, hint: str = "") -> None:
        super().__init__(f"Layer '{layer}' ({operator}): {reason}.", hint)
        self.operator = operator
        self.layer = layer


class Cancelled(Exception):
    """The user asked a running job to stop; never shown as an error."""
