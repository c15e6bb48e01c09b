"""What the person asked for: PORT, BIND, DEMO, DATABASE_URL and the settings of .env.example."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ops import envfile
from ops.places import Places
from ops.shell import Refused

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


@dataclass(frozen=True, slots=True)
class Options:
    """`demo`: None where nothing was said; `database_url`: None where the private cluster is to be used."""

    port: int
    bind: str
    demo: bool | None
    database_url: str | None
    settings: Mapping[str, str]

    @property
    def public_url(self) -> str:
        return self.settings.get("PUBLIC_URL", f"http://127.0.0.1:{self.port}").rstrip("/")

    @property
    def address(self) -> str:
        """Host and port in the form that gunicorn and URLs want."""
        return f"[{self.bind}]:{self.port}" if ":" in self.bind else f"{self.bind}:{self.port}"


def read(places: Places, environment: Mapping[str, str]) -> Options:
    """Options from the environment, else from `.env`. Raises Refused naming the option that is wrong."""
    known = setting_names(places.checkout / ".env.example")
    given = envfile.read(places.checkout / ".env")
    unknown = sorted(set(given) - known)
    if unknown:
        raise Refused(f".env: unknown setting {', '.join(unknown)}; .env.example lists all that exist.")
    given |= {name: environment[name] for name in known if environment.get(name)}
    return Options(
        port=_port(given.pop("PORT", "") or "8000"),
        bind=_bind(given.pop("BIND", "") or "127.0.0.1"),
        demo=_switch("DEMO", given.pop("DEMO", "")),
        database_url=given.pop("DATABASE_URL", "") or None,
        settings={name: value for name, value in given.items() if value},
    )


def setting_names(example: Path) -> set[str]:
    return set(re.findall(r"^#?\s?([A-Z][A-Z0-9_]*)=", example.read_text(), re.MULTILINE))


def refuse_public_demo(options: Options, *, demo: bool) -> None:
    """Demo accounts are known to whoever sees the terminal: never on an address that others can reach."""
    if demo and not is_loopback(options.bind):
        raise Refused(
            f"BIND={options.bind} can be reached from other machines, and this database is for demo accounts.\n"
            "Use BIND=127.0.0.1, or make the installation without the demo (DEMO=0), or take the demo out:\n"
            "make manage DO=remove_demo"
        )


def is_loopback(host: str) -> bool:
    return host == "localhost" or ipaddress.ip_address(host).is_loopback


def allowed_hosts(options: Options) -> str:
    """The names under which the service answers, unless ALLOWED_HOSTS says others."""
    names = ["127.0.0.1", "localhost", "[::1]"]
    public = urlsplit(options.public_url).hostname
    if public and public not in (*names, "::1"):
        names.append(public)
    return options.settings.get("ALLOWED_HOSTS") or ",".join(names)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise Refused(f"PORT={text} is no port; give a number from 1 to 65535.")
    return int(text)


def _bind(text: str) -> str:
    host = text.strip("[]")
    try:
        is_loopback(host)
    except ValueError:
        raise Refused(f"BIND={text} is no address; give an IP address such as 127.0.0.1 or 0.0.0.0.") from None
    return host


def _switch(name: str, text: str) -> bool | None:
    if not text:
        return None
    if text.lower() not in TRUE | FALSE:
        raise Refused(f"{name}={text} is neither 1 nor 0.")
    return text.lower() in TRUE
