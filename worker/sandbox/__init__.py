"""Loopback stand-ins of every service: stateful, deterministic, strict. Imports nothing else of the worker."""
