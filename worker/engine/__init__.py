"""The machinery: apply, journal, store, pace, schedule, runs. Knows no lead."""
