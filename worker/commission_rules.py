"""rules/commissions.toml and rules/statements.toml → plans and policies; strict, every fault at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import get_args

from worker.domain.facts import Interval
from worker.domain.money import digits, minor_unit
from worker.domain.months import PERIOD_MONTHS, Month
from worker.domain.plans import Bracket, CommissionPlan, ConversionRules, Example, ExpectedLine, Plans, Policy
from worker.toml_reader import REQUIRED, Section

_HUNDRED = Decimal(100)
_OPEN = ("Expected", "Waiting", "Confirmed", "Cancelled")  # how a line can stand while nobody has touched it
_ALONE = "partner"  # who has the whole deal in an example without shares
_SHORTEST = {"monthly": 28, "quarterly": 90, "half-yearly": 181}  # days


def load_commissions(root: Section) -> tuple[Plans, Policy]:
    """Read rules/commissions.toml: every version of every plan, and the policies about lines."""
    part = root.section("policy")
    moved = _positive(part, "max_moved_amount")
    policy = Policy(
        tolerance=_positive(part, "tolerance"),
        max_changed_share=_percent(part, "max_changed_share", Decimal(30)),
        max_moved_amount=moved,
        guard_from_lines=part.whole("guard_from_lines", 24),
        conversion=_conversion(part),
    )
    part.close()
    sections = root.sections("plan")
    read = [_plan(section) for section in sections]
    versions = [plan for plan, _ in read]
    if not versions:
        root.fault("plan", "no plan is there", "Add [[plan]] with name, version, valid_from, rate and months.")
    _no_overlap(root, versions)
    _told_apart(sections, versions)
    root.close()
    return Plans(tuple(versions), tuple(example for _, examples in read for example in examples)), policy


def _conversion(part: Section) -> ConversionRules | None:
    """Read [policy.conversion]; the rates themselves come from rules/rates.toml."""
    if not part.has("conversion"):
        return None
    section = part.section("conversion")
    section.choice("to", ("partner",), REQUIRED)
    on = section.choice("date", ("month-end", "won"), "month-end")
    section.close()
    return ConversionRules(on, "")  # type: ignore[arg-type]


def _plan(part: Section) -> tuple[CommissionPlan, Sequence[Example]]:
    """Read one [[plan]] and its examples."""
    terms = [name for name in ("rate", "tiers", "fee") if part.has(name)]
    if len(terms) != 1:
        part.fault("", "needs exactly one of rate, tiers and fee", 'Write rate = "10", or tiers, or fee = "100.00".')
    plan = CommissionPlan(
        name=part.text("name", REQUIRED),
        version=part.text("version", REQUIRED),
        valid_from=part.day("valid_from", REQUIRED) or date.min,
        valid_to=part.day("valid_to"),
        months=part.whole("months", 12) if part.has("months") else _months_missing(part),
        rate=_percent(part, "rate", None) if part.has("rate") else None,
        tiers=tuple(_tiers(part)) if part.has("tiers") else (),
        fee=_positive(part, "fee"),
        currency=part.text("currency", None) or None,
        mode=part.choice("mode", ("marginal", "retroactive"), "marginal"),  # type: ignore[arg-type]
        tier_period=part.choice("tier_period", ("quarter", "year", "lifetime"), "quarter"),  # type: ignore[arg-type]
        start=part.choice("start", ("won", "next", "first-invoice"), "won"),  # type: ignore[arg-type]
        prorate=part.choice("prorate", ("none", "days"), "none"),  # type: ignore[arg-type]
        count_months_per=part.choice("count_months_per", ("deal", "client"), "deal"),  # type: ignore[arg-type]
        cap_per_deal=_positive(part, "cap_per_deal"),
        cap_per_partner=_positive(part, "cap_per_partner"),
    )
    examples = [_example(section, plan) for section in part.sections("example")]
    part.close()
    _agree(part, plan)
    names = [example.name for example in examples]
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        part.fault("example", f"{name!r} is there twice", "Give each example a name of its own.")
    return plan, examples


def _months_missing(part: Section) -> int:
    part.fault("months", "is missing", "Write for how many months the plan earns; 0: as long as the client pays.")
    return 12


def _agree(part: Section, plan: CommissionPlan) -> None:
    """Report terms that do not go together."""
    if plan.valid_to is not None and plan.valid_to < plan.valid_from:
        part.fault("valid_to", "is before valid_from", "Correct one of them.")
    sums = [name for name in ("tiers", "fee", "cap_per_deal", "cap_per_partner") if getattr(plan, name)]
    if sums and plan.currency is None:
        part.fault("currency", f"is missing, and {sums[0]} needs it", 'Write currency = "GBP".')
    if plan.currency is not None and not (len(plan.currency) == 3 and plan.currency.isupper()):
        part.fault("currency", f"is {plan.currency!r}", 'Write three capital letters, as "GBP".')
    for name in ("fee", "cap_per_deal", "cap_per_partner"):
        _exact(part, name, getattr(plan, name), plan.currency)
    if plan.prorate == "days" and plan.count_months_per == "client":
        part.fault("prorate", '"days" does not go with count_months_per = "client"', "Choose one of them.")
    if part.has("mode") and not part.has("tiers"):
        part.fault("mode", "says how tiers are taken, and there are none", "Remove it, or write tiers.")
    if part.has("tier_period") and not (part.has("tiers") or part.has("cap_per_partner")):
        part.fault("tier_period", "is the period of tiers and of cap_per_partner, and there is neither", "Remove it.")
    if plan.mode == "retroactive" and plan.tier_period == "lifetime":
        part.fault("mode", '"retroactive" does not go with tier_period = "lifetime"', "Choose quarter or year.")


def _tiers(part: Section) -> Sequence[Bracket]:
    """Read the brackets; half-open, without gap or overlap, the first from 0, the last without end."""
    brackets: list[Bracket] = []
    currency = part.text("currency", None) or None
    for section in part.sections("tiers"):
        start = _exact(section, "from", section.decimal("from", REQUIRED), currency)
        end = section.decimal("to")
        _exact(section, "to", end, currency)
        brackets.append(Bracket(start, end, _percent(section, "rate", Decimal(0))))
        if not section.has("rate"):
            section.fault("rate", "is missing", 'Write rate = "10".')
        section.close(("rate",))
    if not brackets or brackets[0].start != 0:
        part.fault("tiers", "do not begin at 0", 'Write from = "0" in the first.')
    for one, two in pairwise(brackets):
        if one.end != two.start:
            part.fault("tiers", f"have a gap or an overlap at {two.start}", "Let each begin where the one before ends.")
    if brackets and brackets[-1].end is not None:
        part.fault("tiers", "end: above the last one nothing would be earned", "Leave out `to` in the last.")
    if any(b.end is not None and b.end <= b.start for b in brackets):
        part.fault("tiers", "have one that ends before it begins", "Correct from and to.")
    return brackets


def _example(part: Section, plan: CommissionPlan) -> Example:
    """Read one [[plan.example]]: a deal, what was paid, and all its lines on a day."""
    deal = part.section("deal")
    currency = deal.text("currency", REQUIRED, wanted='three capital letters, as "GBP"')
    if currency and not (len(currency) == 3 and currency.isupper()):
        deal.fault("currency", f"is {currency!r}", 'Write three capital letters, as "GBP".')
    if plan.fee is None:
        for needed in ("value", "interval"):
            if not deal.has(needed):
                deal.fault(needed, "is missing", "Say what the client pays: value and interval.")
    interval = deal.choice("interval", get_args(Interval), "monthly") if deal.has("interval") else None
    term = deal.whole("term_months", 1, least=1) if deal.has("term_months") else None
    if interval == "total" and term is None:
        deal.fault("term_months", "is missing, and a total needs it", "Write term_months = 12.")
    value = _positive(deal, "value")
    _exact(deal, "value", value, currency)
    deal.close(("interval", "term_months"))
    won_on = part.day("won_on", REQUIRED) or plan.valid_from
    if won_on < plan.valid_from or (plan.valid_to is not None and won_on > plan.valid_to):
        part.fault("won_on", f"is {won_on}, when version {plan.version} is not valid", "Choose a day on which it is.")
    own = part.text("partner_currency", None) or None
    shares = _example_shares(part)
    partners = {partner for partner, _ in shares}
    example = Example(
        plan=plan.name, version=plan.version, name=part.text("name", REQUIRED), value=value,
        interval=interval, currency=currency, term_months=term, won_on=won_on, shares=shares,  # type: ignore[arg-type]
        paid=tuple(_payment(section, currency) for section in part.sections("paid")),
        as_of=part.day("as_of", REQUIRED) or won_on,
        expect=tuple(_expected(section, (currency, own), partners) for section in part.sections("expect")),
        partner_currency=own,
    )  # fmt: skip
    if not part.has("expect"):
        part.fault(
            "expect", "is missing", 'Write expect = [{ month = "2026-01", amount = "1.00", status = "Expected" }].'
        )
    part.close()
    return example


def _example_shares(part: Section) -> tuple[tuple[str, Decimal], ...]:
    """Return who shares the deal; one partner has all of it where nothing is said."""
    shares: list[tuple[str, Decimal]] = []
    for section in part.sections("shares"):
        shares.append((section.text("partner", REQUIRED), section.decimal("percent", REQUIRED) or Decimal(0)))
        section.close()
    if not shares:
        return ((_ALONE, _HUNDRED),)
    whole = sum((percent for _, percent in shares), Decimal(0))
    if whole != _HUNDRED or any(percent < 0 for _, percent in shares):
        part.fault("shares", f"sum to {whole} %", "Let them sum to 100, none below zero.")
    if len({partner for partner, _ in shares}) != len(shares):
        part.fault("shares", "name a partner twice", "Give each partner one share.")
    return tuple(shares)


def _payment(part: Section, currency: str) -> tuple[date, Decimal]:
    """Read what the client paid on a day, net of tax."""
    amount = part.decimal("amount", REQUIRED)
    if amount is not None and amount <= 0:
        part.fault("amount", f"is {amount}", "Write an amount above 0.")
    paid = part.day("date", REQUIRED) or date.min, _exact(part, "amount", amount, currency)
    part.close()
    return paid


def _expected(part: Section, currencies: tuple[str, str | None], partners: Collection[str]) -> ExpectedLine:
    """Read a line that must come out."""
    written = part.text("month", REQUIRED, wanted='a month, as "2026-01"')
    try:
        month = Month.parse(written) if written else Month(1, 1)
    except ValueError:
        part.fault("month", f"is {written!r}", 'Write a month, as "2026-01".')
        month = Month(1, 1)
    only = next(iter(partners)) if len(partners) == 1 else REQUIRED
    partner = part.text("partner", only)
    if partner and partner not in partners:
        part.fault("partner", f"is {partner!r}, who has no share", f"Write one of: {', '.join(sorted(partners))}.")
    if not part.has("status"):
        part.fault("status", "is missing", f"Write one of: {', '.join(_OPEN)}.")
    amount = part.decimal("amount", REQUIRED)
    line = ExpectedLine(
        month, _exact(part, "amount", amount, max(filter(None, currencies), key=digits, default="")),
        part.choice("status", _OPEN, "Expected"), partner,  # type: ignore[arg-type]
        part.choice("kind", ("commission", "correction"), "commission"),  # type: ignore[arg-type]
    )  # fmt: skip
    part.close()
    return line


def _exact(part: Section, name: str, amount: Decimal | None, currency: str | None) -> Decimal:
    """Return an amount, 0 for none; one that is finer than its currency goes is a fault."""
    if amount is not None and currency and minor_unit(currency).denominator % Fraction(amount).denominator:
        places = digits(currency)
        part.fault(name, f"is finer than {currency} goes", f"Use {places} decimals." if places else "Leave them out.")
    return amount if amount is not None else Decimal(0)


def _no_overlap(root: Section, versions: Sequence[CommissionPlan]) -> None:
    """Report versions of one plan that are valid on the same day, or leave days between them."""
    for name in sorted({plan.name for plan in versions}):
        own = sorted((plan for plan in versions if plan.name == name), key=lambda plan: plan.valid_from)
        for one, two in pairwise(own):
            if one.valid_to is None or one.valid_to >= two.valid_from:
                root.fault("plan", f"{name}: versions {one.version} and {two.version} are valid on the same days",
                           f"End {one.version} the day before {two.valid_from}.")  # fmt: skip
            elif one.valid_to + timedelta(days=1) != two.valid_from:
                root.fault("plan", f"{name}: nothing is valid between {one.valid_to} and {two.valid_from}",
                           "Let one version begin the day after the one before ends.")  # fmt: skip


def _told_apart(sections: Sequence[Section], versions: Sequence[CommissionPlan]) -> None:
    """Report a version that reads on a line as an earlier one does: its deals would be rated by that one."""
    seen: dict[str, CommissionPlan] = {}
    for section, plan in zip(sections, versions, strict=True):
        if plan.name and plan.version and (other := seen.setdefault(plan.text, plan)) is not plan:
            section.fault(
                "version", f'reads on a line as plan "{other.name}", version "{other.version}" does ({plan.text})',
                'Give it words of its own, as "2026-01": a line knows its plan by them.',
            )  # fmt: skip


def load_statements(root: Section, policy: Policy) -> Policy:
    """Read rules/statements.toml into the policy."""
    minimum = root.section("minimum")
    least: dict[str, Decimal] = {}
    for currency in minimum.names():
        if currency != "default" and not (len(currency) == 3 and currency.isupper()):
            minimum.fault(currency, "is not a currency", 'Write three capital letters, as GBP = "50.00".')
        amount = _positive(minimum, currency)
        least[currency] = _exact(minimum, currency, amount, None if currency == "default" else currency)
    minimum.close()
    since = root.text("statements_from", None)
    month = None
    if since:
        try:
            month = Month.parse(since)
        except ValueError:
            root.fault("statements_from", f"is {since!r}", 'Write a month, as "2026-01".')
    period = root.choice("period", tuple(PERIOD_MONTHS), "quarterly")
    result = replace(
        policy,
        statement_period=period,
        issue_day=root.whole("issue_day", 5, least=1, most=_SHORTEST[period]),
        grace_days=root.whole("grace_days", 6),
        minimum={"default": Decimal("50.00"), **least},
        clawback_cap=_percent(root, "clawback_cap", _HUNDRED),
        after_leaving=root.choice("after_leaving", ("continue", "stop"), "continue"),  # type: ignore[arg-type]
        statements_from=month,
    )
    root.close()
    return result


def _percent(part: Section, name: str, default: Decimal | None) -> Decimal:
    value = part.decimal(name, default)
    if value is not None and not 0 <= value <= _HUNDRED:
        part.fault(name, f"is {value}", "Write a percentage from 0 to 100.")
    return value if value is not None else Decimal(0)


def _positive(part: Section, name: str) -> Decimal | None:
    value = part.decimal(name)
    if value is not None and value < 0:
        part.fault(name, f"is {value}", "Write an amount of 0 or more.")
    return value
