"""May this area have these codes? One function per rule; the same engine in the draft, at submission and at approval.

A check yields findings of what it measured, also when all is well: rule, measured value, threshold, verdict, legal
reference and the plots at fault. `fail` blocks submission and approval, `warn` is shown to both sides. `question` holds
the words, `facts` reads what is so by few queries, a module per family of rules judges it, `engine` asks them all.
"""

from casework.eligibility.engine import CHECKS, CHECKS_OF_CODES, ensure_eligible, examine
from casework.eligibility.facts import Facts, load_facts
from casework.eligibility.question import (
    FAIL,
    PASS,
    WARN,
    Finding,
    PlotAtFault,
    Question,
    question_of,
    question_of_code,
)

__all__ = [
    "CHECKS",
    "CHECKS_OF_CODES",
    "FAIL",
    "PASS",
    "WARN",
    "Facts",
    "Finding",
    "PlotAtFault",
    "Question",
    "ensure_eligible",
    "examine",
    "load_facts",
    "question_of",
    "question_of_code",
]
