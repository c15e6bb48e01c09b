"""What `remove_demo` deletes, from the top of the graph down: (table, condition). History rows go with their rows."""

GONE = """
CREATE TEMPORARY TABLE gone_cooperative ON COMMIT DROP AS
  SELECT id FROM cooperatives_cooperative WHERE starts_with(slug, 'demo-') OR starts_with(slug, 'bench-');
CREATE TEMPORARY TABLE gone_paper ON COMMIT DROP AS
  SELECT unnest(ARRAY[paper.document_id, paper.signed_document_id]) AS id
  FROM codes_codecertificate paper JOIN codes_productionareacode code ON code.id = paper.code_id
  WHERE code.holder_id IN (SELECT id FROM gone_cooperative);
CREATE TEMPORARY TABLE gone_user ON COMMIT DROP AS SELECT id FROM accounts_user WHERE starts_with(username, 'demo-');
CREATE TEMPORARY TABLE gone_export ON COMMIT DROP AS
  SELECT id, job_id, document_id FROM exchange_export
  WHERE requested_by_id IN (SELECT id FROM gone_user)
     OR requested_by_id IS NULL AND EXISTS (SELECT 1 FROM gone_cooperative);
CREATE TEMPORARY TABLE gone_job ON COMMIT DROP AS
  SELECT job.id FROM office_job job
  WHERE job.created_by_id IN (SELECT id FROM gone_user)
     OR job.id IN (SELECT job_id FROM gone_export)
     OR job.kind = 'codes.make_certificates'
        AND EXISTS (SELECT 1 FROM jsonb_array_elements_text(job.payload -> 'codes') AS asked (code)
                    JOIN codes_productionareacode code ON code.id = asked.code::bigint
                    WHERE code.holder_id IN (SELECT id FROM gone_cooperative))
     OR job.kind = 'farms.fill_parcel_codes'
        AND NOT EXISTS (SELECT 1 FROM farms_plot plot
                        WHERE plot.provisional_parcel_code = '' AND plot.status <> 'archived'
                          AND plot.cooperative_id NOT IN (SELECT id FROM gone_cooperative));
CREATE TEMPORARY TABLE gone_layer ON COMMIT DROP AS SELECT id FROM landuse_landuselayer WHERE starts_with(slug, 'demo-');
CREATE TEMPORARY TABLE gone_person ON COMMIT DROP AS
  SELECT DISTINCT person_id AS id FROM cooperatives_grower WHERE cooperative_id IN (SELECT id FROM gone_cooperative)
  EXCEPT
  SELECT person_id FROM cooperatives_grower WHERE cooperative_id NOT IN (SELECT id FROM gone_cooperative);
"""

_COOPERATIVE = "cooperative_id IN (SELECT id FROM gone_cooperative)"
_USER = "user_id IN (SELECT id FROM gone_user)"
_HOLDER = "holder_id IN (SELECT id FROM gone_cooperative)"


def _of(column: str, table: str, condition: str) -> str:
    return f"{column} IN (SELECT id FROM {table} WHERE {condition})"


_PRODUCT = _of("product_id", "products_product", _COOPERATIVE)
_ENQUIRY = _of("enquiry_id", "products_enquiry", _COOPERATIVE)
_REQUEST = _of("code_request_id", "casework_coderequest", _COOPERATIVE)
_REQUEST_LINK = _of("coderequest_id", "casework_coderequest", _COOPERATIVE)
_CODE = _of("code_id", "codes_productionareacode", _HOLDER)
_CODE_FROM = _of("from_productionareacode_id", "codes_productionareacode", _HOLDER)
_HOUSE = _of("house_id", "cooperatives_packinghouse", "operator_id IN (SELECT id FROM gone_cooperative)")
_PACKING_CODE = _of("packing_code_id", "codes_packinghousecode", _HOUSE)
_AREA = _of("area_id", "codes_productionarea", _COOPERATIVE)
_PLOT = _of("first_id", "farms_plot", _COOPERATIVE) + " OR " + _of("second_id", "farms_plot", _COOPERATIVE)
_IMPORT = _of("plot_import_id", "farms_plotimport", _COOPERATIVE)
_LAYER = "layer_id IN (SELECT id FROM gone_layer)"
_PERSON = "person_id IN (SELECT id FROM gone_person)"
# Certificates are made by jobs of nobody: those of demo codes go; one that comes too late finds no code.
_JOB = "id IN (SELECT id FROM gone_job)"
_TASK = "args_kwargs -> 'args' ->> 0 IN (SELECT id::text FROM gone_job)"
_DOCUMENT = (
    "uploaded_by_id IN (SELECT id FROM gone_user) OR id IN (SELECT id FROM gone_paper)"
    " OR id IN (SELECT document_id FROM gone_export)"
)
GONE_FILES = f"SELECT file FROM office_document WHERE ({_DOCUMENT}) AND file <> ''"
# What was kept of the layers while invented rows were among them would be served on as if they were real.
_SNAPSHOT = "EXISTS (SELECT 1 FROM gone_cooperative)"
GONE_SNAPSHOTS = f"SELECT path FROM exchange_snapshot WHERE {_SNAPSHOT}"

