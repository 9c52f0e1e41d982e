"""The schemas of what partners read from Kafka, as a Confluent registry would answer: GET /schemas/ids/{id}.

Read-only and open: a schema is no secret, and a partner's decoder must never wait for a token. An id names its content,
so an answer holds for ever.
"""

import json
from functools import cache

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from schemas.codec import AVRO_FOLDER, REGISTRY_IDS, snake
from schemas.framing import derived_id
from schemas.partners import KINDS
from schemas.topics import topic

FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}


@cache
def schemas() -> dict[int, str]:
    """Every version of every record that partners may read, by the id that stands in its messages."""
    records = {topic(kind).record for kind in KINDS}
    files = [file for record in sorted(records) for file in AVRO_FOLDER.glob(f"{snake(record)}.v*.avsc")]
    plain = [json.loads(file.read_text(encoding="utf8")) for file in files]
    return {derived_id(schema): json.dumps(schema, ensure_ascii=False) for schema in plain}


def schema_of(schema_id: int) -> str | None:
    """The schema of an id, whether it derives from content or is a registry's own."""
    return schemas().get(REGISTRY_IDS.get(schema_id, schema_id))


async def answer(request: Request) -> JSONResponse:
    """The schema as JSON in JSON, which is how registries answer."""
    found = schema_of(request.path_params["schema_id"])
    if found is None:
        return JSONResponse({"error_code": 40403, "message": "Schema not found"}, 404)
    return JSONResponse({"schema": found}, headers=FOREVER)


def schema_routes() -> list[Route]:
    """For the application that serves partners."""
    return [Route("/schemas/ids/{schema_id:int}", answer)]
