"""Which receiver hears which change, which app grants what to which role, which function does which job."""

import casework.offline
import casework.permissions
import casework.receivers
import codes.permissions
import codes.receivers
import cooperatives.permissions
import exchange.permissions
import farms.offline
import farms.permissions
import farms.receivers
import landuse.permissions
import maps.receivers
import office.offline
import products.permissions
import products.receivers
from codes.changes import AreasChanged, CodesChanged, LotDenied
from cooperatives.changes import CooperativesChanged
from core.changes import Receiver
from farms.changes import PlotsArrived, PlotsCorrected, PlotsLeaving, PlotsReplaced, PlotsReplacing
from landuse.changes import LandUseChanged
from people.rotation import EncryptedField
from people.services import ConsentsChanged
from places.changes import UnitsChanged
from products.changes import ProductsChanged

# Receivers run in the writer's transaction, in this order (see core.changes).
RECEIVERS: tuple[Receiver, ...] = (
    Receiver(PlotsArrived, farms.receivers.plots_arrived),
    Receiver(PlotsLeaving, codes.receivers.plots_leaving),
    Receiver(PlotsArrived, codes.receivers.plots_arrived),
    Receiver(PlotsCorrected, codes.receivers.plots_corrected),
    Receiver(PlotsReplacing, codes.receivers.plots_replacing),
    Receiver(PlotsReplaced, codes.receivers.plots_replaced),
    Receiver(ConsentsChanged, codes.receivers.consents_changed),
    Receiver(CodesChanged, codes.receivers.codes_changed),
    Receiver(AreasChanged, codes.receivers.areas_changed),
    Receiver(AreasChanged, casework.receivers.areas_changed),
    Receiver(AreasChanged, products.receivers.areas_changed),
    Receiver(CooperativesChanged, products.receivers.cooperatives_changed),
    Receiver(PlotsLeaving, maps.receivers.plots_leaving),
    Receiver(PlotsArrived, maps.receivers.plots_arrived),
    Receiver(AreasChanged, maps.receivers.areas_changed),
    Receiver(CodesChanged, maps.receivers.codes_changed),
    Receiver(ProductsChanged, maps.receivers.products_changed),
    Receiver(LotDenied, casework.receivers.lots_denied),
    Receiver(UnitsChanged, maps.receivers.units_changed),
    Receiver(LandUseChanged, maps.receivers.land_use_changed),
)

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
JOB_HANDLERS: dict[str, str] = {
    "office.clean_up": "office.tasks.clean_up",
    "casework.lapse": "casework.tasks.lapse",
    "casework.remind": "casework.tasks.remind",
    "codes.tell_expiring": "codes.tasks.tell_expiring",
    "casework.recheck_codes": "casework.tasks.recheck_codes",
    "codes.make_certificates": "codes.services.certificates.make_certificates",
    "codes.read_list": "codes.services.lists.read_list",
    "codes.commit_list": "codes.services.lists.store_list",
    "cooperatives.read_growers": "cooperatives.services.grower_imports.read_growers",
    "cooperatives.store_growers": "cooperatives.services.grower_imports.store_growers",
    "cooperatives.clean_imports": "cooperatives.services.grower_imports.clean_imports",
    "exchange.make_export": "exchange.tasks.make_export",
    "exchange.drop_expired": "exchange.tasks.drop_expired",
    "exchange.make_snapshots": "exchange.tasks.make_snapshots",
    "farms.read_import": "farms.services.imports.read_import",
    "farms.clean_imports": "farms.services.imports.clean_imports",
    "farms.fill_parcel_codes": "farms.services.parcel_codes.fill_codes",
    "farms.commit_import": "farms.services.imports.store_import",
    "farms.update_plots": "farms.services.imports.update_plots",
    "landuse.read_upload": "landuse.uploads.read_upload",
    "landuse.store_upload": "landuse.uploads.store_upload_rows",
    "landuse.clean_uploads": "landuse.retention.clean_uploads",
    "landuse.compare": "landuse.comparison.run_comparison",
    "maps.fold_cells": "maps.tasks.fold_cells",
    "maps.prune_changes": "maps.tasks.prune_changes",
    "maps.decide_zooms": "maps.tasks.decide_zooms",
    "products.check_listings": "products.tasks_shops.check_listings",
    "products.mail_searches": "products.search_mail.mail_searches",
    "products.drop_unconfirmed": "products.tasks.drop_unconfirmed",
    "products.expire_enquiries": "products.tasks.expire_enquiries",
    "products.remind_enquiries": "products.tasks.remind_enquiries",
}

# dotted paths of `tick() -> None`, called by every worker once a second: short, and able to run side by side
TICKS: tuple[str, ...] = ("maps.tasks.fold_now",)

# kind -> dotted path of `report(job, request) -> dict`, what /api/v1/jobs/<id>/ adds to the state of such a job
JOB_REPORTS: dict[str, str] = {
    "farms.read_import": "farms.api_imports.job_report",
    "farms.commit_import": "farms.api_imports.job_report",
    "farms.update_plots": "farms.api_imports.job_report",
}

# name -> dotted path of `receive(payload: dict) -> None`, called after the commit, at least once
OUTBOX_RECEIVERS: dict[str, str] = {
    "cooperatives.invitation_mail": "cooperatives.services.people.deliver_invitation_mail",
    "casework.opinion_mail": "casework.services.opinions.deliver_opinion_mail",
    "products.search_mail": "products.search_mail.deliver_search_mail",
    "products.answer_mail": "products.notifications.deliver_buyer_news",  # told before the others had names
    "products.buyer_links": "products.notifications.deliver_buyer_links",
    "products.buyer_news": "products.notifications.deliver_buyer_news",
    "products.contact_code": "products.notifications.deliver_contact_code",
}

# What opens without signal; the service worker keeps its shells and files (office/offline.py)
OFFLINE_PAGES: tuple[office.offline.OfflinePage, ...] = (
    office.offline.START,
    farms.offline.CAPTURE,
    casework.offline.INSPECTION,
)

# every column of tokens made by `core.crypto`, for the rotation of keys
ENCRYPTED_FIELDS: tuple[EncryptedField, ...] = (
    EncryptedField("people.Person", "phone_encrypted", "phone_digest", "phone"),
    EncryptedField("people.Person", "id_number_encrypted", "id_number_digest", "id_number"),
    EncryptedField("products.Enquiry", "contact_encrypted", "contact_digest", "enquiry"),
    EncryptedField("casework.MisuseCase", "reporter_contact_encrypted"),
    EncryptedField("cooperatives.GrowerImport", "rows_encrypted"),
)

# dotted paths of `load() -> str`, in the order of the graph from the right
REFERENCE_LOADERS: tuple[str, ...] = (
    "places.reference.load",
    "office.reference.load",
    "crops.reference.load",
    "landuse.reference.load",
    "cooperatives.reference.load",
    "farms.reference.load",
    "codes.reference.load",
    "casework.reference.load",
    "products.reference.load",
    "products.reference_shops.load",
    "maps.reference.load",
    "exchange.reference.load",
)
