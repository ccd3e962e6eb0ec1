"""Collecting ratings: store, rounds, assignment, the page, aggregation, screening, export."""
