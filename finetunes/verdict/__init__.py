"""What a finished run has come to, from its numbers alone: findings by code, with the figures that they rest on.

Nothing here knows of Django or of words; `finetunes.judging` brings the numbers, `finetunes.telling` says them.
"""
