"""E-mail addresses as SES checks them, with the words of JavaMail, which it is known to answer."""

import re
from typing import Final

_CONTROL_OR_SPACE: Final = re.compile(r"[^\x21-\x7e]")  # SES takes 7-bit addresses only
_ILLEGAL: Final = re.compile(r'[()<>,;:\\"\[\]]')


class AddressError(Exception):
    """An address is malformed; the message is what SES says of it."""


def address_in(written: str) -> str:
    """The address of ``address`` or ``Name <address>``.

    Raises:
        AddressError: It is none.
    """
    address = written.rpartition("<")[2].removesuffix(">") if written.endswith(">") else written
    fault = _fault(address)
    if fault is not None:
        raise AddressError(fault)
    return address


def _fault(address: str) -> str | None:
    """What is wrong with an address, in JavaMail's words."""
    local, at, domain = address.rpartition("@")
    checks = (
        (not address, f"Invalid email address {address}."),
        (not at, "Missing final '@domain'"),
        (not local, "Missing local name"),
        (not domain or domain.endswith("."), "Missing domain"),
        ("@" in local, "Illegal address"),
        (_CONTROL_OR_SPACE.search(local), "Local address contains control or whitespace"),
        (_ILLEGAL.search(local), "Local address contains illegal character"),
        (local.startswith("."), "Local address starts with dot"),
        (local.endswith("."), "Local address ends with dot"),
        (".." in local, "Local address contains dot-dot"),
        (_CONTROL_OR_SPACE.search(domain), "Domain contains control or whitespace"),
        (_ILLEGAL.search(domain), "Domain contains illegal character"),
        (domain.startswith("."), "Domain starts with dot"),
        (".." in domain, "Domain contains dot-dot"),
    )
    return next((message for is_wrong, message in checks if is_wrong), None)
