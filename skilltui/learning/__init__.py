"""What worked becomes small, evidenced edits.

In: trajectories, gaps, skills. Out: gaps, evidence cards, ``Proposal`` objects, or ``NothingToLearnError``.
"""
