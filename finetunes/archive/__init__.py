"""Keep all that a connection's provider still has: collect it, say what could not be had, give it out as one file."""
