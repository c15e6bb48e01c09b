"""SQL of casework: what the eligibility rules measure on the ground, each by one statement over the area's plots.

Parameters are bound; geometries are EPSG:4326, areas geodesic m². Every join starts from the area's own rows and meets
the big tables by their GiST index (`&&` on the bare column).
"""

# How far the outline is from the union of the plots that may carry it. Row: (m² or null when no plot is left).
GROUND_DIFFERENCE = """
    SELECT ST_Area(ST_SymDifference(united.shape, area.boundary)::geography)
    FROM codes_productionarea area
    CROSS JOIN LATERAL (
        SELECT ST_Union(plot.boundary) AS shape
        FROM codes_areaplot link JOIN farms_plot plot ON plot.id = link.plot_id
        WHERE link.area_id = area.id AND plot.status = 'active'
    ) AS united
    WHERE area.id = %(area)s"""

# Into how many groups the pieces fall when gaps up to `metres` are bridged, and how far the loneliest group lies from
# the next one. Rows: (metres, groups, gap_m or null). Distances in the area's own UTM zone: right to 1 part in 1,000,
# and planar clustering is what PostGIS offers.
PIECE_GAPS = """
    WITH united AS (
        SELECT ST_Union(plot.boundary) AS shape
        FROM codes_areaplot link JOIN farms_plot plot ON plot.id = link.plot_id
        WHERE link.area_id = %(area)s AND plot.status = 'active'
    ), pieces AS (
        SELECT ST_Transform(piece.geom, 32600 + floor((ST_X(ST_Centroid(united.shape)) + 180) / 6)::int + 1) AS geom
        FROM united CROSS JOIN LATERAL ST_Dump(united.shape) AS piece
    ), members AS (
        SELECT asked.metres, pieces.geom,
               ST_ClusterDBSCAN(pieces.geom, asked.metres, 1) OVER (PARTITION BY asked.metres) AS number
        FROM unnest(%(metres)s::float8[]) AS asked (metres) CROSS JOIN pieces
    ), groups AS (
        SELECT metres, number, ST_Collect(geom) AS geom FROM members GROUP BY metres, number
    )
    SELECT one.metres, count(*), max(nearest.gap_m)
    FROM groups AS one
    LEFT JOIN LATERAL (
        SELECT min(ST_Distance(one.geom, other.geom)) AS gap_m
        FROM groups AS other WHERE other.metres = one.metres AND other.number <> one.number
    ) AS nearest ON true
    GROUP BY one.metres"""

# Plots of other holders on the area's ground above tolerance: (id, status, shared_m2, accepted by an officer). The
# ground is taken piece by piece: the box of a scattered area is mostly other people's land.
NEIGHBOURS_PLOTS = """
    WITH pieces AS MATERIALIZED (
        SELECT piece.geom FROM codes_productionarea area CROSS JOIN LATERAL ST_Dump(area.boundary) AS piece
        WHERE area.id = %(area)s
    ), shared AS (
        SELECT near.id, near.status, near.area_m2,
               sum(ST_Area(ST_Intersection(near.boundary, pieces.geom)::geography)) AS shared_m2
        FROM pieces
        CROSS JOIN LATERAL (
            SELECT other.id, other.status, other.area_m2, other.boundary
            FROM farms_plot other
            WHERE other.boundary && pieces.geom AND ST_Intersects(other.boundary, pieces.geom)
              AND other.status <> 'archived' AND other.cooperative_id <> %(cooperative)s
            OFFSET 0  -- a fence: each piece asks the index, whatever number of pieces the planner expects
        ) AS near
        GROUP BY near.id, near.status, near.area_m2
    )
    SELECT shared.id, shared.status, shared.shared_m2, answered.is_accepted
    FROM shared
    JOIN codes_productionarea area ON area.id = %(area)s
    CROSS JOIN LATERAL (
        SELECT EXISTS (
            SELECT 1 FROM farms_overlapcase settled
            WHERE settled.status = 'decided' AND settled.decision = 'accepted'
              AND (settled.first_id = shared.id AND settled.second_id = ANY(%(plots)s::bigint[])
                   OR settled.second_id = shared.id AND settled.first_id = ANY(%(plots)s::bigint[]))
        ) AS is_accepted
    ) AS answered
    WHERE shared.shared_m2 > greatest(%(min_m2)s, %(min_share)s * least(shared.area_m2, area.area_m2))
    ORDER BY shared.status = 'active' AND NOT answered.is_accepted DESC, shared.id  -- what fails is never cut off
    LIMIT %(limit)s"""

