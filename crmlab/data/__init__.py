"""Files become admitted tables: read once, strictly, with every row accounted for."""
