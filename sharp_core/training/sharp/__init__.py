"""Training of SHARP (arXiv 2512.10685): losses, stages, trainer. Facts come from the paper.

What the paper leaves open is a setting with the comment "not in the paper".
"""
