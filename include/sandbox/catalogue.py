"""The seeded catalogue that all sandboxes share: articles, suppliers and sales of one Dutch webshop.

An article depends on the seed and its own number alone. So two sandboxes with the same seed sell the same articles,
and the articles beyond `size`, the newcomers, are known before the shop has them: a marketplace may sell them first.
"""

from __future__ import annotations

import dataclasses
import hashlib
import random
import uuid
from datetime import datetime, timedelta
from decimal import Decimal

from include.sandbox import words

CENT = Decimal("0.01")
VAT = Decimal("1.21")
HISTORY_DAYS = 150
NEWCOMER_SHARE = 0.03


@dataclasses.dataclass(frozen=True, slots=True)
class Supplier:
    """Who delivers articles; `number` counts from 1."""

    number: int
    name: str
    email: str
    city: str
    lead_days: int


@dataclasses.dataclass(frozen=True, slots=True)
class Article:
    """What the shop sells; prices in euro, `sales_price` includes 21 % VAT, weight in kilograms.

    `coded` is false where the shop never noted the EAN, `ended` true for what is no longer sold.
    """

    number: int
    sku: str
    name: str
    group: str
    group_name: str
    colour: str
    ean: str
    weight: Decimal
    purchase_price: Decimal
    sales_price: Decimal
    stock: int
    supplier: int
    created: datetime
    coded: bool
    ended: bool

    @property
    def net_price(self) -> Decimal:
        """The sales price without VAT."""
        return (self.sales_price / VAT).quantize(CENT)


@dataclasses.dataclass(frozen=True, slots=True)
class Sale:
    """One order of a sales channel: what was bought, as article numbers and quantities."""

    number: int
    placed: datetime
    first_name: str
    surname: str
    city: str
    lines: tuple[tuple[int, int], ...]


class Catalogue:
    """Articles 1 to `size`, `orders` sales per channel in the 150 days before `epoch`, and what comes later."""

    def __init__(self, seed: int, size: int, orders: int, epoch: datetime) -> None:
        self.seed, self.size, self.orders, self.epoch = seed, size, orders, epoch
        self.suppliers = [self._supplier(number) for number in range(1, max(3, min(400, size // 12)) + 1)]
        self.newcomers = max(3, round(size * NEWCOMER_SHARE))

    def articles(self) -> list[Article]:
        """Return the articles that the shop has from the start."""
        return [self.article(number) for number in range(1, self.size + 1)]

    def article(self, number: int) -> Article:
        """Return one article; numbers above `size` are newcomers."""
        chance = random.Random(f"{self.seed}:article:{number}")
        code, group_name, things, cents, grams = chance.choice(words.GROUPS)
        colour, measure = chance.choice(words.COLOURS), chance.choice(words.SIZES)
        name = " ".join(filter(None, (chance.choice(words.KINDS), chance.choice(things), colour, measure)))
        purchase = Decimal(chance.randint(*cents)) / 100
        # Shops end their prices on 95 cents.
        sales = (purchase * Decimal(chance.randint(160, 260)) / 100 * VAT).to_integral_value() + Decimal("0.95")
        return Article(
            number=number,
            sku=f"{code}-{number:05d}",
            name=name,
            group=code,
            group_name=group_name,
            colour=colour,
            ean=ean13(_ean_body(number)),
            weight=Decimal(chance.randint(*grams)) / 1000,
            purchase_price=purchase.quantize(CENT),
            sales_price=sales.quantize(CENT),
            stock=0 if chance.random() < 0.08 else chance.randint(1, 400),
            supplier=chance.randint(1, len(self.suppliers)),
            created=self.epoch - timedelta(days=chance.randint(200, 2000), seconds=chance.randint(0, 86399)),
            coded=number > self.size or number % 45 != 27,
            ended=number <= self.size and number % 35 == 12,
        )

    def sale(self, channel: str, number: int, candidates: int | None = None) -> Sale:
        """Return the order `number` (from 1) of a channel; those after `orders` are to be placed by the caller.

        About one sale in fifteen has the same article twice. `candidates` limits the articles to the first ones.
        """
        chance = random.Random(f"{self.seed}:{channel}:{number}")
        top = candidates or self.size
        # Squaring makes few articles sell often and most of them rarely.
        numbers = [int(chance.random() ** 2 * top) + 1 for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 4)))]
        numbers = list(dict.fromkeys(numbers))
        if chance.random() < 1 / 15:
            numbers.append(numbers[0])
        lines = tuple((article, chance.choice((1, 1, 1, 2, 2, 3, 4, 6))) for article in numbers)
        share = min(1.0, (number - 1 + chance.random()) / max(1, self.orders))
        placed = self.epoch - timedelta(seconds=int((1 - share) * HISTORY_DAYS * 86400))
        customer = (chance.choice(words.FIRST_NAMES), chance.choice(words.SURNAMES), chance.choice(words.CITIES))
        return Sale(number, placed, *customer, lines)

    def guid(self, kind: str, number: int | str) -> str:
        """Return the guid of a thing: the same for the same seed, kind and number, without any visible order."""
        digest = hashlib.blake2b(f"{self.seed}:{kind}:{number}".encode(), digest_size=16).digest()
        return str(uuid.UUID(bytes=digest, version=4))

    def _supplier(self, number: int) -> Supplier:
        chance = random.Random(f"{self.seed}:supplier:{number}")
        name = f"{chance.choice(words.SUPPLIER_NAMES)} {chance.choice(words.SUPPLIER_KINDS)}"
        email = f"orders{number}@{name.split(maxsplit=1)[0].lower()}.example"
        return Supplier(number, name, email, chance.choice(words.CITIES), chance.choice((1, 2, 3, 5, 7, 10, 14, 21)))


def _ean_body(number: int) -> str:
    """Return 12 digits; each twentieth article has an American code, whose thirteen digits begin with a zero."""
    return f"07{1234500000 + number:010d}" if number % 20 == 9 else f"87{1234500000 + number:010d}"


def ean13(body: str) -> str:
    """Return the 12 digits with their check digit."""
    total = sum(int(digit) * (3 if position % 2 else 1) for position, digit in enumerate(body))
    return body + str(-total % 10)
