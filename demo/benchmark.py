"""The benchmark province: any number of plots over the whole of it, drawn by set."""

import math
from hashlib import blake2b

from django.db import connection, transaction
from django.utils import timezone

from cooperatives.models import Cooperative, CooperativeStatus
from crops.models import Crop
from demo import sql
from demo.ground import Block, Farmed, all_blocks, plant

BLOCKS_PER_COOPERATIVE = 20
PLOTS_PER_GROWER = 3
SLUG = "bench-"
BATCH_BLOCKS = 1_000  # keeps temporary tables small


@transaction.atomic
def build_benchmark(plots: int) -> int:
    """Fill the province with `plots` plots (rounded up to whole blocks of 100); return how many were stored."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
    chosen = _choose(all_blocks(), math.ceil(plots / sql.PLOTS_PER_BLOCK))
    cooperatives = _make_cooperatives(chosen)
    _make_growers(len(cooperatives))
    crops = list(Crop.objects.order_by("pk").values_list("pk", flat=True))
    farmed = [
        Farmed(
            number=number,
            block=block,
            cooperative_id=cooperatives[(number - 1) // BLOCKS_PER_COOPERATIVE].pk,
            crop_id=crops[(number - 1) // 3 % len(crops)],
            variety_id=None,
        )
        for number, block in enumerate(chosen, start=1)
    ]
    return sum(
        plant(farmed[start : start + BATCH_BLOCKS], plots_per_grower=PLOTS_PER_GROWER, checks_overlap=False)
        for start in range(0, len(farmed), BATCH_BLOCKS)
    )


def _choose(blocks: list[Block], count: int) -> list[Block]:
    """Take `count` blocks spread over the province, always the same ones, in the order of commune and place."""
    if count > len(blocks):
        raise ValueError(f"the province has room for {len(blocks) * sql.PLOTS_PER_BLOCK} plots")
    mixed = sorted(blocks, key=lambda block: blake2b(f"{block.bi} {block.bj}".encode()).digest())[:count]
    return sorted(mixed, key=lambda block: (block.commune_id, block.bi, block.bj))


def _make_cooperatives(chosen: list[Block]) -> list[Cooperative]:
    firsts = chosen[::BLOCKS_PER_COOPERATIVE]
    Cooperative.objects.bulk_create(
        [
            Cooperative(
                slug=f"{SLUG}{number:05d}",
                name=f"HTX thử nghiệm {number}",
                search_key=f"htx thu nghiem {number}",
                status=CooperativeStatus.VERIFIED,
                commune_id=block.commune_id,
                created_at=timezone.now(),
            )
            for number, block in enumerate(firsts, start=1)
        ],
        batch_size=500,
    )
    return list(Cooperative.objects.filter(slug__startswith=SLUG).order_by("pk"))


def _make_growers(cooperatives: int) -> None:
    per_cooperative = math.ceil(BLOCKS_PER_COOPERATIVE * sql.PLOTS_PER_BLOCK / PLOTS_PER_GROWER)
    with connection.cursor() as cursor:
        cursor.execute(
            sql.BENCHMARK_GROWERS,
            {"growers": per_cooperative * cooperatives, "per_cooperative": per_cooperative, "slugs": f"{SLUG}%"},
        )
