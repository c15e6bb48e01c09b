"""The dead-link check against a shop on the loopback: what it asks, whom it reaches, where it stops.

Names resolve to public addresses by a resolver of the test; the dialler notes the address it was given and connects to
the stub instead, so that nothing leaves this machine.
"""

import datetime as dt
import socket
import ssl
import threading
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from office.models import Job, Notice
from products import link_check, services
from products.link_check import LinkChecker, LinkState, public_address
from products.models import ListingCheck
from products.tasks_shops import check_listings
from tests.factories.shops import make_listing, make_shop

PUBLIC = "8.8.8.8"
HOSTS = ("shop.test", "www.shop.test", "other.test")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def answer(status, **headers):
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A self-signed certificate of the stub's names, as (path of the chain and key)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.test")])
    now = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in HOSTS]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "shop.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(built.public_bytes(serialization.Encoding.PEM) + private)
    return path


class Shop:
    """A TLS server on the loopback that answers by path and remembers what it was asked."""

    def __init__(self, certificate):
        self.pages, self.asked, self.dialled, self.resolved = {"/": OK}, [], [], []
        self.names = {host: [PUBLIC] for host in HOSTS}
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate)
        self.client_tls = ssl.create_default_context(cafile=str(certificate))
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def checker(self, hosts=("shop.test", "other.test")):
        return LinkChecker(hosts=hosts, resolve=self._resolve, dial=self._dial, tls=self.client_tls)

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)  # closing alone would not wake the thread that waits in accept
        self.socket.close()
        self.thread.join(timeout=5)

    def _resolve(self, host):
        self.resolved.append(host)
        return self.names[host]

    def _dial(self, address, port, timeout):
        self.dialled.append((address, port))
        return socket.create_connection(self.socket.getsockname(), timeout=timeout)

    def _serve(self):
        while True:
            try:
                plain, _peer = self.socket.accept()
            except OSError:
                return
            try:
                with self.tls.wrap_socket(plain, server_side=True) as secure:
                    self._answer(secure)
            except OSError:
                plain.close()

    def _answer(self, secure):
        request = secure.recv(8192).decode()
        path = request.split(" ")[1]
        self.asked.append(request)
        page = self.pages.get(path, answer(404))
        if callable(page):
            page(secure)
        else:
            secure.sendall(page)


@pytest.fixture
def shop(certificate):
    stub = Shop(certificate)
    yield stub
    stub.close()


def test_page_that_opens_is_asked_for_by_its_name_at_the_checked_address(shop):
    found = shop.checker().check("https://www.shop.test/")

    assert found is LinkState.OPEN
    assert shop.dialled == [(PUBLIC, 443)]
    assert shop.asked[0].startswith("GET / HTTP/1.1\r\nHost: www.shop.test\r\n")
    assert "Cookie" not in shop.asked[0]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (204, LinkState.OPEN),
        (404, LinkState.GONE),
        (410, LinkState.GONE),
        (403, LinkState.UNKNOWN),
        (429, LinkState.UNKNOWN),
        (503, LinkState.UNKNOWN),
        (304, LinkState.UNKNOWN),
    ],
)
def test_what_a_status_means(shop, status, state):
    shop.pages["/x"] = answer(status)

    assert shop.checker().check("https://shop.test/x") is state


def test_redirect_on_the_list_is_followed_and_each_name_is_checked(shop):
    shop.pages["/old"] = answer(301, Location="https://other.test/new")
    shop.pages["/new"] = answer(302, Location="/newer?x=1")
    shop.pages["/newer?x=1"] = OK

    assert shop.checker().check("https://shop.test/old") is LinkState.OPEN
    assert shop.resolved == ["shop.test", "other.test", "other.test"]


@pytest.mark.parametrize(
    ("case", "location"),
    [
        ("another host", "https://evil.test/"),
        ("a host that looks alike", "https://evilshop.test/"),
        ("plain http", "http://shop.test/"),
        ("a port", "https://shop.test:8443/"),
        ("a user name", "https://shop.test@evil.test/"),
        ("an address", "https://127.0.0.1/"),
        ("a file", "file:///etc/passwd"),
        ("nowhere", ""),
    ],
)
def test_redirect_off_the_list_is_not_followed(shop, case, location):
    shop.pages["/old"] = answer(302, Location=location)

    assert shop.checker().check("https://shop.test/old") is LinkState.GONE
    assert set(shop.resolved) == {"shop.test"}
    assert len(shop.asked) <= 1 + link_check.MAX_REDIRECTS


