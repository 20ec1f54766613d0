"""Worker processes from outside: start, feed, cancel, replace. Knows no Qt; events come on a thread of its own."""

from core.worker_client.client import GRACE, WorkerClient
from core.worker_client.events import Done, Ending, Event, Failed, Handle, Listener, Started, Stopped, Waiting
from core.worker_client.lanes import EXCLUSIVE, LONG, Lanes

__all__ = [
    "Done",
    "EXCLUSIVE",
    "Ending",
    "Event",
    "Failed",
    "GRACE",
    "Handle",
    "LONG",
    "Lanes",
    "Listener",
    "Started",
    "Stopped",
    "Waiting",
    "WorkerClient",
]
