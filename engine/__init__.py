"""Runs processes and remembers. Knows neither Flask nor Dramatiq."""
