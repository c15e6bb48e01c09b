"""Geographic files in and out: pure functions without Django.

Nothing heavy is imported here; ``import geofiles`` costs no GDAL, GEOS or PROJ. Import the module you need:
``readers``, ``writers``, ``crs``, ``geometry``, ``encodings``, ``htmlmap``, ``sandbox``.
"""
