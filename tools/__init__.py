"""What developers run by hand: `python -m tools.<name>`."""
