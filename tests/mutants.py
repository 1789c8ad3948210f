"""`make mutants`: does every change to the money rules fail a test? mutmut over planning/ and domain/money, by module.

Each module has a copy of the project of its own in .mutants/, with verdicts that stay: a run that was broken off goes
on where it was. What survives must stand in mutants.toml with the reason why it makes no difference. CHILDREN says how
many mutants are tried at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
WORK = ROOT / ".mutants"
LEAST = 95  # percent that must be killed or explained
KILLED, UNKNOWN = ("killed", "timeout", "caught by type check"), "not checked"  # the last: the run was broken off
COPIED = ("worker", "tests", "rules")
STORMS = ("test_laws", "test_laws_at_large", "test_statement_laws", "test_money_storms", "test_differential")
# Tests of a module are those named after it but the storms, and these; a module without any is tested by all the rest.
TESTS = {
    "money": ["domain/test_money.py"],
    "amounts": ["test_earning.py", "test_tiers.py"],
    "cash": ["test_statuses.py"],
    "commissions": ["test_earning.py", "test_corrections.py", "test_amounts.py", "test_tiers.py", "test_conversion.py"],
    "contact_details": ["test_partners.py", "test_vetting.py"],
    "conversion": ["test_earning.py", "test_statuses.py"],
    "earning": ["test_tiers.py", "test_matching.py", "test_amounts.py", "test_statuses.py"],
    "enrolment": ["test_partners_seen.py", "test_earning.py"],
    "exchange": ["test_totals.py", "test_performance.py", "test_money_notices.py"],
    "grounds": ["test_approvals.py"],
    "guards": ["test_money_plans.py"],
    "hands": ["test_sent_leads.py"],
    "intake": ["test_hands.py", "test_totals.py"],
    "money_notices": ["test_totals.py", "test_money_plans.py", "test_statement_plan.py"],
    "money_plans": ["test_statement_plan.py", "test_conversion.py"],
    "outgoing": ["test_statement_plan.py", "test_money_plans.py"],
    "partners": ["test_partners_seen.py"],
    "partners_seen": ["test_enrolment.py"],
    "read_back": ["test_statement_plan.py", "test_money_plans.py"],
    "row_edits": ["test_rows.py", "test_money_plans.py", "test_guards.py"],
    "rows": ["test_row_edits.py", "test_money_plans.py", "test_statement_plan.py", "test_guards.py"],
    "runs": ["test_amounts.py", "test_earning.py", "test_matching.py", "test_cash.py", "test_tiers.py",
             "test_statuses.py"],
    "statuses": ["test_corrections.py", "test_amounts.py", "test_tiers.py", "test_conversion.py", "test_wording.py"],
    "terms": ["test_earning.py", "test_amounts.py", "test_approvals.py", "test_enrolment.py"],
    "tiers": ["test_amounts.py"],
    "totals": ["test_exchange.py"],
    "true_ups": ["test_tiers.py", "test_conversion.py"],
    "vetting": ["test_intake.py", "test_partners_seen.py"],
    "why": ["test_statuses.py", "test_conversion.py", "test_rows.py"],
    "wording": ["test_statuses.py", "test_amounts.py", "test_tiers.py", "test_true_ups.py"],
    "worth": ["test_exchange.py", "test_totals.py", "test_performance.py", "test_sent_leads.py"],
}  # fmt: skip

Change = tuple[str, str, str, str]  # module, function, the line before, the line after


@dataclass(frozen=True)
class Verdict:
    """What became of the mutants of a module."""

    module: str
    statuses: Sequence[str]
    survivors: Sequence[Change]
    equivalent: int  # survivors that mutants.toml explains

    @property
    def unknown(self) -> int:
        """Return how many are still to be looked at."""
        return self.statuses.count(UNKNOWN)

    @property
    def score(self) -> float:
        """Return how much of a hundred of those looked at is killed or explained."""
        seen = len(self.statuses) - self.unknown
        return 100 * (1 - (len(self.survivors) - self.equivalent) / seen) if seen else 0.0


def modules() -> list[str]:
    """Return the modules whose mutants are looked at."""
    planning = sorted((ROOT / "worker/planning").glob("[a-z]*.py"))
    return ["worker/domain/money.py", *(str(path.relative_to(ROOT)) for path in planning)]


def tests_of(module: str) -> list[str]:
    """Return the test files of a module."""
    name = Path(module).stem
    named = (ROOT / "tests/planning").glob(f"test_{name}*.py")
    own = [str(path.relative_to(ROOT)) for path in named if path.stem not in STORMS]
    more = [f"tests/{path}" if "/" in path else f"tests/planning/{path}" for path in TESTS.get(name, [])]
    found = sorted({*own, *more})
    return found or ["tests/planning", "tests/domain", *(f"--ignore=tests/planning/{name}.py" for name in STORMS)]


def run(module: str) -> Path:
    """Let mutmut go through a module in its own copy of the project; return the folder."""
    folder = WORK / Path(module).stem
    for name in COPIED:
        shutil.rmtree(folder / name, ignore_errors=True)
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    settings = {
        "source_paths": ["worker"], "only_mutate": [module], "also_copy": ["rules"],
        "pytest_add_cli_args": ["-p", "no:xdist", "-p", "no:cacheprovider"],
        "pytest_add_cli_args_test_selection": tests_of(module),
        "timeout_multiplier": 6.0,  # of what its tests take: those that never end are several to a loop
    }  # fmt: skip
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    text = (ROOT / "pyproject.toml").read_text()
    (folder / "pyproject.toml").write_text("\n".join([text, "[tool.mutmut]", *lines, ""]))
    forget_all_but_the_killed(folder / "mutants" / f"{module}.meta")
    (folder / "mutants/mutmut-stats.json").unlink(missing_ok=True)  # which test runs what may be another by now
    environment = {**os.environ, "QUARTERDAY_PROFILE": "brief"}
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", os.environ.get("CHILDREN", "2")]
    subprocess.run(command, cwd=folder, env=environment, check=False, stdout=subprocess.DEVNULL)
    return folder


def forget_all_but_the_killed(path: Path) -> None:
    """Let new tests have a go at what survived, and a calmer machine at what took too long."""
    if path.exists():
        meta = json.loads(path.read_text())
        codes = meta["exit_code_by_key"]
        meta["exit_code_by_key"] = {n: c if status_by_exit_code[c] == "killed" else None for n, c in codes.items()}
        path.write_text(json.dumps(meta))


def verdict(module: str, folder: Path, explained: frozenset[Change]) -> Verdict:
    """Read what became of a module's mutants."""
    path = folder / "mutants" / f"{module}.meta"
    codes = json.loads(path.read_text())["exit_code_by_key"] if path.exists() else {}
    statuses = {name: status_by_exit_code[code] for name, code in codes.items()}
    with contextlib.chdir(folder):  # mutmut looks for its files from where it stands
        survivors = [change_of(module, name) for name, status in statuses.items() if status not in (*KILLED, UNKNOWN)]
    return Verdict(module, [*statuses.values()], survivors, sum(s in explained for s in survivors))


