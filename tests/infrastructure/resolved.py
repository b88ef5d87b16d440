"""Stages of the template, as tests of the deployment look at them."""

from typing import Final

from local.resources.template import StageTemplate, TemplateResource
from local.resources.template_file import expanded

__all__ = ["EXPANDED", "Resource", "Stack"]

EXPANDED: Final = expanded()
Resource = TemplateResource
Stack = StageTemplate
