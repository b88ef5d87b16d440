"""Errors of the emulated AWS services."""

from collections.abc import Iterable

from moto.core.exceptions import ServiceException


class ServiceError(ServiceException):
    """An AWS error code and its sentence, serialised in the service's own protocol.

    Args:
        code: ``response["Error"]["Code"]``.
        message: The service's sentence.
        status: The HTTP status for a code that the service's model does not know.
    """

    def __init__(self, code: str, message: str, status: int = 500) -> None:
        super().__init__(code, message)
        self.status = status


def not_implemented(what: str) -> ServiceError:
    """Return the error for a request that the local AWS does not support."""
    return ServiceError("NotImplemented", f"The local AWS does not have {what.rstrip('.')}.", 501)


def check_understood(operation: str, parameters: Iterable[str], understood: Iterable[str]) -> None:
    """Refuse a request with a parameter that the local AWS would ignore.

    Raises:
        ServiceError: NotImplemented.
    """
    for parameter in parameters:
        if parameter not in understood:
            raise not_implemented(f"{operation} with {parameter}")
