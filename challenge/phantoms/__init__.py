"""Phantoms: synthetic sample images, drawn so that what they show is known.

They look enough like the real thing to try a pipeline with, and teach nothing about patients.
`python -m challenge.phantoms` draws them anew, bit for bit the same.
"""
