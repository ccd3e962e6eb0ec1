"""Versions of the tables of a store, each with the step from the version before it."""
