"""What an action raises when the rules don't allow the move."""


class Refused(Exception):
    """A move that the rules don't allow; the message is for the person who tried it.

    `field` names the form or API field the message belongs to, or None for the move as a whole; `facts` are for
    programs, as plain values.
    """

    facts: dict[str, list[str]] = {}

    def __init__(self, message, field: str | None = None):
        super().__init__(message)
        self.message = message
        self.field = field

    def __str__(self) -> str:
        return str(self.message)
