"""Hypothesis without a stopwatch: the same test takes longer on a busy machine, and is no less true."""

from hypothesis import settings

settings.register_profile("no stopwatch", deadline=None)
settings.load_profile("no stopwatch")
