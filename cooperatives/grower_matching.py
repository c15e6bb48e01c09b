"""Which member a row of a list is, and what is to be done with it: by number, identity number, phone, name.

All members of one cooperative are read once and compared in memory; other cooperatives are asked only whether they
know an identity number, and the answer is yes or no (Law 91/2025/QH15: no more than the purpose needs).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F

from cooperatives.grower_lists import ADD, AMBER, GREEN, INFO, RED, SKIP, UPDATE, hamlet_key, name_key
from cooperatives.models import Cooperative, Grower
from people.models import Person
from people.numbers import id_number_digests, phone_digests
from people.services import ERASED_NAME

# row, values, own (what the row itself says), findings, verdict, action, choices, member (pk or None), keep_id_number
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Member:
    """A member as a row is compared with."""

    pk: int
    person: int
    number: str
    name: str
    birth_year: int | None
    hamlet: str
    has_left: bool


@dataclass(slots=True)
class MemberIndex:
    """Members of one cooperative by each way of knowing them; former members too."""

    by_pk: dict[int, Member] = field(default_factory=dict)
    by_number: dict[str, Member] = field(default_factory=dict)
    by_id_number: dict[str, Member] = field(default_factory=dict)  # digest
    by_phone: dict[str, list[Member]] = field(default_factory=lambda: defaultdict(list))  # digest
    by_name: dict[str, list[Member]] = field(default_factory=lambda: defaultdict(list))


def index_of(cooperative: Cooperative) -> MemberIndex:
    """Read all members of the cooperative: one query, no number is decrypted."""
    index = MemberIndex()
    members = Grower.objects.filter(cooperative=cooperative)
    rows = members.order_by(F("left_on").desc(nulls_first=True), "pk").values_list(
        "pk", "person_id", "number", "person__full_name", "person__birth_year", "hamlet", "left_on",
        "person__phone_digest", "person__id_number_digest",
    )  # fmt: skip
    for pk, person, number, name, birth_year, hamlet, left_on, phone, id_number in rows:
        member = Member(pk, person, number, name_key(name), birth_year, hamlet_key(hamlet), left_on is not None)
        index.by_pk[pk] = member
        index.by_number[number.casefold()] = member
        index.by_name[member.name].append(member)
        if id_number:
            index.by_id_number.setdefault(id_number, member)
        if phone:
            index.by_phone[phone].append(member)
    return index


def judge(cooperative: Cooperative, rows: Iterable[Row], choices: Mapping[str, str]) -> list[Row]:
    """Say of each row (`row, values, findings`) what it is and what is to be done with it; `choices`: row -> action.

    Two queries, however many rows.
    """
    judged = [dict(row) for row in rows]
    digests = {row["row"]: _digests_of(row["values"]) for row in judged}
    index = index_of(cooperative)
    known = _known_id_numbers(found for _phones, ids in digests.values() for found in ids)
    seen = _Seen()
    for row in judged:
        phones, ids = digests[row["row"]]
        row["own"] = row["findings"]
        findings = list(row["own"])
        member, found, default, possible = _match(row["values"], phones, ids, index)
        findings += found
        if member is not None and member.has_left:
            findings.append({"code": "former_member", "severity": AMBER})
        row["keep_id_number"] = True
        own = index.by_id_number.get(next((one for one in ids if one in index.by_id_number), ""))
        if any(one in known for one in ids) and (own is None or member is None or own.pk != member.pk):
            row["keep_id_number"] = False
            if own is None:  # a member's would have been told by its number
                findings.append({"code": "known_elsewhere", "severity": AMBER})
                default = default if member is not None else SKIP
        found, default = seen.look(row, phones, ids, member, default)
        findings += found
        _decide(row, findings, member, default, possible, choices)
    return judged


def _digests_of(values: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    return phone_digests(values.get("phone", "")), id_number_digests(values.get("id_number", ""))


def _decide(
    row: Row,
    findings: list[dict[str, Any]],
    member: Member | None,
    default: str,
    possible: list[str],
    choices: Mapping[str, str],
) -> None:
    severities = {finding["severity"] for finding in findings}
    verdict = RED if RED in severities else AMBER if AMBER in severities else GREEN
    chosen = choices.get(str(row["row"]), default)
    row["findings"] = findings
    row["verdict"] = verdict
    row["choices"] = [] if verdict == RED else possible
    row["action"] = SKIP if verdict == RED else chosen if chosen in possible else default
    row["member"] = member.pk if member is not None else None


Match = tuple[Member | None, list[dict[str, Any]], str, list[str]]


def _match(values: Mapping[str, Any], phones: list[str], ids: list[str], index: MemberIndex) -> Match:
    """Return (member, findings, default action, possible actions)."""
    by_number = index.by_number.get(str(values.get("number", "")).casefold())
    by_id = next((index.by_id_number[one] for one in ids if one in index.by_id_number), None)
    if by_number is not None:
        return _matched_by_number(values, by_number, by_id)
    if by_id is not None:
        findings = [{"code": "by_id_number", "severity": INFO, "member": by_id.number}]
        findings += [*_number_differs(values, by_id), *_name_differs(values, by_id)]
        return by_id, findings, _unless_named_otherwise(findings), [UPDATE, SKIP]
    name = name_key(values.get("full_name", ""))
    same_phone = [member for one in phones for member in index.by_phone.get(one, ())]
    same = [member for member in same_phone if member.name == name]
    code = "by_phone_and_name"
    if not same:
        code, same = "by_name", [member for member in index.by_name.get(name, ()) if _may_be(values, member)]
    same = [member for member in same if not member.has_left] or same
    if len(same) == 1:
        findings = [{"code": code, "severity": AMBER, "member": same[0].number}]
        return same[0], findings + _number_differs(values, same[0]), UPDATE, [UPDATE, ADD, SKIP]
    if same:
        numbers = ", ".join(member.number for member in same[:5])
        return None, [{"code": "several_members", "severity": AMBER, "members": numbers}], SKIP, [ADD, SKIP]
    if same_phone:
        return None, [{"code": "by_phone", "severity": AMBER, "member": same_phone[0].number}], ADD, [ADD, SKIP]
    return None, [], ADD, [ADD, SKIP]


def _matched_by_number(values: Mapping[str, Any], member: Member, by_id: Member | None) -> Match:
    if by_id is not None and by_id.pk != member.pk:
        return member, [{"code": "two_members", "severity": RED, "member": by_id.number}], SKIP, [SKIP]
    findings = [{"code": "by_number", "severity": INFO, "member": member.number}]
    findings += _name_differs(values, member)
    if member.name == name_key(ERASED_NAME):  # nobody else's data go where a person was taken out
        return member, findings, SKIP, [SKIP]
    return member, findings, _unless_named_otherwise(findings), [UPDATE, SKIP]


def _name_differs(values: Mapping[str, Any], member: Member) -> list[dict[str, Any]]:
    differs = values.get("full_name") and name_key(values["full_name"]) != member.name
    return [{"code": "name_differs", "severity": AMBER, "member": member.number}] if differs else []


def _unless_named_otherwise(findings: list[dict[str, Any]]) -> str:
    """A number typed wrongly would write one person over another: that is done only when somebody says so."""
    return SKIP if any(finding["code"] == "name_differs" for finding in findings) else UPDATE


def _number_differs(values: Mapping[str, Any], member: Member) -> list[dict[str, Any]]:
    differs = values.get("number") and str(values["number"]).casefold() != member.number.casefold()
    return [{"code": "number_differs", "severity": AMBER, "member": member.number}] if differs else []


def _may_be(values: Mapping[str, Any], member: Member) -> bool:
    """Same name: year of birth and hamlet must not speak against it where both sides say them."""
    year, hamlet = values.get("birth_year"), hamlet_key(values.get("hamlet", ""))
    return (not year or not member.birth_year or year == member.birth_year) and (
        not hamlet or not member.hamlet or hamlet == member.hamlet
    )


def _known_id_numbers(digests: Iterable[str]) -> set[str]:
    return set(Person.objects.filter(id_number_digest__in=list(digests)).values_list("id_number_digest", flat=True))


class _Seen:
    """Rows above the one that is judged."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.ids: dict[str, int] = {}
        self.phones: dict[str, int] = {}
        self.members: dict[int, int] = {}
        self.names: dict[str, list[tuple[int, Any, str]]] = defaultdict(list)

    def look(
        self, row: Row, phones: list[str], ids: list[str], member: Member | None, default: str
    ) -> tuple[list[dict[str, Any]], str]:
        """Return (findings about rows above, default action), and remember this row."""
        values, number_of = row["values"], row["row"]
        findings: list[dict[str, Any]] = []

        def first(book: dict[Any, int], key: Any, code: str, severity: str, **told: Any) -> bool:
            other = book.setdefault(key, number_of)
            if other != number_of:
                findings.append({"code": code, "severity": severity, "other": other, **told})
            return other != number_of

        is_sure = bool(values.get("number")) and first(
            self.numbers, str(values["number"]).casefold(), "in_file_number", RED
        )
        is_sure |= bool(ids) and first(self.ids, ids[0], "in_file_id_number", RED)
        if member is not None and not is_sure:
            is_sure = first(self.members, member.pk, "same_member", RED, member=member.number)
        other = self._same_person(values)
        if other is not None and not is_sure and member is None:
            findings.append({"code": "in_file_person", "severity": AMBER, "other": other})
            default = SKIP
        elif phones and not is_sure:
            first(self.phones, phones[0], "in_file_phone", AMBER)
        if phones:
            self.phones.setdefault(phones[0], number_of)
        key = name_key(values.get("full_name", ""))
        if key:
            self.names[key].append((number_of, values.get("birth_year"), hamlet_key(values.get("hamlet", ""))))
        return findings, default

    def _same_person(self, values: Mapping[str, Any]) -> int | None:
        year, hamlet = values.get("birth_year"), hamlet_key(values.get("hamlet", ""))
        for other, its_year, its_hamlet in self.names.get(name_key(values.get("full_name", "")), ()):
            if year and its_year and year != its_year:
                continue
            if not hamlet or not its_hamlet or hamlet == its_hamlet:
                return other
        return None
