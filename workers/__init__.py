"""Jobs carried out: relay, actors, mail. Stands on the engine; knows nothing of the web."""
