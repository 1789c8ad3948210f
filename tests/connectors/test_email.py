"""The e-mail connector against the sandbox: every row of the error table, the bytes it freezes, its one connection."""

from __future__ import annotations

import email
import email.policy
import re
import smtplib
import ssl
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header

import pytest

from tests.connectors.standins import Once
from worker.connectors.email import EmailNotifier
from worker.domain.notices import Notice, Recipient
from worker.ports import Refused, ServiceError, Unauthorised, Unavailable, Unsure
from worker.sandbox.clock import Clock
from worker.sandbox.mail import Mail

START = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)
ADA, BOB = "ada@agency.test", "bob@agency.test"
KEY = "alice/statement/2026-Q1/GBP/1"
SENDER = "Quarterday <partners@example.test>"


@pytest.fixture
def clock():
    return Clock(START)


@pytest.fixture
def caller():
    return Once()


@pytest.fixture
def relay(clock):
    with Mail(clock) as running:
        yield running


@pytest.fixture
def notifier(relay, clock, caller):
    made = connect(relay, clock, caller)
    yield made
    made.close()


def connect(relay, clock, caller, **changes):
    terms = {
        "host": relay.host, "port": relay.port, "security": "none", "username": "", "password": "", "sender": SENDER,
        "timeout": 5.0,
    }  # fmt: skip
    return EmailNotifier(caller=caller, clock=clock, **(terms | changes))


def notice(**changes):
    base = {
        "key": KEY, "kind": "statement", "recipient": Recipient("alice", email=ADA), "subject": "Your statement",
        "text": "Hello Alice,\n\n.please send us an invoice.\n", "html": "<p>Hello Alice</p>",
    }  # fmt: skip
    return Notice(**(base | changes))


def send(notifier, to=ADA, **changes):
    return notifier.send(notifier.render(notice(**changes), to), to)


def raised(kind, call):
    with pytest.raises(ServiceError) as caught:
        call()
    assert kind is type(caught.value)
    assert "email" == caught.value.service
    return caught.value


def parsed(raw):
    return email.message_from_bytes(raw, policy=email.policy.default)


# ---- sending --------------------------------------------------------------------------------------------------------


def test_the_relay_gets_the_frozen_bytes_for_one_recipient(notifier, relay, caller):
    """The letter is the rendered bytes, the envelope our address and theirs; the receipt holds our Message-ID."""
    rendered = notifier.render(notice(), ADA)
    receipt = notifier.send(rendered, ADA)

    (letter,) = relay.received
    assert (rendered, "partners@example.test", ADA) == (letter.raw, letter.envelope_sender, letter.recipient)
    assert (KEY, "email", parsed(rendered)["Message-ID"], START) == (
        receipt.key, receipt.channel, receipt.provider_id, receipt.at,
    )  # fmt: skip
    assert [((), False)] == caller.asked


def test_a_hundred_letters_take_one_connection(notifier, relay):
    """A run keeps its connection; closing says goodbye."""
    for _ in range(100):
        send(notifier)
    notifier.close()

    assert (100, 1) == (len(relay.received), relay.connections)


def test_an_idle_connection_is_replaced(notifier, relay, clock):
    """After a pause the relay may have hung up: the next letter takes a new connection."""
    send(notifier)
    clock.advance(timedelta(seconds=11))
    send(notifier)

    assert (2, 2) == (len(relay.received), relay.connections)


def test_a_relay_that_takes_few_messages_a_connection_gets_a_new_one(clock, caller):
    """421 at MAIL on a connection that has carried letters is no failure: the next connection goes on."""
    with Mail(clock, messages_per_connection=2) as relay:
        notifier = connect(relay, clock, caller)
        for _ in range(5):
            send(notifier)
        notifier.close()

    assert (5, 3) == (len(relay.received), relay.connections)


def test_a_relay_that_hung_up_in_between_gets_a_new_connection(notifier, relay):
    """A connection that died since the last letter is replaced without a word: nothing was sent on it."""
    send(notifier)
    relay.drop_at("MAIL")
    send(notifier)

    assert (2, 2) == (len(relay.received), relay.connections)


