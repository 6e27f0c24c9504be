"""Scenes with a limited number of Gaussians: merged by what views see, then fitted to them."""
