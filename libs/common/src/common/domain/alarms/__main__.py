"""Print the alarms page made from the table."""

from common.domain.alarms.table import alarms_page

print(alarms_page(), end="")
