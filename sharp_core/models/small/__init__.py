"""The model `small`: a depth network whose weights come with the program."""
