"""What the models share: two layers of Gaussians on a grid of image cells."""
