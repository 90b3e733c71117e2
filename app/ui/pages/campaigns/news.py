"""What the campaigns page announces beyond the things of the workspace."""

REPORT_SEEN = "report seen"
"""A report was looked at: the last step of the first five minutes."""
