"""Which photos show one moment, and which one represents them."""