def change_of(module: str, name: str) -> Change:
    """Return what a mutant changes."""
    shown = get_diff_for_mutant(name, path=module).splitlines()
    function = name.split(".")[-1].split("__mutmut_")[0].removeprefix("x_").replace("xǁ", "").replace("ǁ", ".")
    before, after = (" ".join(line[1:].strip() for line in shown if _is(line, sign)) for sign in "-+")
    return module, function, before, after


def _is(line: str, sign: str) -> bool:
    return line.startswith(sign) and not line.startswith(sign * 3)


def explained() -> frozenset[Change]:
    """Return the mutants that make no difference."""
    entries = tomllib.loads((ROOT / "tests/mutants.toml").read_text())["equivalent"]
    return frozenset((e["module"], e["function"], e["before"], e["after"]) for e in entries)


def told(found: Sequence[Verdict], known: frozenset[Change]) -> Iterator[Table | str]:
    """Show the score of every module and the survivors that nobody explained."""
    table = Table(title="Mutants of planning/ and domain/money", title_justify="left")
    for column in ("module", "mutants", "killed", "make no difference", "survived", "not run", "killed or explained"):
        table.add_column(column, justify="left" if column == "module" else "right")
    for one in found:
        lived = len(one.survivors)
        table.add_row(
            one.module, str(len(one.statuses)), str(len(one.statuses) - one.unknown - lived), str(one.equivalent),
            str(lived - one.equivalent), str(one.unknown), f"{one.score:.1f} %",
        )  # fmt: skip
    yield table
    for one in found:
        for module, function, before, after in one.survivors:
            if (module, function, before, after) not in known:
                yield f"{module}, {function}\n  - {before}\n  + {after}"


def main() -> int:
    """Run the modules that are named, or all; fail where too much survives."""
    asked = sys.argv[1:] or modules()
    known = explained()
    found = [verdict(module, run(module), known) for module in asked]
    console = Console(width=140, soft_wrap=True, markup=False, highlight=False)
    for part in told(found, known):
        console.print(part)
    return int(any(one.score < LEAST or one.unknown or not one.statuses for one in found))


if __name__ == "__main__":
    sys.exit(main())
