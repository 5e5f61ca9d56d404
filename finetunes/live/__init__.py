"""What is new, to everybody who looks: one tail a process reads it, streams carry it."""
