"""The newsletter that every sender in the benchmark sends, and the people who get it.

Its merge tags are all of the form `{{ name }}`, which Jinja2 and Handlebars read alike.
"""

import csv
from pathlib import Path

SUBJECT = "{{ first_name }}, das ist neu im Frühling – {{ city }}"
SENDER_NAME = "Café Spring & Co"
SENDER = "news@shop.example.com"
DOMAIN = "shop.example.com"
SELECTOR = "s1"
ORGANISATION = "Café Spring & Co, Hauptplatz 1, Graz"

_HEADERS = ("E-mail", "First name", "Last name", "Company", "City", "Customer number")
_FIELDS = ("email", "first_name", "last_name", "company", "city", "customer_number")
_BLOCKS = 8
_SCATTER = 2654435761
"""Odd, so it gives each number another one: addresses come in no order, as in life, and not sorted for an index."""
_WORDS = (
    "Our new season is here: lighter fabrics, longer days and a few surprises we kept quiet about until now. "
    "The workshop in Graz spent the winter on it – every seam was redone, every price was looked at twice (from 19 €). "
    "Come by, try it on, or order from home; returns are free for 30 days and nobody asks why. "
    "If you liked last year's linen, you will like this one more: it is woven two villages away. "
)


def mjml() -> str:
    """The template: about 30 KB of HTML, 57 merge tags, 26 links of the recipient's own."""
    blocks = "".join(_block(number) for number in range(1, _BLOCKS + 1))
    return f"""<mjml lang="en"><mj-body width="600px" background-color="#f4f4f4">
<mj-section background-color="#ffffff"><mj-column><mj-text font-size="16px" line-height="24px">
Hello {{{{ first_name }}}} {{{{ last_name }}}}, good news for {{{{ company }}}} in {{{{ city }}}}.
<a href="https://t.shop.example.com/v/{{{{ customer_number }}}}">View in the browser</a>
</mj-text></mj-column></mj-section>
{blocks}
<mj-section><mj-column><mj-text font-size="12px">You get this because {{{{ email }}}} is on our list.
{{{{ organisation }}}}, {{{{ postal_address }}}}. <a href="{{{{ unsubscribe_url }}}}">Unsubscribe</a>
</mj-text></mj-column></mj-section>
</mj-body></mjml>"""


def _block(number: int) -> str:
    link = f"https://t.shop.example.com/c/{{{{ customer_number }}}}/{number}"
    return f"""<mj-section background-color="#ffffff"><mj-column>
<mj-image src="https://cdn.example.com/i/{number}.jpg" alt="Picture {number}" href="{link}/picture" />
<mj-text font-size="16px" line-height="24px"><h2>{{{{ first_name }}}}, idea no. {number}</h2><p>{_WORDS}</p>
<p>We keep one for {{{{ company }}}} in {{{{ city }}}}: <a href="{link}/keep">please do</a>.</p></mj-text>
<mj-button href="{link}" background-color="#0b5fff" align="left">Look at it</mj-button>
</mj-column></mj-section>
"""


def people(count: int) -> list[dict[str, str]]:
    """*count* distinct recipients by merge name, with the names that Europe has."""
    return [person(number) for number in range(count)]


def person(number: int) -> dict[str, str]:
    """The recipient of that number."""
    return {
        "email": f"user{number * _SCATTER % 2**32}@customers.example.net",
        "first_name": ("Anna", "José", "Zoë", "Max", "Łukasz", "Mary")[number % 6],
        "last_name": (last := ("Smith", "Müller", "O'Neil", "Nowak", "García")[number % 5]),
        "company": f"{last} & Sons",
        "city": ("Graz", "Malmö", "Leeds", "Lyon")[number % 4],
        "customer_number": f"K-{number:06}-{'abcdef'[number % 6] * 6}",
    }


def write_csv(path: Path, recipients: list[dict[str, str]]) -> None:
    """The recipients as a spreadsheet to import."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADERS)
        writer.writerows([person[field] for field in _FIELDS] for person in recipients)
