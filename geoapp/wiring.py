"""Which receiver hears which change, which app grants what to which role, which function does which job."""

import casework.permissions
import codes.permissions
import cooperatives.permissions
import exchange.permissions
import farms.permissions
import landuse.permissions
import products.permissions

# Receivers run in the writer's transaction, in this order (see core.changes).
RECEIVERS: tuple = ()

ROLE_GRANTS = (
    cooperatives.permissions.GRANTS,
    landuse.permissions.GRANTS,
    farms.permissions.GRANTS,
    codes.permissions.GRANTS,
    casework.permissions.GRANTS,
    products.permissions.GRANTS,
    exchange.permissions.GRANTS,
)

# kind -> dotted path of `handler(job: office.models.Job) -> dict`
JOB_HANDLERS: dict[str, str] = {}

# dotted paths of `load() -> str`, in the order of the graph from the right
REFERENCE_LOADERS: tuple[str, ...] = ("places.reference.load", "crops.reference.load")
