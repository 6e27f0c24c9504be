"""Evaluation of models and splat files: finding samples, judging them, keeping results."""
