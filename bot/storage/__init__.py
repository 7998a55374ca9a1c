"""The only SQL of the project, and the spool of encrypted pictures."""

from bot.quotas import Limits
from bot.storage.jobs import Clock, Jobs
from bot.storage.members import Members, Preferences, Receipt
from bot.storage.rooms import LogEntry, Parts, RoomPolicy, Rooms
from bot.storage.rows import Accepted, Claim, Delivery, JobSpec, JobView, Status, Swept, Ticket
from bot.storage.store import Storage
from bot.storage.upkeep import BackedUp, Checked, Restored, Upgraded, backup, check, in_use, restore, upgrade

__all__ = [
    "Accepted",
    "BackedUp",
    "Checked",
    "Claim",
    "Clock",
    "Delivery",
    "JobSpec",
    "JobView",
    "Jobs",
    "Limits",
    "LogEntry",
    "Members",
    "Parts",
    "Preferences",
    "Receipt",
    "Restored",
    "RoomPolicy",
    "Rooms",
    "Status",
    "Storage",
    "Swept",
    "Ticket",
    "Upgraded",
    "backup",
    "check",
    "in_use",
    "restore",
    "upgrade",
]
