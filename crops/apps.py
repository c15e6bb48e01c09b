from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CropsConfig(AppConfig):
    name = "crops"
    verbose_name = _("Cây trồng")
