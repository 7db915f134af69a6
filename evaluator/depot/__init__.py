"""Depot: the repositories in which a challenge's results lie, on a Hub or in a folder."""
