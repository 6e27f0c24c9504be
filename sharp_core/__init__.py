"""From pixels to splats: models, splat formats, rendering and views of single scenes.

It knows no photo libraries, databases, clusters or command lines. Each of its packages says what
it is for; `sharp_core.models`, `.formats`, `.render` and `.scene` are the ones to begin with.
"""