def test_starttls_login_and_tls(clock, caller):
    """Both kinds of encryption with a login work for who trusts the relay's certificate."""
    for security in ("starttls", "tls"):
        terms = {"starttls": security == "starttls", "tls": security == "tls"}
        with Mail(clock, username="u", password="p", **terms) as relay:
            trust = ssl.create_default_context(cafile=relay.ca_file)
            notifier = connect(relay, clock, caller, security=security, username="u", password="p", trust=trust)
            send(notifier)
            notifier.close()
        assert 1 == len(relay.received)


def test_an_unknown_certificate_is_never_talked_to(clock, caller):
    """Without trust in the certificate neither password nor letter is sent."""
    with Mail(clock, starttls=True, username="u", password="p") as relay:
        notifier = connect(relay, clock, caller, security="starttls", username="u", password="p")
        error = raised(Unavailable, lambda: send(notifier))

    assert ("SSLCertVerificationError" in error.text, []) == (True, relay.received)


def test_a_relay_without_starttls_is_not_sent_to_in_the_clear(notifier, relay, clock, caller):
    """Where starttls is asked for and not offered, nothing goes, and a person must look."""
    raised(Unauthorised, lambda: send(connect(relay, clock, caller, security="starttls")))

    assert [] == relay.received


# ---- the table of errors --------------------------------------------------------------------------------------------


def test_no_connection_is_unavailable(clock, caller):
    """A refused connection and an unknown host: nothing happened."""
    with Mail(clock) as closed:
        pass
    raised(Unavailable, lambda: send(connect(closed, clock, caller)))
    raised(Unavailable, lambda: send(connect(closed, clock, caller, host="nowhere.invalid")))


@pytest.mark.parametrize(("code", "kind"), [(550, Refused), (553, Refused), (451, Unavailable), (421, Unavailable)])
def test_a_refused_recipient(notifier, relay, code, kind):
    """5xx at RCPT is Refused about the address, 4xx Unavailable; nothing is kept, and the next letter goes."""
    relay.refuse(ADA, code)
    error = raised(kind, lambda: send(notifier))
    send(notifier, BOB)

    assert [BOB] == [letter.recipient for letter in relay.received]
    if kind is Refused:
        assert (str(code), "Email", 1) == (error.code, error.field, relay.connections)


@pytest.mark.parametrize(
    ("stage", "code", "kind"),
    [
        ("MAIL", 421, Unavailable), ("MAIL", 451, Unavailable), ("MAIL", 550, Refused), ("MAIL", 530, Unauthorised),
        ("DATA", 452, Unavailable), ("DATA", 554, Refused),
        ("DOT", 451, Unavailable), ("DOT", 421, Unavailable), ("DOT", 554, Refused),
    ],
)  # fmt: skip
def test_a_code_at_any_stage_proves_that_nothing_was_delivered(notifier, relay, stage, code, kind):
    """4xx is Unavailable, 5xx Refused with the code, at MAIL, DATA and after the dot; the next letter goes."""
    relay.answer(stage, code)
    error = raised(kind, lambda: send(notifier))
    assert [] == relay.received
    send(notifier)

    assert 1 == len(relay.received)
    assert kind is not Refused or str(code) == error.code


@pytest.mark.parametrize("silent", [False, True])
def test_closed_or_silent_after_the_dot_is_unsure(relay, clock, caller, silent):
    """The relay has the letter and we can't know: in doubt, and not sent again."""
    (relay.hang if silent else relay.hang_up_after_dot)()
    raised(Unsure, lambda: send(connect(relay, clock, caller, timeout=0.2)))

    assert (1, 1) == (len(relay.received), relay.connections)


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.parametrize(("stage", "kind"), [("MAIL", Unavailable), ("RCPT", Unavailable), ("DATA", Unsure)])
def test_closed_or_silent_before(relay, clock, caller, stage, kind, silent):
    """At MAIL and RCPT nothing can have been sent; at DATA that can't be told."""
    (relay.hang if silent else relay.drop_at)(stage)
    raised(kind, lambda: send(connect(relay, clock, caller, timeout=0.2)))

    assert [] == relay.received


