"""Hypothesis without a stopwatch: the same test takes longer on a busy machine, and is no less true.

QUARTERDAY_PROFILE=brief runs fewer examples, always the same ones: for `make mutants`.
"""

import os

from hypothesis import settings

settings.register_profile("no stopwatch", deadline=None)
settings.register_profile("brief", deadline=None, derandomize=True, database=None, max_examples=25)
settings.load_profile(os.environ.get("QUARTERDAY_PROFILE", "no stopwatch"))
