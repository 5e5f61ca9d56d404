"""What can go wrong between us and a provider.

APIError                    message: the provider's own words, without secrets
├── NotOffered              this provider has no such thing: nothing was sent
├── ConnectionFailed        it was never reached: nothing has happened there
├── OutcomeUnknown          it was asked and did not answer: it may have happened
│   ├── Timeout
│   └── ConnectionLost
├── StatusError             it refused, and said how: status, code, param, type, request_id, retry_after
│   ├── BadRequest          400
│   ├── AuthenticationFailed 401
│   ├── PermissionDenied    403
│   │   └── TrainingNotAvailable  this account may not start fine-tunes any more
│   ├── NotFound            404
│   ├── Conflict            409
│   ├── Unprocessable       422
│   ├── RateLimited         429
│   └── ServerError         5xx and 408
├── StreamFailed            it broke off an answer that it had begun
└── BadAnswer               it agreed, and what it sent makes no sense

`may_have_happened` says whether a request that changes something may have taken effect:
ask the provider before sending such a request again.
"""

from __future__ import annotations


class APIError(Exception):
    may_have_happened = False

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotOffered(APIError):
    """The dialect has no way to ask for this."""


class ConnectionFailed(APIError):
    """No connection, so no request."""


class OutcomeUnknown(APIError):
    may_have_happened = True


class Timeout(OutcomeUnknown):
    """No answer, or not all of it, in the time allowed."""


class ConnectionLost(OutcomeUnknown):
    """The connection broke before the answer was complete."""


class StatusError(APIError):
    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str | None = None,
        param: str | None = None,
        type: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        should_retry: bool | None = None,
        is_page: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param
        self.type = type
        self.request_id = request_id
        self.retry_after = retry_after  # seconds
        self.should_retry = should_retry  # the provider's advice, which wins over the status
        self.is_page = is_page  # it came as a web page, so perhaps not from an API at all

    @property
    def out_of_quota(self) -> bool:
        """Say whether waiting will not help, although the status suggests it."""
        return bool({self.code, self.type} & {"insufficient_quota", "exceeded_quota"})


class BadRequest(StatusError):
    """400"""


class AuthenticationFailed(StatusError):
    """401: the key is not accepted."""


class PermissionDenied(StatusError):
    """403: the key may not do this."""


class TrainingNotAvailable(PermissionDenied):
    """403: the provider is closing, or has closed, fine-tuning for this account. Asking again does not help."""


class NotFound(StatusError):
    """404"""


class Conflict(StatusError):
    """409: something else is in progress, perhaps this very request."""

    may_have_happened = True


class Unprocessable(StatusError):
    """422"""


class RateLimited(StatusError):
    """429: too much, or a model that is still being loaded."""


class ServerError(StatusError):
    """5xx, and 408: the provider failed, at a moment nobody knows."""

    may_have_happened = True


class StreamFailed(APIError):
    def __init__(self, message: str, *, code: str | None = None, type: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.type = type


class BadAnswer(APIError):
    may_have_happened = True


_BY_STATUS: dict[int, type[StatusError]] = {
    400: BadRequest,
    401: AuthenticationFailed,
    403: PermissionDenied,
    404: NotFound,
    408: ServerError,
    409: Conflict,
    422: Unprocessable,
    429: RateLimited,
}


TRAINING_CLOSED = "training_not_available"


def for_status(status: int, *words: str | None) -> type[StatusError]:
    """Choose the class of an answer that is not a success; `words` are its code and its type."""
    if status == 403 and TRAINING_CLOSED in words:
        return TrainingNotAvailable
    if status >= 500:
        return ServerError
    return _BY_STATUS.get(status, StatusError)