def test_quit_answered_with_250_does_not_undo_the_receipt(notifier, relay):
    """The letter went, whatever the relay says to the goodbye."""
    relay.quit_code = 250
    receipt = send(notifier)
    notifier.close()

    assert (KEY, 1) == (receipt.key, len(relay.received))


def test_closing_a_connection_that_died_is_quiet(clock, caller):
    """A relay that went away before the goodbye is no failure of the run."""
    with Mail(clock) as relay:
        notifier = connect(relay, clock, caller)
        send(notifier)
    notifier.close()
    notifier.close()

    assert 1 == len(relay.received)


@pytest.mark.parametrize(("code", "kind"), [(535, Unauthorised), (534, Unauthorised), (454, Unavailable)])
def test_a_login_that_fails(clock, caller, code, kind):
    """535 is a dead password; 454 is the relay's trouble and passes."""
    with Mail(clock, username="u", password="p") as relay:
        relay.auth_code = code
        raised(kind, lambda: send(connect(relay, clock, caller, username="u", password="p")))

    assert [] == relay.received


def test_a_relay_that_wants_a_login_or_offers_none(clock, caller):
    """A login that is wanted and not set, or set and not offered, is for a person to mend."""
    with Mail(clock, username="u", password="p") as relay:
        raised(Unauthorised, lambda: send(connect(relay, clock, caller)))
    with Mail(clock) as relay:
        raised(Unauthorised, lambda: send(connect(relay, clock, caller, username="u", password="p")))


def test_an_address_beyond_ascii(clock, caller):
    """A relay with SMTPUTF8 gets it; one without is not sent to, and the refusal names the column."""
    zoe = "zoë@agency.test"
    with Mail(clock) as relay:
        notifier = connect(relay, clock, caller)
        send(notifier, zoe)
        send(notifier, ADA)
        notifier.close()
    assert [zoe, ADA] == [letter.recipient for letter in relay.received]
    with Mail(clock, smtputf8=False) as relay:
        notifier = connect(relay, clock, caller)
        error = raised(Refused, lambda: send(notifier, zoe))
        notifier.close()

    assert ("smtputf8", "Email", []) == (error.code, error.field, relay.received)


def test_a_domain_beyond_ascii_needs_no_smtputf8(clock, caller):
    """Only the part before the @ needs it: the domain is written as DNS has it."""
    with Mail(clock, smtputf8=False, eightbit=False) as relay:
        notifier = connect(relay, clock, caller)
        send(notifier, "ada@bücher.test")
        notifier.close()

    assert ["ada@xn--bcher-kva.test"] == [letter.recipient for letter in relay.received]


@pytest.mark.parametrize(
    "to",
    ["", "ada", "ada@", "a b@c.test", "a@b.test, c@d.test", "a@b.test\r\nBcc: e@f.test", "Ada <a@b.test>", "a@b..test"],
)
def test_what_is_not_one_address_is_refused_before_a_connection(notifier, relay, to):
    """Anything but one bare address is Refused at once: no header can be slipped in, nobody else gets a copy."""
    for act in (lambda: notifier.render(notice(), to), lambda: notifier.send(notifier.render(notice(), ADA), to)):
        error = raised(Refused, act)
        assert ("bad_address", "Email") == (error.code, error.field)

    assert 0 == relay.connections


def test_an_error_repeats_nobodys_address(notifier, relay):
    """Relays like to repeat the address; errors go into logs."""
    relay.answer("RCPT", 550)
    relay.refuse(ADA, 551)
    error = raised(Refused, lambda: send(notifier))

    assert "@" not in str(error)


def test_a_relay_can_not_be_asked(notifier):
    """Looking for a letter refuses rather than say that it isn't there."""
    assert notifier.can_find is False
    assert "can_not_find" == raised(Refused, lambda: notifier.find(KEY, ADA, START)).code


