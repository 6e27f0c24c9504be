"""The model `sharp`: the published network, with weights that are downloaded."""
