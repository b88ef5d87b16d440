"""The error of an emulated AWS service, as it travels to the client."""

from moto.core.exceptions import ServiceException


class ServiceError(ServiceException):
    """An AWS error code and its sentence, serialised in the service's own protocol.

    Args:
        code: The code as clients see it in ``response["Error"]["Code"]``.
        message: The service's sentence about it.
        status: The HTTP status for a code that the service's model does not know.
    """

    def __init__(self, code: str, message: str, status: int = 500) -> None:
        super().__init__(code, message)
        self.status = status
