"""The sandbox of SMTP, as Python's own smtplib meets it."""

from __future__ import annotations

import gc
import smtplib
import socket
import ssl
from datetime import UTC, datetime, timedelta

import pytest

from worker.sandbox.clock import Clock
from worker.sandbox.mail import Letter, Mail

START = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)
BODY = b"From: us@example.test\r\nTo: ada@agency.test\r\nSubject: Hello\r\n\r\n.dot\r\nHello\r\n"
US, ADA, BOB = "us@example.test", "ada@agency.test", "bob@agency.test"


def connect(mail, timeout=5.0):
    """Connect and say EHLO."""
    client = smtplib.SMTP(mail.host, mail.port, timeout=timeout, local_hostname="client.test")
    client.ehlo()
    return client


def send(client, to=ADA, body=BODY):
    """Send one message step by step; the exception of sendmail doesn't say how far it got."""
    assert 250 == client.mail(US)[0]
    assert 250 == client.rcpt(to)[0]
    return client.data(body)


def test_a_letter_is_kept_with_its_envelope_its_raw_bytes_and_the_sandboxs_time():
    """What arrives is what was sent, dots unstuffed, once per recipient, at the sandbox's instant."""
    clock = Clock(START)
    with Mail(clock) as mail, connect(mail) as client:
        clock.advance(timedelta(hours=1))
        client.mail(US)
        client.rcpt(ADA)
        client.rcpt(BOB)
        client.data(BODY)

    at = START + timedelta(hours=1)
    assert [Letter(US, ADA, BODY, at), Letter(US, BOB, BODY, at)] == mail.received


def test_starttls_with_a_certificate_that_only_the_test_authority_vouches_for():
    """STARTTLS works for who trusts the test authority and fails for who trusts the world's."""
    with Mail(starttls=True) as mail:
        with connect(mail) as client:
            assert (220, True) == (client.starttls(context=ssl.create_default_context(cafile=mail.ca_file))[0],
                                   isinstance(client.sock, ssl.SSLSocket))  # fmt: skip
            client.ehlo()
            assert 250 == send(client)[0]
        client = connect(mail)
        with pytest.raises(ssl.SSLCertVerificationError):
            client.starttls(context=ssl.create_default_context())
        client.close()

    assert 1 == len(mail.received)


def test_nothing_goes_before_starttls():
    """A relay with STARTTLS takes no sender and no login in the clear."""
    with Mail(starttls=True, username="u", password="p") as mail, connect(mail) as client:
        assert (530, False) == (client.mail(US)[0], client.has_extn("auth"))


def test_tls_from_the_first_byte():
    """With tls the conversation is encrypted from its start, and a login works in it."""
    with Mail(tls=True, username="u", password="p") as mail:
        context = ssl.create_default_context(cafile=mail.ca_file)
        with smtplib.SMTP_SSL(mail.host, mail.port, context=context, timeout=5) as client:
            client.login("u", "p")
            assert 250 == send(client)[0]


def test_the_authoritys_file_exists_only_while_a_relay_with_tls_runs():
    """Without TLS, or after close, there is no certificate to ask for."""
    with Mail() as plain, pytest.raises(ValueError, match="only while"):
        assert plain.ca_file


def test_login():
    """The right name and password are taken; wrong ones get 535, no login 530, and 454 comes to order."""
    with Mail(username="u", password="p") as mail, connect(mail) as client:
        assert 530 == client.mail(US)[0]
        with pytest.raises(smtplib.SMTPAuthenticationError) as wrong:
            client.login("u", "q")
        assert 535 == wrong.value.smtp_code
        mail.auth_code = 454
        with pytest.raises(smtplib.SMTPAuthenticationError) as later:
            client.login("u", "p")
        assert 454 == later.value.smtp_code
        mail.auth_code = None
        client.login("u", "p")
        assert 250 == send(client)[0]
    with Mail() as open_relay, connect(open_relay) as client:
        assert not client.has_extn("auth")


@pytest.mark.parametrize("code", [550, 451])
def test_an_address_is_refused_whatever_its_capitals(code):
    """RCPT for a refused address gets the ordered code, others are taken, until the order is cleared."""
    with Mail() as mail, connect(mail) as client:
        mail.refuse("Ada@Agency.test", code)
        client.mail(US)
        assert [code, 250] == [client.rcpt(ADA)[0], client.rcpt(BOB)[0]]
        client.data(BODY)
        mail.clear()
        assert 250 == send(client)[0]

    assert [BOB, ADA] == [letter.recipient for letter in mail.received]


@pytest.mark.parametrize("code", [451, 421, 554])
def test_an_answer_after_the_dot_other_than_250_keeps_nothing(code):
    """The final dot gets the ordered code once, and that message is not kept; the next one is."""
    with Mail() as mail, connect(mail) as client:
        mail.answer_data(code)
        assert code == send(client)[0]
        assert [] == mail.received
        assert 250 == send(client)[0]