# What public layers say of the plots' ground: (kind, layer, class code, class name, agricultural, m², plot ids). Of
# several layers of a kind on a plot the newest speaks; ground that is only touched (sliver) does not count.
LAND = """
    WITH own AS MATERIALIZED (
        SELECT plot.id, plot.boundary, plot.area_m2
        FROM codes_areaplot link JOIN farms_plot plot ON plot.id = link.plot_id
        WHERE link.area_id = %(area)s
    ), met AS (
        SELECT own.id AS plot_id, parcel.layer_id, parcel.land_use_class_id,
               sum(CASE WHEN ST_CoveredBy(own.boundary, parcel.boundary) THEN own.area_m2
                        ELSE ST_Area(ST_Intersection(own.boundary, parcel.boundary)::geography) END) AS shared_m2
        FROM own
        JOIN landuse_landuseparcel parcel
          ON parcel.boundary && own.boundary AND ST_Intersects(parcel.boundary, own.boundary)
        GROUP BY own.id, parcel.layer_id, parcel.land_use_class_id
    ), ranked AS (
        SELECT met.*, layer.kind, layer.name AS layer_name,
               dense_rank() OVER (PARTITION BY met.plot_id, layer.kind ORDER BY layer.as_of DESC, layer.id DESC) AS age
        FROM met JOIN landuse_landuselayer layer ON layer.id = met.layer_id
        WHERE layer.is_public AND layer.as_of <= %(on)s AND (layer.valid_to IS NULL OR layer.valid_to > %(on)s)
          AND met.shared_m2 > %(sliver_m2)s
    )
    SELECT ranked.kind, ranked.layer_name, class.code, class.name_vi, class.is_agricultural,
           sum(ranked.shared_m2), array_agg(ranked.plot_id ORDER BY ranked.plot_id)
    FROM ranked JOIN landuse_landuseclass class ON class.id = ranked.land_use_class_id
    WHERE ranked.age = 1
    GROUP BY ranked.kind, ranked.layer_name, class.code, class.name_vi, class.is_agricultural
    ORDER BY 6 DESC"""

# Plots that may be the same land parcel as one of the area's: (own plot, other plot, other is ours, full match).
# Likely: first 9 characters of the GeoHash of the inner point (Circular 19/2026/TT-BNNMT; ours is provisional) and the
# size agree; the cell's box, some 5 m wide, meets the other plots by their index. Full: the land office gave both the
# same identifier; two different ones given by it say that the parcels differ.
DUPLICATE_PARCELS = """
    WITH own AS MATERIALIZED (
        SELECT plot.id, plot.area_m2, plot.parcel_code,
               ST_GeoHash((ST_MaximumInscribedCircle(plot.boundary)).center, 9) AS cell
        FROM codes_areaplot link JOIN farms_plot plot ON plot.id = link.plot_id
        WHERE link.area_id = %(area)s AND plot.status <> 'archived'
    )
    SELECT own.id, near.id, near.is_own, false
    FROM own
    CROSS JOIN LATERAL (
        SELECT other.id, other.boundary, other.cooperative_id = %(cooperative)s AS is_own
        FROM farms_plot other
        WHERE other.boundary && ST_SetSRID(ST_GeomFromGeoHash(own.cell), 4326)
          AND other.id <> own.id AND other.status <> 'archived'
          AND abs(other.area_m2 - own.area_m2) <= %(share)s * greatest(other.area_m2, own.area_m2)
          AND (own.parcel_code = '' OR other.parcel_code = '')
        OFFSET 0  -- a fence: else the equality below tempts the planner to hash every plot there is
    ) AS near
    WHERE ST_GeoHash((ST_MaximumInscribedCircle(near.boundary)).center, 9) = own.cell
    UNION ALL
    SELECT own.id, other.id, false, true
    FROM own
    JOIN farms_plot other ON other.parcel_code = own.parcel_code AND other.parcel_code <> ''
    WHERE other.id <> own.id AND other.status <> 'archived' AND other.cooperative_id <> %(cooperative)s
    ORDER BY 4 DESC, 1, 2  -- a full match is never cut off
    LIMIT %(limit)s"""

# Papers in one read: the holder's certificates of good practice in force for the crop (OCOP rates products, not
# growing), and the request's documents with the plots they name; a diary without a season is none. Rows: (is
# certificate, kind, number, plot or null).
PAPERS = """
    SELECT true, paper.kind, paper.number, NULL::bigint
    FROM cooperatives_certificate paper
    WHERE paper.cooperative_id = %(cooperative)s AND paper.kind <> 'ocop'
      AND (paper.crop_id IS NULL OR paper.crop_id = %(crop)s)
      AND paper.issued_on <= %(on)s AND paper.valid_until >= %(on)s
      AND paper.check_status <> 'refused' AND (paper.ended_on IS NULL OR paper.ended_on > %(on)s)
    UNION ALL
    SELECT false, paper.kind, '', named.plot_id
    FROM casework_requestdocument paper
    LEFT JOIN casework_requestdocument_plots named ON named.requestdocument_id = paper.id
    WHERE paper.code_request_id = %(request)s AND paper.removed_at IS NULL
      AND (paper.kind <> 'diary' OR paper.season <> '')
    ORDER BY 1 DESC, 2, 3, 4"""

# What the ground of two versions of a request does not share, both ways in one statement. Parts below a square metre
# are noise of the overlay, not a change. Answers up to two rows: which, GeoJSON in EPSG:4326 (7 decimals), m².
VERSION_GROUND = """
    SELECT side.which, ST_AsGeoJSON(ST_Collect(part.geom), 7), SUM(ST_Area(part.geom::geography))
    FROM casework_requestversion AS old, casework_requestversion AS new,
         LATERAL (VALUES ('added', ST_Difference(new.boundary, old.boundary)),
                         ('removed', ST_Difference(old.boundary, new.boundary))) AS side (which, shape),
         LATERAL ST_Dump(ST_CollectionExtract(side.shape, 3)) AS part
    WHERE old.id = %s AND new.id = %s AND ST_Area(part.geom::geography) >= 1
    GROUP BY side.which"""
