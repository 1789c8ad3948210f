"""Loopback stand-ins of every service Quarterday speaks to: stateful, deterministic, strict. Imports nothing of the worker."""