def test_an_answer_at_the_command_data_and_at_mail():
    """452 at DATA comes before the body is sent; 421 at MAIL refuses the sender."""
    with Mail() as mail, connect(mail) as client:
        mail.answer("DATA", 452)
        with pytest.raises(smtplib.SMTPDataError) as caught:
            send(client)
        assert (452, []) == (caught.value.smtp_code, mail.received)
        client.rset()
        mail.answer("MAIL", 421)
        assert 421 == client.mail(US)[0]


@pytest.mark.parametrize("silent", [False, True])
def test_after_the_dot_the_message_is_kept_though_no_answer_comes(silent):
    """A relay that closes or goes silent after the dot has the message; the client can't know."""
    with Mail() as mail:
        (mail.hang if silent else mail.hang_up_after_dot)()
        client = connect(mail, timeout=1.0)
        with pytest.raises(smtplib.SMTPServerDisconnected):
            send(client)
        with connect(mail) as again:
            send(again, BOB)

    assert [ADA, BOB] == [letter.recipient for letter in mail.received]


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
def test_closing_or_silence_before_the_dot_keeps_nothing(stage, silent):
    """The connection closes, or nothing more is said, at the ordered stage, once."""
    with Mail() as mail:
        (mail.hang if silent else mail.drop_at)(stage)
        client = connect(mail, timeout=1.0)
        with pytest.raises(smtplib.SMTPServerDisconnected):
            send(client)
        assert [] == mail.received
        with connect(mail) as again:
            assert 250 == send(again)[0]


def test_smtputf8_is_offered_or_hidden():
    """A relay without SMTPUTF8 doesn't offer it, and smtplib then refuses the address before MAIL."""
    with Mail() as mail, connect(mail) as client:
        client.send_message(_message(), US, ["zoë@agency.test"])
    assert ["zoë@agency.test"] == [letter.recipient for letter in mail.received]
    with Mail(smtputf8=False) as mail, connect(mail) as client:
        assert not client.has_extn("smtputf8")
        with pytest.raises(smtplib.SMTPNotSupportedError):
            client.send_message(_message(), US, ["zoë@agency.test"])
    assert [] == mail.received


def _message():
    from email.message import EmailMessage

    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = US, "zoë@agency.test", "Hello"
    message.set_content("Hello")
    return message


def test_8bitmime_is_offered_or_hidden():
    """A relay without 8BITMIME doesn't offer it, and refuses BODY=8BITMIME and bytes over 127."""
    eight = BODY.replace(b"Hello", "Grüße".encode())
    with Mail() as mail, connect(mail) as client:
        assert (True, 250) == (client.has_extn("8bitmime"), send(client, body=eight)[0])
    with Mail(eightbit=False) as mail, connect(mail) as client:
        assert (False, 555) == (client.has_extn("8bitmime"), client.mail(US, ["BODY=8BITMIME"])[0])
        assert 554 == send(client, body=eight)[0]
        assert 250 == send(client)[0]
    assert [BODY] == [letter.raw for letter in mail.received]


def test_quit_is_answered_with_250_to_order():
    """Leaving the with block then raises, although the message went."""
    with Mail() as mail:
        mail.quit_code = 250
        with pytest.raises(smtplib.SMTPResponseException) as caught, connect(mail) as client:
            assert 250 == send(client)[0]

    assert (250, 1) == (caught.value.smtp_code, len(mail.received))


def test_messages_per_connection():
    """After so many messages MAIL gets 421 and the connection ends; a new one goes on."""
    with Mail(messages_per_connection=2) as mail:
        client = connect(mail)
        assert [250, 250] == [send(client)[0], send(client)[0]]
        assert 421 == client.mail(US)[0]
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.noop()
        with connect(mail) as again:
            assert 250 == send(again)[0]

    assert (2, 3) == (mail.connections, len(mail.received))


def test_close_leaves_nothing_open():
    """Closing with clients still connected, in the clear and under TLS, ends their connections and warns of nothing."""
    for starttls in (False, True):
        mail = Mail(starttls=starttls).start()
        client = connect(mail)
        if starttls:
            client.starttls(context=ssl.create_default_context(cafile=mail.ca_file))
        mail.close()
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.noop()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((mail.host, mail.port), timeout=1)
        client.close()
    gc.collect()


def test_a_relay_opens_again_at_the_same_port():
    """A relay that was closed can start again where it was, and keeps its letters; a taken port is an OSError."""
    mail = Mail().start()
    port = mail.port
    with connect(mail) as client:
        send(client)
    with pytest.raises(OSError, match="in use"):
        Mail(port=port).start()
    mail.close()
    with mail, connect(mail) as client:
        send(client)

    assert (port, 2) == (mail.port, len(mail.received))
