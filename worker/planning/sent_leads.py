"""What is wrong with the rows of leads that we sent to partners, in words. Pure.

Nobody puts such a lead into our CRM: what the CRM says of a received lead (domain.tables.TOLD_BY_PARTNER), the partner
or staff write into the row of a sent one, and the worker neither writes nor puts right any of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from zoneinfo import ZoneInfo

from worker.domain.leads import LeadRow
from worker.domain.money import digits
from worker.domain.partners import PartnerRow
from worker.domain.tables import LEAD_STATUSES
from worker.planning.contact_details import clean
from worker.planning.exchange import is_won
from worker.planning.worth import commission_owed, first_year, too_fine, won_on


def sent_problems(
    leads: Iterable[LeadRow], names: Mapping[str, PartnerRow], statuses: Collection[str], zone: ZoneInfo
) -> Mapping[str, str]:
    """Return by row id what keeps a lead that we sent from counting; `statuses` are those of the pipeline's stages."""
    found: dict[str, str] = {}
    words = tuple(dict.fromkeys((*LEAD_STATUSES, *statuses)))
    for lead in leads:
        faults = [*_faults(lead, names, words), *(_faults_of_a_win(lead, zone) if is_won(lead) else ())]
        if faults:
            found[lead.row.id] = ". ".join(faults) + "."
    return found


def _faults(lead: LeadRow, names: Mapping[str, PartnerRow], words: Collection[str]) -> Iterator[str]:
    if not lead.partner:
        yield "Partner is missing: fill in whom the lead was sent to"
    elif lead.partner.casefold() not in names:
        yield f"Partner “{clean(lead.partner)[:60]}” is not in the Partners table: pick one that is there, or add it"
    if lead.status and lead.status.casefold() not in {word.casefold() for word in words}:
        yield f"Status is none of {', '.join(words)}: choose the one that the partner reports"


def _faults_of_a_win(lead: LeadRow, zone: ZoneInfo) -> Iterator[str]:
    if won_on(lead.row, zone) is None:
        yield 'Won on is missing: fill in the day on which the partner won it, as "2026-03-31"'
    if (currency := too_fine(lead.row)) is not None:
        places = digits(currency)
        much = f"at most {places} decimals" if places else "a whole amount"
        yield f"Estimated value {lead.row.text('Estimated value')} is finer than {currency} goes: write {much}"
    elif commission_owed(lead.row) is None:
        yield (
            "Estimated value and Currency do not state the commission that the partner owes us for it: "
            'write it as "1200" and "GBP", 0 if there is none'
        )
    if lead.row.cells.get("Deal value") and first_year(lead.row) is None:
        yield _value_fault(lead)


def _value_fault(lead: LeadRow) -> str:
    """Say why the value of a deal that the row states counts for nothing; a row that states none need not."""
    if lead.row.text("Interval").lower() == "total":
        return 'Interval is a total without its term: write it with the months, as "total, 12 months"'
    return (
        "Deal value, Deal currency and Interval do not state together what the client pays: write them as "
        '"12000", "GBP" and "annual", or leave Deal value empty'
    )
