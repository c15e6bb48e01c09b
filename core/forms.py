"""How forms are drawn: by our own templates, with widgets found among the project's and the apps' templates."""

from django.forms.renderers import TemplatesSetting


class FormRenderer(TemplatesSetting):
    """Draws `{{ form }}` and `{{ field.as_field_group }}` with labels, help and errors bound to the control."""

    form_template_name = "includes/form.html"
    field_template_name = "includes/field.html"