def test_an_address_is_the_email(notifier):
    """Who has no e-mail can't be reached here."""
    assert ADA == notifier.address(Recipient("alice", email=f" {ADA} "))
    assert notifier.address(Recipient("alice", slack_channel="C0123ABCD9")) is None


# ---- the bytes ------------------------------------------------------------------------------------------------------

LONG = "https://partners.example.test/unsubscribe/" + "k" * 300
SUBJECTS = [
    "Ihre Abrechnung für das erste Vierteljahr: bitte senden Sie uns eine Rechnung über 1.200,00 € für Müller & Söhne",
    "四半期のコミッション明細書：請求書をお送りください。四半期のコミッション明細書：請求書をお送りください。",
    "🎉" * 60,
    "Plain, and long enough to be folded at 78 columns if anybody did that, which nobody should do to it here at all",
    "looks like =?utf-8?q?an?= encoded word",
]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_what_the_frozen_bytes_must_be(notifier, subject):
    """No byte over 127, no line over 998, no encoded word over 75, List-Unsubscribe whole, the subject comes back."""
    raw = notifier.render(notice(subject=subject, text="Grüße 🎉\n" * 50, html="<p>Grüße</p>", unsubscribe=LONG), ADA)

    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert 998 >= max(len(line) for line in raw.split(b"\r\n"))
    assert 75 >= max([len(word) for word in re.findall(rb"=\?[^?]+\?[bq]\?[^?]*\?=", raw)] or [0])
    assert f"\r\nList-Unsubscribe: <{LONG}>\r\n".encode() in raw
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    assert subject == parsed(raw)["Subject"]


def test_a_senders_name_beyond_ascii_keeps_to_rfc_2047(relay, clock, caller):
    """A long display name is folded between encoded words and comes back as it was."""
    name = "Müller & Söhne Vermittlungsgesellschaft mit beschränkter Haftung, Geschäftsstelle Köln am Rhein"
    raw = connect(relay, clock, caller, sender=f'"{name}" <partners@example.test>').render(notice(), ADA)

    assert 75 >= max(len(word) for word in re.findall(rb"=\?[^?]+\?[bq]\?[^?]*\?=", raw))
    # The old policy: the new one's parser puts a space between two encoded words of a name (3.11).
    decoded = str(make_header(decode_header(email.message_from_bytes(raw)["From"])))
    assert f"{name} <partners@example.test>" == decoded


@pytest.mark.parametrize(
    ("sender", "written", "domain"),
    [
        ("partners@example.test", "partners@example.test", "example.test"),
        ("Acme, Inc. <partners@example.test>", '"Acme, Inc." <partners@example.test>', "example.test"),
        ('"Acme, Inc." <p@mail.test>', '"Acme, Inc." <p@mail.test>', "mail.test"),
    ],
)
def test_a_sender_as_people_write_it(relay, clock, caller, sender, written, domain):
    """An address alone, and a name with a comma, quoted or not, make the right From, envelope and Message-ID."""
    notifier = connect(relay, clock, caller, sender=sender)
    receipt = send(notifier)
    notifier.close()

    (letter,) = relay.received
    assert (written, True) == (parsed(letter.raw)["From"], receipt.provider_id.endswith(f"@{domain}>"))
    assert letter.envelope_sender in sender


def test_the_headers_and_both_parts(notifier):
    """From, To, Date, a Message-ID made of the key, automatic, text and HTML; nothing asks for a copy to anybody."""
    mail = parsed(notifier.render(notice(), ADA))

    assert [SENDER, ADA, "Thu, 12 Mar 2026 08:00:00 +0000", "auto-generated"] == [
        mail[name] for name in ("From", "To", "Date", "Auto-Submitted")
    ]
    assert re.fullmatch(r"<[0-9a-f]{32}@example\.test>", mail["Message-ID"])
    assert ["Hello Alice,", "", ".please send us an invoice."] == mail.get_body(("plain",)).get_content().splitlines()
    assert ["<p>Hello Alice</p>"] == mail.get_body(("html",)).get_content().splitlines()
    assert [None] * 4 == [mail[name] for name in ("Cc", "Bcc", "List-Unsubscribe", "List-Unsubscribe-Post")]