def test_redirects_in_a_circle_end(shop):
    shop.pages["/a"] = answer(302, Location="/a")

    assert shop.checker().check("https://shop.test/a") is LinkState.GONE
    assert len(shop.asked) == link_check.MAX_REDIRECTS + 1


def test_host_off_the_list_is_never_resolved(shop):
    assert shop.checker(hosts=("other.test",)).check("https://shop.test/") is LinkState.GONE
    assert shop.resolved == shop.dialled == []


@pytest.mark.parametrize(
    ("case", "addresses"),
    [
        ("loopback", ["127.0.0.1"]),
        ("private", ["10.0.0.7"]),
        ("link local: a cloud's own data", ["169.254.169.254"]),
        ("carrier", ["100.64.0.1"]),
        ("nothing", ["0.0.0.0"]),
        ("multicast", ["224.0.0.1"]),
        ("IPv6 loopback", ["::1"]),
        ("IPv6 unique local", ["fd00::1"]),
        ("IPv6 link local", ["fe80::1%eth0"]),
        ("IPv4 in IPv6", ["::ffff:127.0.0.1"]),
        ("6to4 of a private one", ["2002:7f00:1::"]),
        ("NAT64 of a private one", ["64:ff9b::10.0.0.1"]),
        ("IPv4 in IPv6, the oldest way", ["::127.0.0.1"]),
        ("IPv6 site local", ["fec0::1"]),
        ("one private among public ones", [PUBLIC, "192.168.1.1"]),
        ("none", []),
    ],
)
def test_names_of_addresses_that_are_not_public_are_not_dialled(shop, case, addresses):
    shop.names["shop.test"] = addresses

    assert shop.checker().check("https://shop.test/") is LinkState.GONE
    assert shop.dialled == []


def test_a_name_server_that_changes_its_mind_changes_nothing(shop):
    """DNS rebinding: the second answer is private, and nobody asks for it between check and connection."""
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    checker = LinkChecker(
        hosts=("shop.test",), resolve=lambda host: next(answers), dial=shop._dial, tls=shop.client_tls
    )

    assert checker.check("https://shop.test/") is LinkState.OPEN
    assert shop.dialled == [(PUBLIC, 443)]
    assert checker.check("https://shop.test/") is LinkState.GONE
    assert shop.dialled == [(PUBLIC, 443)]


def test_public_addresses_prefer_ipv4():
    assert public_address(["2606:4700::1111", "1.1.1.1"]) == "1.1.1.1"
    assert public_address(["2606:4700::1111"]) == "2606:4700::1111"


def test_certificate_of_another_name_is_refused(shop):
    shop.names["wrong.test"] = [PUBLIC]

    assert shop.checker(hosts=("wrong.test",)).check("https://wrong.test/") is LinkState.GONE
    assert shop.asked == []


def test_name_that_does_not_resolve_is_gone(shop):
    def fail(host):
        raise socket.gaierror(host)

    checker = LinkChecker(hosts=("shop.test",), resolve=fail, dial=shop._dial, tls=shop.client_tls)

    assert checker.check("https://shop.test/") is LinkState.GONE


