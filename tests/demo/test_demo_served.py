"""The served demo, played through its pages' own forms over HTTP: what a browser would send, and nothing else."""

from __future__ import annotations

import html
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from worker.demo.served import Served

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class Browser:
    """Follows links, fills in forms, presses buttons."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.base = served.url.rstrip("/")
        self._open = urllib.request.build_opener(_Stay())

    def get(self, path: str, **headers: str) -> str:
        """Return a page."""
        request = urllib.request.Request(self.base + path, headers=headers)
        with self._open.open(request, timeout=30) as reply:
            return str(reply.read().decode())

    def send(self, act: str, form: dict[str, str], **headers: str) -> tuple[int, str]:
        """Post a form; return the status and where it leads."""
        body = urlencode(form).encode()
        request = urllib.request.Request(f"{self.base}/do/{act}", body, headers={"Origin": self.base, **headers})
        try:
            with self._open.open(request, timeout=60) as reply:
                return reply.status, ""
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.headers.get("Location", "")

    def press(self, act: str, **form: str) -> str:
        """Press a button and return what the page then says, as text."""
        status, to = self.send(act, {"back": "/", **{name.replace("_", " "): value for name, value in form.items()}})
        assert 303 == status
        said = re.search(r'<section class="flash.*?</section>', self.get(to), re.DOTALL)
        assert said is not None
        return " ".join(html.unescape(re.sub("<[^>]+>", " ", said[0])).split())

    def found(self, path: str, pattern: str) -> str:
        """Return what a pattern finds on a page."""
        match = re.search(pattern, self.get(path))
        assert match is not None, f"{path} has no {pattern}"
        return match[1]

    def rows(self, table: str, **cells: str) -> list[dict[str, Any]]:
        """Return the tracker's rows with these cells."""
        return [
            row for row in self.served.office.rows(table) if all(row.get(column) == cells[column] for column in cells)
        ]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Browser]:
    """A served demo on a free port, its January played."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AIRTABLE_TOKEN", "HUBSPOT_TOKEN", "XERO_CLIENT_ID", "XERO_CLIENT_SECRET", "SLACK_TOKEN"):
            patch.setenv(name, "")
        with Served(tmp_path_factory.mktemp("served"), tracker=getattr(request, "param", "airtable")) as served:
            yield Browser(served)


@pytest.mark.parametrize("browser", ["airtable", "google-sheets"], indirect=True)
def test_the_whole_life_of_a_lead(browser: Browser) -> None:
    """Form, mend, win, invoice, part pay, pay, time, statement, short bill, right bill, paid: all by buttons."""
    sent = browser.press("submit-lead", Partner="Tall Pines Systems", Company="Chestnut Chairs",
                         Website="chestnut-chairs.test", First_name="Jo", Last_name="Doe")  # fmt: skip
    assert "needs attention: Chestnut Chairs: Email is missing" in sent
    row = browser.found("/table/Leads?q=Chestnut", r'<tr id="([\w-]+)"')
    assert "1 lead into the CRM: Chestnut Chairs" in browser.press(
        "edit-cell", table="Leads", row=row, column="Email", value="jo@chestnut-chairs.test"
    )

    deal = browser.found("/deals?q=Chestnut", r'name="deal" value="(\d+)"')
    won = browser.press(
        "move-deal", deal=deal, stage="closedwon", amount="6,000", currency="GBP", interval="annual", term=""
    )
    assert "Qualified → Won: Chestnut Chairs" in won
    assert "12 months of commission for Chestnut Chairs: 600.00 GBP" in won

    browser.press("invoice-deal", deal=deal, net="")
    invoice = browser.found("/invoices?q=Chestnut", r'name="invoice" value="([\w-]+)"')
    browser.press("pay", invoice=invoice, amount="600")  # 500 net: the first month
    assert "exceeds the amount outstanding" in browser.press("pay", invoice=invoice, amount="99999")
    later = browser.press("pass-time", step="month")
    assert "1 line of Chestnut Chairs Expected → Confirmed: 50.00 GBP" in later
    browser.press("pay", invoice=invoice)

    day = browser.press("pass-time", step="statement")
    assert "1 statement Issued: 2026-Q1/tall-pines-systems/GBP" in day
    mail = browser.found("/inbox?q=2026-Q1/tall-pines", r'href="/inbox\?mail=(\d+)')
    assert 3 == browser.get(f"/letter/{mail}").count("Chestnut Chairs")

    key = "2026-Q1/tall-pines-systems/GBP"
    assert "less than the 150.00 GBP asked for" in browser.press("bill-statement", statement=key, net="140", number=key)
    bill = browser.found("/bills", r'name="invoice" value="([\w-]+)"')
    assert "1 statement Issued" in browser.press("void", invoice=bill)
    assert "1 statement Billed" in browser.press("bill-statement", statement=key, net="150", number="")
    bill = browser.found("/bills?q=authorised", r'name="invoice" value="([\w-]+)"')
    paid = browser.press("pay", invoice=bill)
    assert "3 lines of Chestnut Chairs Invoiced → Paid: 150.00 GBP" in paid

    lines = browser.rows("Commissions", Client="Chestnut Chairs")
    assert ["Paid"] * 3 + ["Expected"] * 9 == [line["Status"] for line in sorted(lines, key=lambda line: line["Month"])]
    assert ["Paid"] == [statement["Status"] for statement in browser.rows("Statements", Partner="Tall Pines Systems")]


@pytest.mark.parametrize("path", [
    "/", "/table/Leads", "/table/Partners", "/table/Commissions", "/table/Statements", "/table/Activity", "/deals",
    "/invoices", "/bills", "/inbox", "/table/Leads?q=no such row", "/style.css",
])  # fmt: skip
def test_every_page_is_there(browser: Browser, path: str) -> None:
    """Each page of the menu answers; what it shows of rows is escaped."""
    assert "<script" not in browser.get(path.replace(" ", "%20"))


def test_the_clock_is_told_for_commands_elsewhere(browser: Browser) -> None:
    """A file beside the config goes with the demo's clock: commands that take its time act on the demo's day."""
    browser.press("pass-time", step="week")
    moment = browser.served.world.clock.now()
    for _ in range(100):
        told = datetime.fromisoformat(browser.served.now.read_text(encoding="utf-8").strip())
        if told >= moment - timedelta(seconds=1):
            break
        time.sleep(0.1)

    assert timedelta(seconds=-1) <= told - moment < timedelta(minutes=1)
    assert browser.served.now.parent == browser.served.office.config.parent


@pytest.mark.parametrize("path", ["/nothing", "/table/Members", "/letter/99999", "/letter/x", "/inbox?mail=99999"])
def test_what_is_not_there_is_a_404(browser: Browser, path: str) -> None:
    """An address without a page says so."""
    with pytest.raises(urllib.error.HTTPError) as answer:
        browser.get(path)

    with answer.value:
        assert 404 == answer.value.code


def test_markup_in_a_cell_stays_text(browser: Browser) -> None:
    """A company called <script> is shown, not run."""
    browser.press("submit-lead", Partner="Quiet River Studio", Company="<script>alert(1)</script>")

    page = browser.get("/table/Leads")
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_cell_of_the_workers_is_put_right(browser: Browser) -> None:
    """Typing over a status is undone by the same press of the button."""
    row = browser.served.office.find("Leads", Company="Oak Optics")
    browser.press("edit-cell", table="Leads", row=row, column="Status", value="Lost")

    assert "Qualified" == browser.rows("Leads", Company="Oak Optics")[0]["Status"]


def test_archived_and_restored(browser: Browser) -> None:
    """An archived deal puts its lines on hold, a restored one takes them off again."""
    deal = browser.served.office.deal("Hazel Foods")

    assert "lines of Hazel Foods Expected → On hold" in browser.press("archive-deal", deal=deal)
    assert "lines of Hazel Foods On hold → Expected" in browser.press("restore-deal", deal=deal)


def test_a_form_that_lacks_something_is_refused_in_words(browser: Browser) -> None:
    """What a person mistypes comes back as a sentence, and the pages go on."""
    deal = browser.served.office.deal("Maple Motors")

    assert "“a lot” is not an amount" in browser.press("price-deal", deal=deal, amount="a lot", interval="annual")
    assert "an empty form is not sent" in browser.press("submit-lead")


@pytest.mark.parametrize("headers", [
    {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"},
    {"Host": "evil.example", "Origin": "http://evil.example"},
])  # fmt: skip
def test_other_sites_press_no_buttons(browser: Browser, headers: dict[str, str]) -> None:
    """A post from elsewhere, or to another name of this machine, is refused and does nothing."""
    before = len(browser.served.loop.events)

    assert 403 == browser.send("run", {"back": "/"}, **headers)[0]
    assert before == len(browser.served.loop.events)


def test_other_names_see_no_pages(browser: Browser) -> None:
    """A name that was pointed at this machine shows nothing."""
    with pytest.raises(urllib.error.HTTPError) as answer:
        browser.get("/", Host="evil.example")

    with answer.value:
        assert 403 == answer.value.code


@pytest.mark.parametrize(
    "back", ["//evil.example/", "https://evil.example/", "/\\evil.example", "/deals\r\nX: y", "deals"]
)
def test_a_button_leads_back_to_these_pages_only(browser: Browser, back: str) -> None:
    """Wherever a form says to go, it is a page of ours."""
    status, to = browser.send("run", {"back": back})

    assert (303, "/?done=") == (status, to[:7])


def test_an_unknown_button_is_a_404(browser: Browser) -> None:
    """There is no button of that name."""
    assert 404 == browser.send("format-disk", {})[0]


def test_the_port_is_told_to_be_taken(browser: Browser, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A second demo on the same port says so and ends with 1."""
    from worker.demo import play

    assert 1 == play(serve=True, port=browser.served.port, folder=tmp_path)
    assert "choose another with --port" in capsys.readouterr().err


@pytest.mark.parametrize("file", ["config.toml", "quarterday.db"])
def test_a_real_programme_is_not_written_over(tmp_path: Path, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder with settings or a state of its own is left as it is."""
    from worker.demo import play

    (tmp_path / file).write_text("[programme]\n", encoding="utf-8")

    assert 1 == play(serve=False, port=0, folder=tmp_path)
    assert "name a folder that is empty" in capsys.readouterr().err
    assert "[programme]\n" == (tmp_path / file).read_text(encoding="utf-8")
