"""What others learn of libraries and runs: metrics, and hooks that are called."""
