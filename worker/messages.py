"""rules/messages/*.txt and *.html → the words of a message. A .txt begins with its subject, then a line `---`."""

from __future__ import annotations

from pathlib import Path

import jinja2

from worker.toml_reader import Fault

KINDS = ("lead", "status", "statement", "carried", "paid", "monthly")


class Messages:
    """The templates of one programme; calling it renders one message (see domain.words.Words)."""

    def __init__(self, folder: Path, programme: str) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(folder),
            autoescape=jinja2.select_autoescape(["html"], default=False),
            undefined=jinja2.StrictUndefined,
            keep_trailing_newline=False,
            trim_blocks=False,
        )
        self._programme = programme

    def __call__(self, kind: str, **facts: object) -> tuple[str, str, str]:
        """Return subject, text and HTML."""
        facts = {"programme": self._programme, **facts}
        subject, _, text = self._environment.get_template(f"{kind}.txt").render(facts).partition("\n---\n")
        html = self._environment.get_template(f"{kind}.html").render(facts)
        return " ".join(subject.split()), text.strip() + "\n", html

    def faults(self, folder: Path) -> list[Fault]:
        """Return what keeps a template from being used: a missing file, a fault of syntax, no subject."""
        found: list[Fault] = []
        for name in (f"{kind}.{end}" for kind in KINDS for end in ("txt", "html")):
            path = folder / name
            try:
                self._environment.get_template(name)
            except jinja2.TemplateNotFound:
                found.append(Fault(str(path), "", "is missing", "Put the template there."))
            except jinja2.TemplateSyntaxError as error:
                found.append(Fault(str(path), f"line {error.lineno}", error.message or "can't be read", "Mend it."))
            else:
                if name.endswith(".txt") and "\n---\n" not in path.read_text(encoding="utf-8"):
                    found.append(Fault(str(path), "", "has no subject", "Begin with the subject, then a line ---."))
        return found
