"""The nouns: records, money, months, keys, plans and changes. Standard library only; no I/O, no clock."""
