"""The decisions, as pure functions of facts, rules, rows and a date."""
