"""The layer `products-by-commune`: what is on offer in each of today's communes, added up from the layer `products`."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, FloatField, Func, IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from core.filters import BboxFilter
from core.layers import Layer
from places.models import AdministrativeUnit
from products.filters import ProductFilters
from products.models import Offer, Product

OF_UNITS = "bbox"  # asked of the commune's outline; all other parameters of its products


def with_product_sums(communes: QuerySet[Any], products: QuerySet[Any]) -> QuerySet[Any]:
    """Return those of `communes` in which any of `products` is from, with their sums over them.

    Annotates `sum_products`, `sum_producers`, `sum_volume_t` (tonnes a season of the offers in force today; null: no
    offer), `sum_crops` (names) and `sum_months` (1-12).
    """
    here = products.filter(commune=OuterRef("pk")).order_by()
    by_commune = here.values("commune")
    offers = Offer.objects.on(localdate()).filter(product__in=products.values("pk"), product__commune=OuterRef("pk"))
    offers = offers.order_by()
    tonnes = offers.values("product__commune").annotate(total=Sum("volume_t")).values("total")
    months = offers.annotate(month=Func(F("months"), function="unnest", output_field=IntegerField()))
    crops = here.filter(crop__isnull=False).order_by("crop__name_vi").values("crop__name_vi").distinct()
    return communes.filter(pk__in=products.order_by().values("commune")).annotate(
        sum_products=Subquery(by_commune.annotate(n=Count("pk")).values("n"), output_field=IntegerField()),
        sum_producers=Subquery(
            by_commune.annotate(n=Count("cooperative", distinct=True)).values("n"), output_field=IntegerField()
        ),
        sum_volume_t=Subquery(tonnes, output_field=FloatField()),
        sum_crops=ArraySubquery(crops),
        sum_months=ArraySubquery(months.order_by("month").values("month").distinct()),
    )


class CommuneSumFilters(ProductFilters):
    """The parameters of the layer `products`, asked of the products before they are added up; `bbox` of the commune."""

    bbox = BboxFilter(field_name="boundary")

    class Meta(ProductFilters.Meta):
        model = AdministrativeUnit  # type: ignore[assignment]

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow the products, then add up what is left of them."""
        asked: dict[str, Any] = self.form.cleaned_data
        products: QuerySet[Any] = Product.objects.public().order_by()
        for name, value in asked.items():
            if name != OF_UNITS:
                products = self.filters[name].filter(products, value)
        rows = with_product_sums(queryset, products)
        return self.filters[OF_UNITS].filter(rows, asked[OF_UNITS])


def _communes(user: Any) -> QuerySet[Any]:
    """The same for everybody; a product keeps the commune of today that it is from."""
    communes = AdministrativeUnit.objects.current().communes()
    return with_product_sums(communes, Product.objects.public())


PRODUCTS_BY_COMMUNE = Layer(
    name="products-by-commune",
    title=_("Nông sản theo xã"),
    rows=_communes,
    filterset=CommuneSumFilters,
    geometry="boundary",
    mercator="boundary_3857",
    fields={
        "code": "code",
        "name": "name_vi",
        "unit_type": "unit_type",
        "products": "sum_products",
        "producers": "sum_producers",
        "volume_t": "sum_volume_t",
        "crops": "sum_crops",
        "months": "sum_months",
    },
    key="code",
    is_public=True,
)