@pytest.mark.parametrize("head", [b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\n", b""])
def test_answer_that_is_no_http_is_gone(shop, head):
    shop.pages["/"] = head

    assert shop.checker().check("https://shop.test/") is LinkState.GONE


def test_endless_head_is_cut_off(shop):
    def flood(secure):
        secure.sendall(b"HTTP/1.1 200 OK\r\n")
        for _number in range(10_000):
            secure.sendall(b"X-Filler: " + b"x" * 1_000 + b"\r\n")

    shop.pages["/"] = flood
    began = time.monotonic()

    assert shop.checker().check("https://shop.test/") is LinkState.GONE
    assert time.monotonic() - began < link_check.TOTAL_SECONDS


def test_slow_answer_is_given_up(shop, monkeypatch):
    monkeypatch.setattr(link_check, "TOTAL_SECONDS", 0.6)
    monkeypatch.setattr(link_check, "STEP_SECONDS", 0.4)
    stopped = threading.Event()

    def drip(secure):
        secure.sendall(b"HTTP/1.1 200 OK\r\n")
        while not stopped.wait(0.1):
            secure.sendall(b"X: y\r\n")

    shop.pages["/"] = drip
    began = time.monotonic()

    found = shop.checker().check("https://shop.test/")

    stopped.set()
    assert found is LinkState.GONE
    assert time.monotonic() - began < 3


# --- The job ----------------------------------------------------------------------------------------------------


@pytest.fixture
def job(db):
    return Job(kind="products.check_listings")


@pytest.mark.django_db
def test_job_does_nothing_unless_it_is_switched_on(job, product, shop):
    listing = make_listing(product, "https://shop.test/")

    assert check_listings(job, checker=shop.checker()) == {"skipped": "LISTING_CHECK"}
    listing.refresh_from_db()
    assert listing.checked_at is None
    assert shop.asked == []


@pytest.mark.django_db
def test_job_is_off_by_default(settings):
    assert settings.LISTING_CHECK is False


@pytest.mark.django_db
def test_dead_page_is_hidden_after_two_failures_and_shown_when_it_opens_again(
    job, settings, product, shop, clerk, django_capture_on_commit_callbacks
):
    settings.LISTING_CHECK = True
    listing = make_listing(product, "https://shop.test/gone")
    shown = type(listing).objects.shown

    def run():
        type(listing).objects.update(checked_at=None)
        with django_capture_on_commit_callbacks(execute=True):
            return check_listings(job, checker=shop.checker(), pause_s=0)

    assert run() == {"open": 0, "gone": 1, "unknown": 0}
    assert shown().exists()
    run()
    assert not shown().exists()
    run()
    assert Notice.objects.filter(user=clerk, kind="products.listing_dead").count() == 1
    shop.pages["/gone"] = answer(503)
    run()
    assert not shown().exists()  # the shop would not say
    shop.pages["/gone"] = OK
    run()
    listing.refresh_from_db()
    assert listing.check_result == ListingCheck.OK
    assert shown().exists()


@pytest.mark.django_db
def test_listing_taken_off_while_it_is_asked_stops_no_other(job, settings, product, shop):
    settings.LISTING_CHECK = True
    first, second = (make_listing(product, f"https://shop.test/{name}") for name in ("gone", "open"))
    checker = shop.checker()

    class Deleting:
        """Somebody takes the first listing off between the answer of its shop and our note of it."""

        def check(self, address):
            state = checker.check(address)
            type(first).objects.filter(pk=first.pk).delete()
            return state

    check_listings(job, checker=Deleting(), pause_s=0)

    second.refresh_from_db()
    assert second.checked_at is not None


@pytest.mark.django_db
def test_each_page_is_asked_once_a_week_and_closed_shops_never(job, settings, product, shop):
    settings.LISTING_CHECK = True
    make_listing(product, "https://shop.test/")
    closed = make_listing(product, "https://other.test/")
    closed.shop.is_active = False
    closed.shop.save()

    check_listings(job, checker=shop.checker(), pause_s=0)
    again = check_listings(job, checker=shop.checker(), pause_s=0)

    assert len(shop.asked) == 1
    assert again == {"open": 0, "gone": 0, "unknown": 0}


@pytest.mark.django_db
def test_the_jobs_own_checker_knows_the_hosts_that_take_links(job, settings, product, monkeypatch):
    settings.LISTING_CHECK = True
    make_shop("closed.test", is_active=False)
    make_listing(product, "https://shop.test/")
    seen = []
    monkeypatch.setattr(LinkChecker, "check", lambda self, address: seen.append(self.hosts) or LinkState.UNKNOWN)

    check_listings(job)

    assert seen == [frozenset({"shop.test"})]


@pytest.mark.django_db
def test_first_failures_of_a_page_that_was_open_do_not_hide_it(product):
    listing = make_listing(product, "https://shop.test/")
    services.record_check(listing, is_open=True)

    services.record_check(listing, is_open=False)

    listing.refresh_from_db()
    assert (listing.check_result, listing.failures) == (ListingCheck.OK, 1)
