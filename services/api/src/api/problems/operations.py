"""Problems of what a person wants to close: dead letters and alarms."""

from api.problems.problem import Problem


class DeadLetterClosed(Problem):
    """The dead letter was replayed or discarded before."""

    status = 409
    code = "dead_letter_closed"
    title = "The dead letter was dealt with before"


class AlarmClosed(Problem):
    """The alarm was closed before."""

    status = 409
    code = "alarm_closed"
    title = "The alarm is closed already"


class AlarmEndsItself(Problem):
    """The check that opened the alarm closes it when its cause is gone."""

    status = 409
    code = "alarm_ends_itself"
    title = "The alarm closes by itself when its cause is gone"
