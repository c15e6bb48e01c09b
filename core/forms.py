"""How forms are drawn (our own templates, widgets found among the project's and the apps'), and clean text in them."""

from typing import Any

from django import forms
from django.forms.renderers import TemplatesSetting

from core.text import clean_line, clean_lines


class FormRenderer(TemplatesSetting):
    """Draws `{{ form }}` and `{{ field.as_field_group }}` with labels, help and errors bound to the control."""

    form_template_name = "includes/form.html"
    field_template_name = "includes/field.html"


class CleanTextMixin:
    """Text is kept NFC; a hidden sign, or a line break in a single line, is an error of its field."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}  # type: ignore[misc]
        for name, value in list(cleaned.items()):
            if isinstance(value, str):
                is_block = isinstance(self.fields[name].widget, forms.Textarea)  # type: ignore[attr-defined]
                try:
                    cleaned[name] = clean_lines(value) if is_block else clean_line(value)
                except forms.ValidationError as error:
                    self.add_error(name, error)  # type: ignore[attr-defined]
        return cleaned
