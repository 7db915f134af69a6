"""Baselines: models that the maintainers run themselves, with where every answer came from."""
