"""Make resources/sample/contacts.xlsx and contacts.csv: the customers of a flower shop that does not exist.

`uv run python -m tools.make_sample`. The same list every time. It has what real lists have: the same person twice,
broken addresses, two addresses in one cell, empty rows, and people who do not want mail any more. Every good address
is one that the practice server accepts: the demo promises each of them a message.
"""

import random
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from app.audience.csv_writer import write_csv
from app.audience.source import Cell
from app.audience.xlsx_writer import write_xlsx

HEADER = (
    "E-mail",
    "First name",
    "Last name",
    "Company",
    "City",
    "Country",
    "Customer since",
    "Favourite flower",
    "Newsletter",
)

_SEED = 1907  # the year the shop would have opened
_PEOPLE = 222
_FIRST_DAY, _DAYS = date(2009, 3, 2), 6_000

# Country: first names, last names, towns.
_COUNTRIES: dict[str, tuple[str, str, str]] = {
    "Germany": (
        "Anna Jörg Käthe Lukas Mareike Björn Änne Tobias Ursula Günther Sabine Jürgen",
        "Berger Müller Schröder Weiß Groß Köhler Fuchs Jäger Schäfer Vogel Böhm Krüger",
        "Köln Münster Görlitz Düsseldorf Lübeck Würzburg Bonn Jülich",
    ),
    "Austria": ("Leopold Elfriede Katharina Xaver", "Höllwarth Gruber Steindl Moosbrugger", "Wien Graz Mödling"),
    "Switzerland": ("Reto Ursina Beat Zoë", "Zürcher Bächtold Favre Caduff", "Zürich Genève Chur"),
    "France": ("Chloé Benoît Élodie François Zoé", "Lefèvre Garçon Bérenger Noël", "Orléans Besançon Lyon"),
    "Spain": ("Íñigo Begoña José Lucía", "Núñez Ibáñez Peña Muñoz", "Málaga Cádiz León"),
    "Italy": ("Niccolò Chiara Giosuè", "D’Angelo Cantù Rossi", "Forlì Milano"),
    "Netherlands": ("Sjoerd Anneloes Daniël", "de_Vries van_den_Berg IJsbrand", "’s-Hertogenbosch Utrecht"),
    "Poland": ("Łukasz Małgorzata Zbigniew", "Wiśniewska Żak Dąbrowski", "Łódź Gdańsk"),
    "Czechia": ("Jiří Božena", "Dvořák Šťastná", "Plzeň Brno"),
    "Denmark": ("Søren Åse", "Ørsted Kjærgaard", "Århus Odense"),
    "Turkey": ("Gülşen İbrahim", "Yıldız Çağlar", "İzmir Muğla"),
    "Greece": ("Ελένη Γιώργος", "Παπαδοπούλου Νικολάου", "Αθήνα"),
    "Ukraine": ("Олена Тарас", "Шевченко Ковальчук", "Львів"),
    "Israel": ("נועה איתן", "כהן לוי", "חיפה"),
    "Egypt": ("ليلى يوسف", "حداد منصور", "القاهرة"),
    "Japan": ("花子 太郎", "山田 佐藤", "京都"),
}
_WEIGHTS = [40, 6, 6, 7, 5, 4, 5, 4, 3, 3, 3, 2, 2, 2, 2, 2]
_FLOWERS = ("Rose", "Tulip", "Peony", "Sunflower", "Lavender", "Orchid", "Dahlia", "Ranunculus", "Lily of the valley")
_COMPANIES = (
    "Café Morgenrot",
    "Hotel Zur Linde",
    "Bestattungen Engel & Söhne",
    "Praxis Dr. Weiß",
    "Weddings “Ja, ich will”",
    "Autohaus Krüger GmbH & Co. KG",
    "Yoga am Fluss",
)
_DOMAINS = ("example.com", "example.org", "example.net")

_Person = tuple[Cell, ...]


def people() -> Iterator[_Person]:
    """Customers with good addresses, no two alike."""
    chance = random.Random(_SEED)
    taken: set[str] = set()
    for number in range(_PEOPLE):
        country = chance.choices(list(_COUNTRIES), _WEIGHTS)[0]
        firsts, lasts, towns = (words.split() for words in _COUNTRIES[country])
        first = chance.choice(firsts)
        last = chance.choice(lasts).replace("_", " ")
        local = _local_part(first, last) or f"customer{number}"
        while local in taken:
            local = f"{local}{chance.randrange(10, 99)}"
        taken.add(local)
        yield (
            f"{local}@{chance.choice(_DOMAINS)}",
            first,
            last,
            chance.choice(_COMPANIES) if chance.random() < 0.15 else None,
            chance.choice(towns),
            country,
            _FIRST_DAY + timedelta(days=chance.randrange(_DAYS)),
            chance.choice(_FLOWERS) if chance.random() < 0.9 else None,
            chance.random() < 0.8,
        )


