"""How weights become integers: one small file a rounder, and what they have in common.

The parts: rounder (the family, its settings), grid (the numbers a weight may take), scales (searched scales),
curvature (what inputs say about a layer), and one module for each rounder. All of it works on arrays of the shape
(groups, outputs of a group, features of an output), which ``core.methods.recover.linear.Linear`` makes of a layer.
"""
