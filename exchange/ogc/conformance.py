"""The conformance classes that hold here, each tested (tests/exchange: ogc_checker, test_ogc_filter, _tiles)."""

from exchange.ogc import tiles

CORE = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/"
CRS = "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/"
FILTERING = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/"
CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/"

CONFORMANCE = (
    *(CORE + name for name in ("core", "geojson", "html", "oas30")),
    CRS + "crs",
    *(FILTERING + name for name in ("queryables", "filter", "features-filter")),
    *(
        CQL2 + name
        for name in (
            "cql2-text",
            "cql2-json",
            "basic-cql2",
            "advanced-comparison-operators",
            "case-insensitive-comparison",
            "accent-insensitive-comparison",
            "basic-spatial-functions",
            "basic-spatial-functions-plus",
            "spatial-functions",
            "temporal-functions",
            "array-functions",
            "property-property",
        )
    ),
    *tiles.CONFORMANCE,
)
