"""Problems of alarms that a person wants to close."""

from api.http.problem import Problem


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
