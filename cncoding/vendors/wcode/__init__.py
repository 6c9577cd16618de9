"""wcode.net."""

from cncoding.vendors.wcode.chat import PROVIDER

__all__ = ["PROVIDER"]
