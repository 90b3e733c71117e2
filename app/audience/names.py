"""Take a full name apart into first and last name."""

_PARTICLES = frozenset(
    "af al bin da das de degli dei del della den der di do dos du el la las le los ten ter thor van vom von zu zum zur".split()  # noqa: SIM905, E501
)
_TITLES = frozenset("dr prof mr mrs ms miss mx herr frau hr fr mag ing dipl m mme mlle sr sra dott dhr mevr".split())  # noqa: SIM905


def split_full_name(text: str) -> tuple[str, str]:
    """First and last name in *text*: "Anna Berger", "Berger, Anna", "Dr. Ludwig van Beethoven".

    A single word is a first name. Titles are left out; a particle belongs to the last name.
    """
    tidy = " ".join(text.split())
    last, comma, first = tidy.partition(",")
    if comma and first.strip():
        return _untitled(first), last.strip()
    words = _untitled(tidy.rstrip(",")).split()
    if len(words) < 2:
        return " ".join(words), ""
    start = len(words) - 1
    while start > 1 and words[start - 1].casefold() in _PARTICLES:
        start -= 1
    return " ".join(words[:start]), " ".join(words[start:])


def _untitled(text: str) -> str:
    words = text.split()
    while (
        len(words) > 1 and words[0].rstrip(".").casefold() in _TITLES and (words[0].endswith(".") or len(words[0]) > 1)
    ):
        words = words[1:]
    return " ".join(words)
