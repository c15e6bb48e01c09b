"""The limit: what PostGIS itself needs for the same answer, by hand-written SQL through psycopg2, without HTTP.

No rights, no filters, no budget, no compression. `EVERY_PLOT` is, far out, not a limit but a comparison: what a tile
costs when every plot goes into it instead of density cells.
"""

# Parameters: last id before the page, limit.
PAGE = """
    SELECT json_build_object('type', 'FeatureCollection', 'features', json_agg(json_build_object(
               'type', 'Feature', 'id', r.id, 'geometry', r.geometry, 'properties', json_build_object(
                   'ref', r.ref, 'crop', r.crop, 'variety', r.variety, 'area_ha', r.area_ha,
                   'commune_code', r.commune_code, 'cooperative', r.cooperative, 'status', r.status))))::text
    FROM (
        SELECT p.id, ST_AsGeoJSON(p.boundary, 7)::json AS geometry, p.ref, crop.name_vi AS crop,
               variety.name_vi AS variety, p.area_m2 / 10000 AS area_ha, unit.code AS commune_code,
               cooperative.name AS cooperative, p.status
        FROM farms_plot p
        JOIN crops_crop crop ON crop.id = p.crop_id
        LEFT JOIN crops_variety variety ON variety.id = p.variety_id
        JOIN places_administrativeunit unit ON unit.id = p.commune_id
        JOIN cooperatives_cooperative cooperative ON cooperative.id = p.cooperative_id
        WHERE p.id > %(after)s ORDER BY p.id LIMIT %(limit)s) r"""

# Parameters: z, x, y. The box is transformed, not the column, so that its index serves.
EVERY_PLOT = """
    SELECT ST_AsMVT(t, 'plots', 4096, 'mvt') FROM (
        SELECT p.id, p.ref, crop.name_vi AS crop, variety.name_vi AS variety, p.area_m2 / 10000 AS area_ha,
               unit.code AS commune_code, cooperative.name AS cooperative, p.status, crop.short_code AS crop_code,
               ST_AsMVTGeom(p.boundary_3857, ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64, true) AS mvt
        FROM farms_plot p
        JOIN crops_crop crop ON crop.id = p.crop_id
        LEFT JOIN crops_variety variety ON variety.id = p.variety_id
        JOIN places_administrativeunit unit ON unit.id = p.commune_id
        JOIN cooperatives_cooperative cooperative ON cooperative.id = p.cooperative_id
        WHERE p.boundary && ST_Transform(
            ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 64.0 / 4096), 4326)) t"""

# Parameters: z, x, y, level (of the stored cells), first and end of the range of `quad` that is the tile.
CELLS = """
    WITH sums AS (
        SELECT c.x, c.y, c.crop_id, sum(c.plots) AS plots, sum(c.area_dm2) AS area
        FROM maps_densitycell c
        WHERE c.level = %(level)s AND c.quad >= %(first)s AND c.quad < %(end)s
        GROUP BY 1, 2, 3),
    places AS (
        SELECT x, y, sum(plots)::int AS plots, sum(area) AS area,
               (array_agg(crop_id ORDER BY area DESC, crop_id))[1] AS crop_id
        FROM sums GROUP BY x, y HAVING sum(plots) > 0)
    SELECT ST_AsMVT(t, 'plot_cells', 4096, 'mvt') FROM (
        SELECT p.x || '-' || p.y AS id, p.plots AS count, round(p.area / 1000000.0, 1)::float8 AS area_ha,
               crop.name_vi AS crop, crop.short_code AS crop_code,
               ST_AsMVTGeom(ST_Centroid(ST_TileEnvelope(%(level)s, p.x, p.y)),
                            ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 0, true) AS mvt
        FROM places p JOIN crops_crop crop ON crop.id = p.crop_id) t"""

SHAPES_FROM = "SELECT coalesce((SELECT shapes_from FROM maps_layerzoom WHERE layer = 'plots'), 12)"

# Plots of these ranks (from 0) in the order of keys, with their middle. Parameter: ranks.
PLACES = """
    SELECT n.rank, r.id, ST_X(r.middle), ST_Y(r.middle)
    FROM unnest(%(ranks)s::int[]) AS n(rank),
         LATERAL (SELECT id, ST_Centroid(boundary) AS middle FROM farms_plot ORDER BY id OFFSET n.rank LIMIT 1) AS r
    ORDER BY 1"""
