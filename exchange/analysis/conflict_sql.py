"""SQL that adds conflicts of plots with land use and plans up by commune."""

# {conflicts}: SELECT of conflicts by plot, layer and class (farms.land_use_sql). Classes of one layer lie beside each
# other, so their parts of a plot add up; layers lie over each other, so of several the largest part counts, and no
# plot's ground counts twice. An owner is the grower; of a plot without one, the holder.
BY_COMMUNE = """
    WITH conflict AS ({conflicts}),
    layered AS (
        SELECT plot_id, layer_slug, kind, sum(m2) AS m2 FROM conflict GROUP BY plot_id, layer_slug, kind),
    plotted AS (
        SELECT plot_id, max(m2) AS m2,
               coalesce(max(m2) FILTER (WHERE kind = 'land_use'), 0) AS land_use_m2,
               coalesce(max(m2) FILTER (WHERE kind = 'planning'), 0) AS planning_m2
        FROM layered GROUP BY plot_id)
    SELECT plot.commune_id, count(*) AS plots,
           sum(least(plotted.m2, plot.area_m2)) / 10000 AS ha,
           coalesce(sum(least(plotted.land_use_m2, plot.area_m2)), 0) / 10000 AS land_use_ha,
           coalesce(sum(least(plotted.planning_m2, plot.area_m2)), 0) / 10000 AS planning_ha,
           count(DISTINCT coalesce('g' || plot.grower_id, 'h' || plot.cooperative_id)) AS owners
    FROM plotted JOIN farms_plot plot ON plot.id = plotted.plot_id
    GROUP BY ROLLUP (plot.commune_id)
    ORDER BY plot.commune_id NULLS LAST"""
