"""Logs: one event name per fact, to stderr, JSON unless it is a terminal; never a token, never a person's mail."""

from __future__ import annotations

import logging
import os
import sys

import structlog


def set_up_logs(least: int | None = None) -> None:
    """Set logs up; QUARTERDAY_LOG names the least level shown, else `least`, else info (warning in a terminal)."""
    terminal = sys.stderr.isatty()
    level = logging.getLevelNamesMapping().get(os.environ.get("QUARTERDAY_LOG", "").upper())
    if level is None:
        level = least if least is not None else logging.WARNING if terminal else logging.INFO
    # A rich traceback would show local variables, tokens among them.
    console = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    renderer = console if terminal else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # stderr as it is when something is logged
        cache_logger_on_first_use=False,
    )
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
