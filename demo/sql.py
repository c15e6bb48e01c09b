"""The lattice of demonstration fields, as SQL: a million plots must be drawn by PostGIS, not by Python.

Fields stand in blocks of 10 × 10 along canals that all run the same way, as in the Plain of Reeds. Every corner is moved
a little by a hash of its place, and neighbours use the same corner, so plots share edges exactly. Some plots bulge over
their neighbour by less than the tolerance (slivers), as real surveys do. Nothing is random: the same numbers always
give the same province.
"""

CELL_U_M = 55.0  # width of a field along the canal
CELL_V_M = 82.0  # depth of a field away from the canal
BLOCK_SIDE = 10  # fields per side of a block
PITCH_U_M = CELL_U_M * BLOCK_SIDE + 14  # a lane between blocks
PITCH_V_M = CELL_V_M * BLOCK_SIDE + 24  # a canal between blocks
PLOTS_PER_BLOCK = BLOCK_SIDE * BLOCK_SIDE

_LON0, _LAT0 = 105.9, 10.35  # origin of the lattice, somewhere in the province
_M_PER_LON, _M_PER_LAT = 109_520.0, 110_610.0  # metres per degree there; only shapes depend on it, never areas
_COS, _SIN = 0.8829, 0.4695  # canals run 28° off the parallel

# Turns lattice metres into lon/lat; `moved` is a hash in [-1, 1] of a half-step point of a block.
FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION pg_temp.lattice_point(u float8, v float8) RETURNS geometry LANGUAGE sql IMMUTABLE AS $$
  SELECT ST_SetSRID(ST_MakePoint(
    {_LON0} + (u * {_COS} - v * {_SIN}) / {_M_PER_LON},
    {_LAT0} + (u * {_SIN} + v * {_COS}) / {_M_PER_LAT}), 4326) $$;
CREATE OR REPLACE FUNCTION pg_temp.moved(bi int, bj int, p int, q int, seed int) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
  SELECT hashint8extended((((bi + 5000)::int8 * 10000 + bj + 5000) * 100 + p) * 100 + q, seed) / 9223372036854775807.0 $$;
CREATE OR REPLACE FUNCTION pg_temp.field_point(bi int, bj int, p int, q int, bulge float8) RETURNS geometry
LANGUAGE sql IMMUTABLE AS $$
  SELECT pg_temp.lattice_point(
    bi * {PITCH_U_M} + p * {CELL_U_M / 2} + 2.6 * pg_temp.moved(bi, bj, p, q, 1) + bulge,
    bj * {PITCH_V_M} + q * {CELL_V_M / 2} + 2.6 * pg_temp.moved(bi, bj, p, q, 2)) $$;
"""

# All blocks of the lattice whose middle lies in a commune that is in force; with the commune.
BLOCKS = f"""
CREATE TEMPORARY TABLE demo_block ON COMMIT DROP AS
SELECT lattice.bi, lattice.bj, lattice.middle, unit.id AS commune_id
FROM (
  SELECT bi, bj, pg_temp.lattice_point((bi + 0.5) * {PITCH_U_M}, (bj + 0.5) * {PITCH_V_M}) AS middle
  FROM generate_series(-220, 220) AS bi, generate_series(-150, 150) AS bj
) AS lattice
JOIN places_administrativeunit AS unit
  ON unit.level = 'commune' AND unit.valid_to IS NULL AND ST_Contains(unit.boundary, lattice.middle)
"""

# The plots of the chosen blocks: `demo_chosen` has (bi, bj, number, commune_id); gives (number, cell, boundary).
CELLS = f"""
CREATE TEMPORARY TABLE demo_cell ON COMMIT DROP AS
SELECT chosen.number, i * {BLOCK_SIDE} + j AS cell, chosen.commune_id,
  ST_Multi(ST_MakePolygon(ST_MakeLine(ARRAY[
    pg_temp.field_point(bi, bj, 2*i,   2*j,   0), pg_temp.field_point(bi, bj, 2*i+1, 2*j,   0),
    pg_temp.field_point(bi, bj, 2*i+2, 2*j,   0),
    pg_temp.field_point(bi, bj, 2*i+2, 2*j+1, CASE WHEN (chosen.number * 100 + i * 10 + j) % 37 = 5 THEN 0.4 ELSE 0 END),
    pg_temp.field_point(bi, bj, 2*i+2, 2*j+2, 0), pg_temp.field_point(bi, bj, 2*i+1, 2*j+2, 0),
    pg_temp.field_point(bi, bj, 2*i,   2*j+2, 0), pg_temp.field_point(bi, bj, 2*i,   2*j+1, 0),
    pg_temp.field_point(bi, bj, 2*i,   2*j,   0)]))) AS boundary
FROM demo_chosen AS chosen, generate_series(0, {BLOCK_SIDE - 1}) AS i, generate_series(0, {BLOCK_SIDE - 1}) AS j
"""
