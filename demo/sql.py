"""The lattice of demonstration fields, as SQL: a million plots must be drawn by PostGIS, not by Python.

Fields stand in blocks of 10 × 10 along canals that all run the same way, as in the Plain of Reeds. Every corner is moved
a little by a hash of its place, and neighbours use the same corner, so plots share edges exactly. Some plots bulge over
their neighbour by less than the tolerance (slivers), as real surveys do. Nothing is random: the same numbers always
give the same province.
"""

from farms.sql import STAGING_COLUMNS

CELL_U_M = 55.0  # width of a field along the canal
CELL_V_M = 82.0  # depth of a field away from the canal
BLOCK_SIDE = 10  # fields per side of a block
BLOCK_U_M, BLOCK_V_M = CELL_U_M * BLOCK_SIDE, CELL_V_M * BLOCK_SIDE
PITCH_U_M = BLOCK_U_M + 14  # a lane between blocks
PITCH_V_M = BLOCK_V_M + 24  # a canal between blocks
PLOTS_PER_BLOCK = BLOCK_SIDE * BLOCK_SIDE

LON0, LAT0 = 105.9, 10.35  # origin of the lattice, somewhere in the province
M_PER_LON, M_PER_LAT = 109_520.0, 110_610.0  # metres per degree there; only shapes depend on it, never areas
COS, SIN = 0.8829, 0.4695  # canals run 28° off the parallel

# Turns lattice metres into lon/lat; `moved` is a hash in [-1, 1] of a half-step point of a block.
FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION pg_temp.lattice_point(u float8, v float8) RETURNS geometry LANGUAGE sql IMMUTABLE AS $$
  SELECT ST_SetSRID(ST_MakePoint(
    {LON0} + (u * {COS} - v * {SIN}) / {M_PER_LON},
    {LAT0} + (u * {SIN} + v * {COS}) / {M_PER_LAT}), 4326) $$;
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
SELECT lattice.bi, lattice.bj, unit.id AS commune_id, ST_X(lattice.middle), ST_Y(lattice.middle)
FROM (
  SELECT bi, bj, pg_temp.lattice_point((bi + 0.5) * {PITCH_U_M}, (bj + 0.5) * {PITCH_V_M}) AS middle
  FROM generate_series(-220, 220) AS bi, generate_series(-150, 150) AS bj
) AS lattice
JOIN places_administrativeunit AS unit
  ON unit.level = 'commune' AND unit.valid_to IS NULL AND ST_Contains(unit.boundary, lattice.middle)
ORDER BY lattice.bi, lattice.bj
"""

# Right after the units were loaded there are no statistics yet, and the query above would take 28 s instead of 2.
ANALYSE_UNITS = "ANALYZE places_administrativeunit, places_unitpiece"

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

# Persons and growers of the benchmark: numbered, without numbers or addresses to encrypt.
BENCHMARK_GROWERS = """
WITH person AS (
  INSERT INTO people_person (full_name, search_key, sex, phone_encrypted, phone_digest, id_number_encrypted,
                             id_number_digest, id_number_last3, address, created_at)
  SELECT 'Nông hộ thử ' || n, 'nong ho thu ' || n, '', '', '', '', '', '', '', now()
  FROM generate_series(1, %(growers)s) AS n
  RETURNING id
), numbered AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM person)
INSERT INTO cooperatives_grower (cooperative_id, person_id, number, hamlet)
SELECT cooperative.id, numbered.id, 'B' || numbered.n, ''
FROM numbered
JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM cooperatives_cooperative WHERE slug LIKE %(slugs)s) AS cooperative
  ON cooperative.n = (numbered.n - 1) / %(per_cooperative)s + 1
"""

# demo_chosen(bi, bj, number, commune_id) from the ids that Python chose
CHOSEN = """
CREATE TEMPORARY TABLE demo_chosen ON COMMIT DROP AS
SELECT bi, bj, number, commune_id
FROM unnest(%(bi)s::int[], %(bj)s::int[], %(number)s::int[], %(commune)s::bigint[]) AS chosen(bi, bj, number, commune_id)
"""

# demo_owner(number, ..., blocks_before): who farms which block, and how many blocks of the same holder come before it
OWNERS = """
CREATE TEMPORARY TABLE demo_owner ON COMMIT DROP AS
SELECT owner.*, row_number() OVER (PARTITION BY cooperative_id ORDER BY number) - 1 AS blocks_before
FROM unnest(%(number)s::int[], %(cooperative)s::bigint[], %(crop)s::bigint[], %(variety)s::bigint[])
  AS owner(number, cooperative_id, crop_id, variety_id)
"""

# demo_grower(cooperative_id, n, id, total): the growers of each of these holders, numbered from 0
GROWERS = """
CREATE TEMPORARY TABLE demo_grower ON COMMIT DROP AS
SELECT cooperative_id, id, row_number() OVER (PARTITION BY cooperative_id ORDER BY id) - 1 AS n,
  count(*) OVER (PARTITION BY cooperative_id) AS total
FROM cooperatives_grower WHERE cooperative_id IN (SELECT cooperative_id FROM demo_owner);
CREATE UNIQUE INDEX ON demo_grower (cooperative_id, n);
"""

# Every grower of a cooperative gets neighbouring plots: growers are dealt out along the cells of its blocks.
STAGE_PLOTS = f"""
INSERT INTO plot_staging ({STAGING_COLUMNS})
SELECT row_number() OVER (ORDER BY cell.number, cell.cell), owner.cooperative_id, grower.id,
  'L' || cell.number || '-' || lpad(cell.cell::text, 2, '0'), owner.crop_id, owner.variety_id, cell.commune_id, cell.boundary,
  NULL, CASE WHEN crop.is_perennial THEN 2008 + (cell.number + cell.cell) %% 14 END,
  CASE WHEN crop.is_perennial THEN 90 + (cell.number * 7 + cell.cell * 13) %% 110 END,
  ARRAY(SELECT jsonb_array_elements_text(crop.usual_months)::int), '', '', 'manual', '{{"demo": true}}'::jsonb
FROM demo_cell AS cell
JOIN demo_owner AS owner USING (number)
JOIN crops_crop AS crop ON crop.id = owner.crop_id
LEFT JOIN (SELECT DISTINCT cooperative_id, total FROM demo_grower) AS members USING (cooperative_id)
LEFT JOIN demo_grower AS grower ON grower.cooperative_id = owner.cooperative_id
  AND grower.n = ((owner.blocks_before * 100 + cell.cell) / %(plots_per_grower)s) %% members.total
"""
