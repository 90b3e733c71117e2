"""Benchmarks: the program side by side with what a user would pick instead, as ratios of one run."""
