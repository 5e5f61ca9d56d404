"""One prompt to several models at once: open, as the answers come, or blind, with a vote.

It differs from `playground.compare`, which keeps for good what two fine-tuned models answered, each question
once per model, for the day when one of them answers no more. Here each press asks anew, any model of any connection,
as often as samples are wished; and what nobody voted on is forgotten.
"""