def _local_part(first: str, last: str) -> str:
    """ "joerg.mueller" for Jörg Müller; empty for names in other scripts."""
    german = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "o", "ł": "l", "ı": "i", "æ": "ae"})
    words = (unicodedata.normalize("NFKD", word.lower().translate(german)) for word in (first, last))
    plain = ["".join(c for c in word if c.isascii() and c.isalnum()) for word in words]
    return ".".join(plain) if all(plain) else ""


def troubles() -> Iterator[tuple[int, _Person]]:
    """What is wrong in the list, each with the place where it stands."""
    since, rose = date(2019, 5, 12), "Rose"
    yield 7, ("anna.berger@example.com", "Anna", "Berger", "Blumen Berger", "Bonn", "Germany", since, "Peony", True)
    yield 31, ("Anna.Berger@Example.COM", "Anna", "Berger", None, "Bonn", "Germany", since, "Peony", True)
    yield 44, (None,) * len(HEADER)
    yield 52, ("karl.heinz.example.com", "Karl-Heinz", "Vogel", None, "Köln", "Germany", since, rose, True)
    yield 60, ("uwe.fuchs@example.org", "Uwe", "Fuchs", None, "Köln", "Germany", since, rose, True)
    yield 61, ("UWE.FUCHS@EXAMPLE.ORG", "Uwe", "Fuchs", None, "Köln", "Germany", since, rose, True)
    yield 73, ("petra@@example.org", "Petra", "Weiß", None, "Bonn", "Germany", since, "Tulip", True)
    yield 88, ("gerda.altmann@example.com", "Gerda", "Altmann", None, "Lübeck", "Germany", since, "Dahlia", True)
    yield 96, ("ines peña@example.com", "Inés", "Peña", None, "León", "Spain", since, rose, True)
    yield (
        101,
        (
            "chris@example.com; chris.work@example.org",
            "Chris",
            "Jäger",
            "Yoga am Fluss",
            "Jülich",
            "Germany",
            since,
            "Lavender",
            True,
        ),
    )
    yield 115, (None,) * len(HEADER)
    yield 116, (None,) * len(HEADER)
    yield 122, ("otto.koehler@example.org", "Otto", "Köhler", None, "Bonn", "Germany", since, "Tulip", True)
    yield 134, ("hildegard.boehm@example.net", "Hildegard", "Böhm", None, "Görlitz", "Germany", since, "Rose", True)
    yield 150, ("kein.mail@example", "Erwin", "Groß", None, "Münster", "Germany", since, "Orchid", True)
    yield 163, ("never.again@example.net", "Silke", "Schröder", None, "Bonn", "Germany", since, rose, "unsubscribed")
    yield 171, ("fritz42@example.net", "Fritz", "Krüger", None, "Bonn", "Germany", since, "Dahlia", False)
    yield 188, ("@example.com", "Heike", "Jäger", None, "Köln", "Germany", since, "Tulip", True)
    yield 199, ("rosi.sonne@example.com", "Rosi 🌻", "Sonnenschein", None, "Köln", "Germany", since, "Sunflower", True)
    yield 206, ("  Emil.Stein@example.org ", "Emil", "Stein", None, "Wien", "Austria", since, "Peony 🌸", True)
    yield 214, ("Lea Noël <lea.noel@example.com>", "Lea", "Noël", None, "Lyon", "France", since, rose, True)
    yield 222, ("info@exämple.example.com", "Björn", "Böhm", None, "Würzburg", "Germany", since, rose, True)
    yield 230, ("emil.stein@example.org", "Emil", "Stein", None, "Graz", "Austria", since, "Peony", True)


def contacts() -> list[_Person]:
    """The whole list, in its order."""
    rows = list(people())
    for place, row in troubles():
        rows.insert(place, row)
    return rows


def _with_words(row: _Person) -> _Person:
    """Yes and no as somebody types them."""
    return tuple(("yes" if cell else "no") if isinstance(cell, bool) else cell for cell in row)


def main(folder: Path = Path(__file__).parent.parent / "resources" / "sample") -> None:
    """Write both files into *folder*."""
    rows = [_with_words(row) for row in contacts()]
    folder.mkdir(parents=True, exist_ok=True)
    write_xlsx(folder / "contacts.xlsx", HEADER, rows)
    write_csv(folder / "contacts.csv", HEADER, rows)


if __name__ == "__main__":
    main()
