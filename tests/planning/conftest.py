"""Hypothesis without a stopwatch: the same test takes longer on a busy machine, and is no less true.

QUARTERDAY_PROFILE=brief runs fewer examples, always the same ones, and looks for no simpler one: for `make mutants`.
"""

import os

from hypothesis import Phase, settings

settings.register_profile("no stopwatch", deadline=None)
settings.register_profile(
    "brief", deadline=None, derandomize=True, database=None, max_examples=25, phases=(Phase.explicit, Phase.generate)
)
settings.load_profile(os.environ.get("QUARTERDAY_PROFILE", "no stopwatch"))
