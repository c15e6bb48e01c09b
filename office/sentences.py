"""A text with its facts that is put into words in the reader's language, not in that of whoever caused it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Sentence:
    """`text` is a lazy translation with %(name)s places, `facts` fills them; facts may be lazy or sentences too.

    `str(sentence)` speaks the language that is active at that moment.
    """

    text: Any
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return str(self.text) % {name: str(fact) for name, fact in self.facts.items()}
