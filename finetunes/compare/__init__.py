"""Runs side by side: which ones, their curves in one chart, their numbers, and what differs between them."""
