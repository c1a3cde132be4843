"""One page a file: frozen read models, ordered to the last tie. Never a table row, so no template can query."""
