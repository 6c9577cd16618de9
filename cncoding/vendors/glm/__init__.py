"""GLM."""

from cncoding.vendors.glm.chat import PROVIDER

__all__ = ["PROVIDER"]
