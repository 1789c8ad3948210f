"""Our own keys: minted once, from what the thing is, so that minting again gives the same one."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Collection

_LEAD = re.compile(r"L-[A-Z2-7]{8}\Z")
_PARTNER = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
_LONGEST = 24  # characters of a partner's key, before the number of one that is taken
_LEGAL_FORMS = frozenset({"ltd", "limited", "llc", "inc", "gmbh", "bv", "plc", "llp", "sarl", "ag", "co", "and"})


def is_lead_key(text: str) -> bool:
    """Tell whether a text has the shape of a lead key: `L-` and eight base32 characters."""
    return _LEAD.match(text) is not None


def lead_key(row: str, taken: Collection[str] = ()) -> str:
    """Return the key of the lead that stands in this row of the tracker, by the row's own id.

    A row that is known by a key, as those of sheets are, has that one. A key that another row has already (two in a
    million rows) is passed over.
    """
    if is_lead_key(row) and row not in taken:
        return row
    for salt in range(1000):
        digest = hashlib.sha256(f"{row}/{salt}".encode() if salt else row.encode()).digest()
        key = "L-" + base64.b32encode(digest[:5]).decode()
        if key not in taken:
            return key
    raise ValueError("no lead key is free")


def is_partner_key(text: str) -> bool:
    """Tell whether a text has the shape of a partner's key: small letters and digits, in words tied by hyphens."""
    return _PARTNER.match(text) is not None


def partner_key(name: str, taken: Collection[str] = ()) -> str:
    """Return a short readable key for a partner: `Acme & Söhne GmbH` → `acme-sohne`; numbered where taken."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    words = [w for w in re.split(r"[^a-z0-9]+", plain) if w not in _LEGAL_FORMS and w]
    stem = "-".join(words)[:_LONGEST].strip("-") or "partner"
    if stem not in taken:
        return stem
    return next(key for n in range(2, len(taken) + 3) if (key := f"{stem}-{n}") not in taken)
