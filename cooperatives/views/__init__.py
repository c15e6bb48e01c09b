"""Pages of those who work for a cooperative: where to begin, members."""

from cooperatives.views.growers import grower_consent, grower_list
from cooperatives.views.home import cooperative_of, home, switch

__all__ = ["cooperative_of", "grower_consent", "grower_list", "home", "switch"]
