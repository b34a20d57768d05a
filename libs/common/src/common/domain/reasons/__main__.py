"""Print the reasons page made from the table."""

from common.domain.reasons.table import reasons_page

print(reasons_page(), end="")
