"""What changes with the calendar and not with the remote: a price period that begins is mapped on its day."""

from datetime import UTC, datetime, timedelta

import pytest
from psycopg.types.json import Jsonb

from include.warehouse import batch
from tests.sync.stage import Row, Stage

COUPLING = "bralex__exact_online"


def price_from(stage: Stage, item: str, start: datetime) -> None:
    """Land a price that begins on a day; without news, as if a pull had brought it some time ago."""
    begins = f"/Date({int(start.timestamp() * 1000)})/"
    price = {"ID": f"p-{item}", "Item": item, "Price": 5, "Quantity": 1, "StartDate": begins}
    stage.connection.execute(
        "insert into staging.exact_online__sales_item_prices"
        " (webshop_id, coupling_id, record_key, root_key, payload, payload_hash)"
        " select webshop_id, id, %s, %s, %s, gen_random_uuid() from platform.couplings where name = %s",
        [f"p-{item}", item, Jsonb(price), COUPLING],
    )


def claimed(stage: Stage) -> list[Row]:
    with stage.platform.connect() as connection:
        batch.claim(connection)
    return stage.rows("select object, root_key from platform.transform_batch order by root_key")


@pytest.mark.requirement("R10")
def test_a_price_is_mapped_on_the_day_it_begins(stage: Stage) -> None:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for item, day in (("past", -3), ("today", 0), ("yesterday", -1), ("tomorrow", 1)):
        price_from(stage, item, today + timedelta(days=day))
    assert claimed(stage) == [], "a first look only notes the day: everything is mapped by its own news"
    stage.connection.execute(
        "update platform.facts set value = to_jsonb(current_date - 2) where name = 'dates_mapped_to'"
    )
    due = [{"object": "products", "root_key": key} for key in ("today", "yesterday")]
    assert claimed(stage) == due
    stage.connection.execute("delete from platform.transform_batch")
    assert claimed(stage) == [], "the same day is not looked at twice"
