"""XML from strangers: looked through once with everything that reaches outside or multiplies forbidden, then read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree  # entities cannot be declared without the DOCTYPE that is refused first
from xml.parsers import expat

from geofiles.errors import UnreadableFile

MAX_DEPTH = 64

Element = ElementTree.Element


def check(path: Path, what: str) -> frozenset[str]:
    """The local names of all elements. Raises UnreadableFile for a DOCTYPE, deep nesting, or XML that is not sound."""
    parser = expat.ParserCreate()
    depth = 0
    names: set[str] = set()

    def start(name: str, _attributes: Any) -> None:
        nonlocal depth
        depth += 1
        if len(names) < 10_000:
            names.add(name.rpartition(":")[2])
        if depth > MAX_DEPTH:
            raise UnreadableFile(reason="nested_too_deep", format=what, limit=MAX_DEPTH)

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*_arguments: Any) -> None:
        raise UnreadableFile(reason="doctype", format=what)

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = doctype
    try:
        with path.open("rb") as source:
            parser.ParseFile(source)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise UnreadableFile(reason="damaged", format=what, detail=str(error)[:200]) from error
    return frozenset(names)


def walk(path: Path, what: str) -> Iterator[tuple[str, str, Element]]:
    """(``start`` or ``end``, local name, element) through a file that ``check`` let pass."""
    try:
        for event, element in ElementTree.iterparse(path, events=("start", "end")):  # noqa: S314
            yield event, local(element), element
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise UnreadableFile(reason="damaged", format=what, detail=str(error)[:200]) from error


def local(element: Element) -> str:
    """Name without namespace; empty for comments and instructions."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def child(element: Element, name: str) -> Element | None:
    """The first child of that local name."""
    return next((found for found in element if local(found) == name), None)


def text_of(element: Element | None) -> str | None:
    """Stripped text, None where there is none."""
    value = "".join(element.itertext()).strip() if element is not None else ""
    return value or None


__all__ = ["MAX_DEPTH", "Element", "check", "child", "local", "text_of", "walk"]
