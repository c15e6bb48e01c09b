from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ExchangeConfig(AppConfig):
    name = "exchange"
    verbose_name = _("Trao đổi dữ liệu")

    def ready(self) -> None:
        from exchange import checks  # noqa: F401  (registers the system checks)
