"""SQL of products."""

from collections.abc import Sequence

# One statement: two buyers at once are both counted, and nothing about either is written.
COUNT_CLICK = """
    INSERT INTO products_listingclick (listing_id, day, count) VALUES (%s, %s, 1)
    ON CONFLICT (listing_id, day) DO UPDATE SET count = products_listingclick.count + 1"""

SUMMED = ("commune", "kind", "crop")


def sums_by_month(inner: str, keys: Sequence[Sequence[str]]) -> str:
    """Return SQL that adds `inner` up by month and each of `keys` (columns of SUMMED), reading it once.

    `inner` has the columns of SUMMED, `holder`, `month`, `tonnes`. Rows of (in which of the columns of SUMMED the row
    is grouped: an array of booleans; commune, kind, crop, month, tonnes, holders); what is not of the key is null.
    """
    columns = ", ".join(SUMMED)
    used = {column for key in keys for column in key}
    shown = ", ".join(column if column in used else "NULL" for column in SUMMED)
    grouped = ", ".join(f"GROUPING({column}) = 0" if column in used else "false" for column in SUMMED)
    sets = ", ".join(f"({', '.join((*key, 'month'))})" for key in keys)
    return f"""
        WITH sold AS MATERIALIZED (
            SELECT {columns}, holder, month, sum(tonnes) AS tonnes FROM ({inner}) r GROUP BY {columns}, holder, month)
        SELECT ARRAY[{grouped}], {shown}, month, sum(tonnes), count(DISTINCT holder)
        FROM sold GROUP BY GROUPING SETS ({sets})"""
