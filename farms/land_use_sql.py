"""SQL that lays plots over land-use layers: whole sets, with the plots' GiST index or that of the parcels."""

# A crop in the words of the land law (landuse.models.GroundUse).
GROUND_USE = """CASE WHEN crop."group" = 'rice' THEN 'rice' WHEN crop.is_perennial THEN 'perennial' ELSE 'annual' END"""

# {plots}: SELECT of plot ids, {layers}: SELECT of layer ids, by the ORM. What a rule speaks of, and land that a plan
# gives to something other than farming. Only parcels of such classes are cut with plots; a plot that lies wholly in a
# parcel is not cut at all.
CONFLICTS = f"""
    WITH layer AS MATERIALIZED (
        SELECT id, kind, name, slug, as_of, valid_to, decision_number FROM landuse_landuselayer
        WHERE id IN ({{layers}})),
    suspect AS (
        SELECT class.id, class.code, class.name_vi, class.name_en, class.is_agricultural FROM landuse_landuseclass class
        WHERE NOT class.is_agricultural OR EXISTS (SELECT FROM landuse_userule r WHERE r.land_use_class_id = class.id)),
    met AS (
        SELECT plot.id AS plot_id, plot.area_m2, parcel.layer_id, parcel.land_use_class_id AS class_id,
               max(nullif(coalesce(nullif(parcel.name, ''), parcel.ref), '')) AS zone,
               sum(CASE WHEN ST_CoveredBy(plot.boundary, parcel.boundary) THEN plot.area_m2
                        ELSE ST_Area(ST_Intersection(plot.boundary, parcel.boundary)::geography) END) AS m2
        FROM farms_plot plot
        JOIN landuse_landuseparcel parcel ON ST_Intersects(plot.boundary, parcel.boundary)
        WHERE plot.id IN ({{plots}}) AND parcel.layer_id IN (SELECT id FROM layer)
              AND parcel.land_use_class_id IN (SELECT id FROM suspect)
        GROUP BY plot.id, plot.area_m2, parcel.layer_id, parcel.land_use_class_id)
    SELECT met.plot_id, layer.kind, layer.name AS layer_name, layer.slug AS layer_slug, layer.as_of, layer.valid_to,
           layer.decision_number, coalesce(met.zone, '') AS zone, suspect.code AS class_code, suspect.name_vi,
           suspect.name_en, coalesce(rule.verdict, 'planned') AS verdict, coalesce(rule.legal_ref, '') AS legal_ref,
           met.m2, least(met.m2 / met.area_m2, 1) AS share
    FROM met
    JOIN layer ON layer.id = met.layer_id
    JOIN suspect ON suspect.id = met.class_id
    JOIN farms_plot plot ON plot.id = met.plot_id
    JOIN crops_crop crop ON crop.id = plot.crop_id
    LEFT JOIN landuse_userule rule ON rule.land_use_class_id = suspect.id AND rule.use = {GROUND_USE}
    WHERE met.m2 >= greatest(%(least_m2)s, %(least_share)s * met.area_m2)
          AND (rule.id IS NOT NULL OR (layer.kind = 'planning' AND NOT suspect.is_agricultural))
    ORDER BY met.plot_id, layer.kind, met.m2 DESC"""

# What the layers say of one plot's ground, every class: {layers} as above.
GROUND = """
    SELECT layer.kind, layer.name AS layer_name, layer.slug AS layer_slug, layer.as_of, layer.valid_to,
           layer.decision_number, coalesce(max(nullif(coalesce(nullif(parcel.name, ''), parcel.ref), '')), '') AS zone,
           class.code AS class_code, class.name_vi, class.name_en, min(parcel.id) AS parcel_id,
           sum(ST_Area(ST_Intersection(plot.boundary, parcel.boundary)::geography)) / plot.area_m2 AS share
    FROM farms_plot plot
    JOIN landuse_landuseparcel parcel ON ST_Intersects(plot.boundary, parcel.boundary)
    JOIN landuse_landuselayer layer ON layer.id = parcel.layer_id AND layer.id IN ({layers})
    JOIN landuse_landuseclass class ON class.id = parcel.land_use_class_id
    WHERE plot.id = %(plot)s
    GROUP BY layer.id, class.id, plot.area_m2
    ORDER BY layer.kind, layer.as_of DESC, share DESC"""
