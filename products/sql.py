"""SQL of products."""

# One statement: two buyers at once are both counted, and nothing about either is written.
COUNT_CLICK = """
    INSERT INTO products_listingclick (listing_id, day, count) VALUES (%s, %s, 1)
    ON CONFLICT (listing_id, day) DO UPDATE SET count = products_listingclick.count + 1"""
