"""SQL of provisional parcel codes: one statement for any number of plots, history looks away (docs/domain.md §3.3)."""

SET_PROVISIONAL_CODES = """
    UPDATE farms_plot AS p SET provisional_parcel_code = given.code
    FROM unnest(%(ids)s::bigint[], %(codes)s::text[]) AS given (id, code)
    WHERE p.id = given.id"""
