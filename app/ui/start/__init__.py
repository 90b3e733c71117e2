"""The way from a started program to an open workspace: the first start, a missing key, a file that does not open."""
