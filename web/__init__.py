"""Pages, the API and the command line. Stands on the engine."""
