"""Differentiable rendering: views of Gaussians, with gradients of colour, depth and alpha."""
