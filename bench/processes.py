"""What a process used of the machine."""

import os
from pathlib import Path

USER_TIME, SYSTEM_TIME = 11, 12  # of the fields after the command's name in /proc/<pid>/stat


def cpu_seconds(pid: int) -> float:
    """Processor time the process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[USER_TIME]) + int(fields[SYSTEM_TIME])
    return ticks / os.sysconf("SC_CLK_TCK")
