"""`newsletter demo`: the main job on invented data, with the real commands."""

from newsletter.cli.demo.run import demo

__all__ = ["demo"]
