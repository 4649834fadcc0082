"""The words of the catalogue: a Dutch webshop for house and garden, its suppliers and its customers."""

from __future__ import annotations

# Group code, group name, the things sold in it, and the range of their purchase prices in cents and weights in grams.
Group = tuple[str, str, tuple[str, ...], tuple[int, int], tuple[int, int]]
GROUPS: tuple[Group, ...] = (
    ("MEUB", "Meubels", ("stoel", "tafel", "kast", "kruk", "bank", "bureau"), (2900, 28900), (4000, 45000)),
    ("VERL", "Verlichting", ("hanglamp", "tafellamp", "wandlamp", "lampenkap"), (900, 12900), (400, 6000)),
    ("KEUK", "Keuken", ("pan", "snijplank", "theepot", "schaal", "messenset"), (350, 7900), (150, 4000)),
    ("TUIN", "Tuin", ("bloempot", "tuinstoel", "parasol", "gieter", "vuurkorf"), (450, 15900), (300, 18000)),
    ("TEXT", "Textiel", ("kussen", "plaid", "gordijn", "tafelkleed", "vloerkleed"), (500, 9900), (200, 9000)),
    ("DECO", "Decoratie", ("vaas", "spiegel", "klok", "kaars", "fotolijst", "mand"), (150, 4900), (100, 5000)),
)
KINDS = ("Eiken", "Grenen", "Rieten", "Linnen", "Katoenen", "Stalen", "Glazen", "Keramische", "Wollen", "Bamboe")
COLOURS = ("zwart", "wit", "grijs", "naturel", "groen", "blauw", "terracotta", "crème")
SIZES = ("", "", "", "S", "M", "L", "set van 2", "60 cm", "120 cm")
SUPPLIER_NAMES = ("Houtwerk", "De Jong", "Van Dam", "Nordlicht", "Ambacht", "Textura", "Groenrijk", "Lumo")
SUPPLIER_KINDS = ("BV", "Groothandel", "Import", "GmbH", "Trading BV", "& Zn.")
CITIES = ("Utrecht", "Zwolle", "Tilburg", "Groningen", "Ede", "Breda", "Antwerpen", "Haarlem", "Venlo", "Leiden")
FIRST_NAMES = ("Anna", "Bram", "Carla", "Daan", "Eva", "Femke", "Gijs", "Hanna", "Imke", "Joris", "Zoë", "Søren")
SURNAMES = ("Jansen", "de Vries", "Bakker", "Visser", "Smit", "Meijer", "Mulder", "Bos", "Peeters", "van der Lei")
