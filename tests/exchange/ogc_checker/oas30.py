"""The class OpenAPI 3.0 of OGC 17-069r4."""

from collections.abc import Callable
from typing import Any

from jsonschema import Draft7Validator
from openapi_spec_validator import OpenAPIV30SpecValidator

from tests.exchange.ogc_checker.base import Service, check

OPENAPI = "application/vnd.oai.openapi+json"


def definition_1(service: Service) -> None:
    answer = service.get("/api", None, Accept=OPENAPI + ";version=3.0")
    check(answer.status == 200 and answer.kind == OPENAPI, answer.status, answer.kind)
    check("version=3.0" in answer.headers["Content-Type"], answer.headers["Content-Type"])


def definition_2(service: Service) -> None:
    document = service.openapi()
    check(document["openapi"].startswith("3.0."), document["openapi"])
    errors = [error.message for error in OpenAPIV30SpecValidator(document).iter_errors()]
    check(not errors, errors[:3])


def oas_impl(service: Service) -> None:
    """What the document describes is what is served: every path answers, and answers fit their schemas."""
    document = service.openapi()
    for path, methods in document["paths"].items():
        if "{" not in path:
            answer = service.get(path)
            check(answer.status == 200, path, answer.status)
            _check_schema(document, methods["get"], answer)
    for _collection, items in service.each():
        for feature in service.document(items, {"limit": 2})["features"]:
            _check_schema(
                document, document["paths"][f"{items}/{{featureId}}"]["get"], service.get(f"{items}/{feature['id']}")
            )


def completeness(service: Service) -> None:
    """Every path of the standard is there, with the media types and statuses that come."""
    document = service.openapi()
    wanted = ["/", "/api", "/conformance", "/collections"]
    for collection, items in service.each():
        wanted += [f"/collections/{collection['id']}", items, f"{items}/{{featureId}}"]
    for path in wanted:
        check(path in document["paths"], "OpenAPI lacks", path)
        responses = document["paths"][path]["get"]["responses"]
        check("200" in responses and responses["200"]["content"], path)


def exceptions_codes(service: Service) -> None:
    """The statuses that errors bring are declared, with a schema that fits."""
    document = service.openapi()
    for _collection, items in service.each():
        seen = {
            items: [
                service.get(items, {"limit": "x"}),
                service.get(items, None, Accept="image/png"),
                service.get(items, None, Authorization="Token " + "0" * 40),
                service.get(items, None, X_Method="DELETE"),
            ],
            f"{items}/{{featureId}}": [service.get(f"{items}/dUmmYFeAtUre")],
        }
        for path, answers in seen.items():
            operation = document["paths"][path]["get"]
            for answer in answers:
                check(str(answer.status) in operation["responses"], path, answer.status, "is not declared")
                check(answer.kind == "application/problem+json", path, answer.kind)
                _check_schema(document, operation, answer)


def security(service: Service) -> None:
    """Ways to sign in are declared, and requirements name declared ones only."""
    document = service.openapi()
    schemes = document["components"]["securitySchemes"]
    for scheme in schemes.values():
        check(scheme["type"] in ("http", "apiKey", "oauth2", "openIdConnect"), scheme)
    for requirement in document["security"]:
        check(set(requirement) <= set(schemes), requirement)


def _check_schema(document: dict[str, Any], operation: dict[str, Any], answer: Any) -> None:
    content = operation["responses"][str(answer.status)]["content"]
    declared = {kind.partition(";")[0]: media for kind, media in content.items()}
    check(answer.kind in declared, answer.url, answer.kind, "is not declared")
    schema = _standard(declared[answer.kind]["schema"]) | {"components": _standard(document["components"])}
    errors = [f"{error.json_path}: {error.message}" for error in Draft7Validator(schema).iter_errors(answer.json())]
    check(not errors, answer.url, errors[:2])


def _standard(schema: Any) -> Any:
    """OpenAPI 3.0 says `nullable` where JSON Schema names the type null."""
    if isinstance(schema, list):
        return [_standard(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _standard(value) for name, value in schema.items()}
    if found.pop("nullable", False) is True:
        return {"anyOf": [found, {"type": "null"}]}
    return found


OAS30: dict[str, Callable[[Service], None]] = {
    "oas30/completeness": completeness,
    "oas30/exceptions-codes": exceptions_codes,
    "oas30/oas-definition-1": definition_1,
    "oas30/oas-definition-2": definition_2,
    "oas30/oas-impl": oas_impl,
    "oas30/security": security,
}
