"""Gates on the committed notebooks; those that execute them carry the marker `notebook`."""