DELETIONS = (
    ("exchange_export", "id IN (SELECT id FROM gone_export)"),
    ("exchange_snapshot", _SNAPSHOT),
    ("products_demandreply", f"{_COOPERATIVE} OR {_of('demand_id', 'products_demand', _USER)}"),
    ("products_demand", _USER),
    ("products_savedsearch", _USER),
    ("products_enquirymessage", _ENQUIRY),
    ("products_contactcode", _ENQUIRY),
    ("products_answertemplate", _COOPERATIVE),
    ("products_enquiry", _COOPERATIVE),
    ("products_offer", _PRODUCT),
    ("products_listingclick", _of("listing_id", "products_listing", _PRODUCT)),
    ("products_listing", _PRODUCT),
    ("products_producerphoto", _COOPERATIVE),
    ("products_product", _COOPERATIVE),
    ("casework_misusecase_evidence", _of("misusecase_id", "casework_misusecase", _CODE)),
    ("casework_misuseevent", _of("case_id", "casework_misusecase", _CODE)),
    ("casework_misusecase", _CODE),
    ("casework_routingrule", "officer_id IN (SELECT id FROM gone_user)"),
    ("casework_plannedvisit", f"{_REQUEST} OR {_CODE}"),
    ("casework_inspectionphoto", _of("inspection_id", "casework_inspection", f"{_REQUEST} OR {_CODE}")),
    ("casework_inspection", f"{_REQUEST} OR {_CODE}"),
    ("casework_requestversion", _REQUEST),
    ("casework_requestdocument_plots", _of("requestdocument_id", "casework_requestdocument", _REQUEST)),
    ("casework_requestdocument", _REQUEST),
    ("casework_opinionvisit", _of("opinion_id", "casework_opinion", _REQUEST)),
    ("casework_opinion", _REQUEST),
    ("casework_codealert", _CODE),
    ("casework_eligibilityoverride", _REQUEST),
    ("casework_requestevent", _REQUEST),
    ("casework_coderequest_codes", _REQUEST_LINK),
    ("casework_coderequest_markets", _REQUEST_LINK),
    ("casework_coderequest", _COOPERATIVE),
    ("codes_lot", f"{_CODE} OR declared_for_id IN (SELECT id FROM gone_cooperative)"),
    ("codes_packinglink", f"{_CODE} OR {_PACKING_CODE}"),
    ("codes_packinghousecode", _HOUSE),
    ("cooperatives_packinghouse", "operator_id IN (SELECT id FROM gone_cooperative)"),
    ("codes_codelistrow", _of("code_list_id", "codes_codelist", "created_by_id IN (SELECT id FROM gone_user)")),
    ("codes_codelist", "created_by_id IN (SELECT id FROM gone_user)"),
    ("codes_codeevent", _CODE),
    ("codes_marketapproval", _CODE),
    ("codes_codecertificate", _CODE),
    ("codes_productionareacode_superseded_by", _CODE_FROM),
    ("codes_productionareacode", _HOLDER),
    ("codes_areaplot", _AREA),
    ("codes_productionarea", _COOPERATIVE),
    ("farms_plotimportrow", _IMPORT),
    ("farms_plotimport", _COOPERATIVE),
    ("farms_overlapcase", _PLOT),
    ("farms_plotsuccession", _of("old_id", "farms_plot", _COOPERATIVE)),
    ("farms_plotseason", _of("plot_id", "farms_plot", _COOPERATIVE)),
    ("maps_densitycell", _COOPERATIVE),
    ("farms_plot", _COOPERATIVE),
    ("cooperatives_certificateevent", _of("certificate_id", "cooperatives_certificate", _COOPERATIVE)),
    ("cooperatives_certificate", _COOPERATIVE),
    ("cooperatives_grower", _COOPERATIVE),
    ("cooperatives_growerimport", _COOPERATIVE),
    ("cooperatives_directoryexport", "exported_by_id IN (SELECT id FROM gone_user)"),
    ("cooperatives_membership", f"{_COOPERATIVE} OR {_USER}"),
    ("cooperatives_invitation", _COOPERATIVE),
    ("cooperatives_registrationevent", _COOPERATIVE),
    ("cooperatives_cooperative_main_crops", _COOPERATIVE),
    ("cooperatives_cooperative", "id IN (SELECT id FROM gone_cooperative)"),
    ("people_consent", _PERSON),
    ("people_consentcode", _PERSON),
    ("people_numberread", _PERSON),
    ("people_person", "id IN (SELECT id FROM gone_person)"),
    ("landuse_layercomparison", "left_id IN (SELECT id FROM gone_layer) OR right_id IN (SELECT id FROM gone_layer)"),
    ("landuse_layerupload", "layer_id IN (SELECT id FROM gone_layer)"),
    ("maps_groundcell", _LAYER),
    ("landuse_landuseparcel", _LAYER),
    ("landuse_landuselayer", "id IN (SELECT id FROM gone_layer)"),
    ("office_message", _of("notice_id", "office_notice", _USER)),
    ("office_notice", _USER),
    ("office_messagepreference", _USER),
    ("office_idempotencykey", _USER),
    ("django_tasks_database_dbtaskresult", _TASK),
    ("office_job", _JOB),
    ("office_document", _DOCUMENT),
    ("authtoken_token", _USER),
    ("account_emailaddress", _USER),
    ("mfa_authenticator", _USER),
    ("django_admin_log", _USER),
    ("accounts_officerpost", _USER),
    ("accounts_user_groups", _USER),
    ("accounts_user_user_permissions", _USER),
    ("accounts_user", "id IN (SELECT id FROM gone_user)"),
)


def delete(table: str, condition: str) -> str:
    """Return the statement that deletes the rows."""
    return f"DELETE FROM {table} WHERE {condition}"


def delete_history(history: str, table: str, condition: str) -> str:
    """Return the statement that deletes what the history keeps of the rows; run it before `delete`."""
    return f"DELETE FROM {history} WHERE pgh_obj_id IN (SELECT id FROM {table} WHERE {condition})"
