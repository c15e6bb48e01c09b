"""Libraries into the page, and the proof that the page needs nothing else."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path

from geofiles.errors import GeoFileError

_TYPES = {".png": "image/png", ".gif": "image/gif", ".svg": "image/svg+xml", ".jpg": "image/jpeg"}
_LOADING = frozenset({
    "src", "href", "srcset", "action", "formaction", "data", "poster", "background", "xlink:href", "manifest", "ping",
})  # fmt: skip
_CSS_REFERENCE = re.compile(r"url\(\s*['\"]?(?!data:|#)([^'\")]*)|(@import[^;]*)", re.IGNORECASE)
# In our own and the libraries' scripts: markup or styles in strings that would fetch once they are in the page.
_MARKUP_IN_SCRIPT = re.compile(
    r"<(?!a[\s>])[a-z]+[^>]{0,200}?\b(?:src|href)\s*=\s*\\?['\"]?\s*((?:https?:)?//[^'\"\s>]*|asset:[^'\"\s>]*)",
    re.IGNORECASE,
)
_IN_SCRIPT = re.compile(
    r"url\(\s*['\"]?((?:https?:)?//[^'\")]*)|(@import\s+['\"u][^;]*)|(asset:[\w./-]+)", re.IGNORECASE
)


def vendor_file(root: Path, name: str) -> Path:
    """A file of an installed front-end package; GeoFileError ``vendor_missing`` when it is not there."""
    path = root / name
    if not path.is_file():
        raise GeoFileError("vendor_missing", file=name)
    return path


def inline_assets(page: str, root: Path) -> str:
    """The page with every ``asset:`` script and style sheet put into it, pictures of styles as data URIs."""

    def script(found: re.Match[str]) -> str:
        text = vendor_file(root, found[1]).read_text("utf-8")
        text = re.sub(r"(?m)^//# sourceMappingURL=.*$", "", text).replace("</script", "<\\/script")
        return f"<script>{text}</script>"

    def style(found: re.Match[str]) -> str:
        return f"<style>{_inline_style(vendor_file(root, found[1]), root)}</style>"

    page = re.sub(r'<script src="asset:([^"]+)"></script>', script, page)
    return re.sub(r'<link rel="stylesheet" href="asset:([^"]+)"\s*/?>', style, page)


def external_references(page: str) -> list[str]:
    """Everything in the page that a browser would fetch: sources, style references, imports.

    Links that a reader may click (``<a href>``) are not fetched and are allowed. Blocks of JSON are data.
    """
    scanner = _Scanner()
    scanner.feed(page)
    scanner.close()
    return scanner.found


def _inline_style(sheet: Path, root: Path) -> str:
    def picture(found: re.Match[str]) -> str:
        name = found[1].strip("'\" ")
        if name.startswith(("data:", "#")):
            return found[0]
        path = (sheet.parent / name).resolve()
        if not path.is_relative_to(root.resolve()) or not path.is_file() or path.suffix not in _TYPES:
            raise GeoFileError("vendor_missing", file=name)
        data = base64.b64encode(path.read_bytes()).decode()
        return f"url(data:{_TYPES[path.suffix]};base64,{data})"

    return re.sub(r"url\(([^)]*)\)", picture, sheet.read_text("utf-8")).replace("</style", "<\\/style")


class _Scanner(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._inside: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        for name, value in given.items():
            if name in _LOADING and tag != "a" and not value.strip().lower().startswith(("data:", "#")):
                self.found.append(f"<{tag} {name}={value[:100]}>")
            if name == "style":
                self._style(value)
        if tag == "meta" and given.get("http-equiv", "").lower() == "refresh":
            self.found.append("<meta refresh>")
        if tag in ("script", "style"):
            self._inside = "data" if given.get("type") == "application/json" else tag

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._inside = None

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self._style(data)
        elif self._inside == "script":
            for pattern in (_MARKUP_IN_SCRIPT, _IN_SCRIPT):
                self.found += [next(filter(None, match)) for match in map(re.Match.groups, pattern.finditer(data))]

    def _style(self, text: str) -> None:
        self.found += [(match[1] or match[2])[:100] for match in _CSS_REFERENCE.finditer(text)]
