"""SQL of maps: vector tiles around the ORM, the density pyramid, versions of layers and where their shapes begin.

Values are parameters; names (columns, properties, source layers) come from the code, never from a request.
"""

from maps.sql.cells import *  # noqa: F403
from maps.sql.ground import *  # noqa: F403
from maps.sql.tiles import *  # noqa: F403
from maps.sql.versions import *  # noqa: F403
