"""What answers are worth: arithmetic on arrays, without Django and without a database.

Every score is a `Figure`: a value with a 95 % interval, or no value and a reason in one word.
"""
