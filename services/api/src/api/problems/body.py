"""What can be wrong with the body of a request before anybody looks into it."""

from api.problems.problem import Problem


class BodyTooLarge(Problem):
    """The request body is larger than 1 MiB."""

    status = 413
    code = "body_too_large"
    title = "The request body is larger than 1 MiB"


class TooManyLargeBodies(Problem):
    """Other large request bodies are being received; small ones are always taken."""

    status = 503
    code = "too_many_large_bodies"
    title = "Too many large request bodies at once, try again"


class UnsupportedMediaType(Problem):
    """The request body does not say that it is JSON."""

    status = 415
    code = "unsupported_media_type"
    title = "The request body must be JSON and say so"
    detail = "Send it with the header Content-Type: application/json."


WITH_BODY: tuple[type[Problem], ...] = (BodyTooLarge, UnsupportedMediaType)