def test_a_notice_without_html_is_plain(notifier):
    """Text alone makes a mail of one part."""
    mail = parsed(notifier.render(notice(html=None), ADA))

    assert ("text/plain", False) == (mail.get_content_type(), mail.is_multipart())


def test_the_bytes_depend_on_the_notice_alone(notifier):
    """Two renderings at one instant are alike, boundary and Message-ID too; another key has another Message-ID."""
    first, second = notifier.render(notice(), ADA), notifier.render(notice(), ADA)
    other = notifier.render(notice(key="alice/lead/L-1"), ADA)

    assert first == second
    assert parsed(first)["Message-ID"] != parsed(other)["Message-ID"]


@pytest.mark.parametrize("key", [KEY, "zoë/lead/L-1 %2F", "alice/problem/a:b+c"])
def test_the_key_comes_back_from_the_bytes(notifier, key):
    """The receipt's key is read from the frozen bytes, whatever is in it."""
    assert key == send(notifier, key=key).key


@pytest.mark.parametrize(
    "rubbish", ["a\r\nBcc: eve@evil.test", "a\nb\tc", "\x00\x07", "\ud800", "x" * 100_000, "=?utf-8?q?x?=", " "]
)
def test_a_cell_of_rubbish_never_stops_a_letter(notifier, relay, rubbish):
    """Line ends, control characters, half characters, endless text: the letter goes, and no header is slipped in."""
    send(notifier, subject=rubbish, text=rubbish, html=f"<p>{rubbish}</p>")

    (letter,) = relay.received
    assert (None, [ADA]) == (parsed(letter.raw)["Bcc"], [letter.recipient])
    assert letter.raw.isascii()
    assert 998 >= max(len(line) for line in letter.raw.split(b"\r\n"))


def test_it_fits_a_relay_that_offers_nothing(clock, caller):
    """Without SMTPUTF8 and 8BITMIME a letter full of accents still goes, because its bytes are 7-bit."""
    with Mail(clock, smtputf8=False, eightbit=False) as relay:
        notifier = connect(relay, clock, caller)
        send(notifier, subject="Grüße", text="Grüße", html="<p>Grüße</p>")
        notifier.close()

    assert 1 == len(relay.received)


def test_the_policys_own_folding_would_wreck_unsubscribe():
    """The standard policy folds or encodes the header: why the connector does not use it."""
    from email.message import EmailMessage

    mail = EmailMessage(email.policy.SMTP)
    mail["List-Unsubscribe"] = f"<{LONG}>"
    mail.set_content("x")

    assert f"List-Unsubscribe: <{LONG}>".encode() not in mail.as_bytes()


# ---- the doctor -----------------------------------------------------------------------------------------------------


def test_the_doctor_logs_in_and_sends_nothing(notifier, relay):
    """A relay that answers is one good line, and it got no letter."""
    (check,) = notifier.check()

    assert (True, [], 1) == (check.ok, relay.received, relay.connections)


def test_the_doctor_says_what_is_wrong(clock, caller):
    """A wrong password is one bad line with a remedy and without the password."""
    with Mail(clock, username="u", password="p") as relay:
        (check,) = connect(relay, clock, caller, username="u", password="secret").check()

    assert (False, True) == (check.ok, "535" in check.found)
    assert "secret" not in f"{check}"


def test_smtplib_itself_would_return_normally_when_one_of_two_is_refused(relay):
    """Why one message has one recipient: a refusal among several raises nothing."""
    relay.refuse(ADA)
    with smtplib.SMTP(relay.host, relay.port, "client.test", timeout=5) as client:
        refused = client.sendmail("us@example.test", [ADA, BOB], b"Subject: x\r\n\r\nx\r\n")

    assert [ADA] == list(refused)
