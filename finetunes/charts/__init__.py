"""From series to what a chart shows: which plots, along which axis, reduced to the pixels asked for."""
