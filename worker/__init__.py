"""Quarterday: partner leads and commissions, from the row in the tracker to the paid statement."""
