"""What must not stand in a log: the tokens of addresses that are keys to somebody's own page."""

import logging
import re

# Django names the path of every refused or failed request; these end in a token that opens the page by itself. In
# sign-in addresses the path stands once more, quoted.
_SECRET_PATH = re.compile(
    r"(/|%2F)(invitations|opinions|enquiries|by-token)\1(?!(?:new|by-token)\1)[^/\s?\"'%]+", re.IGNORECASE
)


class HideTokens(logging.Filter):
    """Replaces the tokens in a message by dots; never drops a line."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        hidden = _SECRET_PATH.sub(r"\1\2\1…", text)
        if hidden != text:
            record.msg, record.args = hidden, None
        return True
