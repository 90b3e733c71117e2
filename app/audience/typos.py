"""Misspellings of well-known mail domains. A table, because guessing by distance would correct domains that exist."""

_NAMES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # name: (top-level domains it has, ways it is misspelt)
    "gmail": (
        ("com",),
        ("gmial", "gmal", "gmil", "gamil", "gmaill", "gmaul", "gnail", "gmali", "gimail", "gmai", "gemail", "gmeil"),
    ),
    "googlemail": (("com",), ("googelmail", "goglemail", "googlemial", "goolgemail", "googlmail", "googemail")),
    "hotmail": (
        ("com", "de", "fr", "es", "it", "nl", "co.uk"),
        ("hotmial", "hotmal", "hotmai", "hotmali", "hotmil", "hormail", "homail", "htomail", "hotmaill", "hitmail"),
    ),
    "outlook": (
        ("com", "de", "fr", "es", "it"),
        ("outlok", "outloook", "outlock", "otlook", "outllok", "oulook", "outook", "ourlook", "outlookk"),
    ),
    "yahoo": (
        ("com", "de", "fr", "es", "it", "co.uk"),
        ("yaho", "yahooo", "yhoo", "yaoo", "yhaoo", "yahho", "jahoo", "yahoh", "tahoo"),
    ),
    "icloud": (("com",), ("iclud", "icoud", "iclod", "icloude", "iclould", "icluod", "icolud")),
    "live": (("com", "de", "fr", "nl", "it"), ()),
    "msn": (("com",), ()),
    "aol": (("com", "de"), ()),
    "gmx": (("de", "net", "at", "ch", "com"), ("gxm", "gmxx", "ggmx")),
    "web": (("de",), ("wbe",)),
    "freenet": (("de",), ("frenet", "freent", "freenett", "frennet")),
    "t-online": (("de",), ("t-onlin", "t-onlien", "tonline", "t-onine", "t-onlne", "t.online", "t-oline")),
    "arcor": (("de",), ("acror", "arcro")),
    "bluewin": (("ch",), ("blewin", "bluwin", "blluewin")),
    "orange": (("fr",), ("ornage", "oragne", "orangee")),
    "wanadoo": (("fr",), ("wandoo", "wanado", "wanadou", "wannadoo")),
    "laposte": (("net",), ("lapost", "lapposte", "lapsote")),
    "libero": (("it",), ("libreo", "lbero", "liberoo")),
    "ziggo": (("nl",), ("zigoo", "ziggoo")),
    "kpnmail": (("nl",), ("kpnmial", "kpmail")),
}

_TOP_LEVEL_TYPOS: dict[str, tuple[str, ...]] = {
    "com": ("con", "cmo", "ocm", "comm", "cim", "vom", "xom", "coom", "cpm", "c0m"),
    "de": ("ed", "dee", "d", "dde", "dw"),
    "net": ("nte", "ent", "nett", "bet"),
    "fr": ("rf", "frr", "ft"),
    "at": ("ta", "att"),
    "ch": ("hc", "cch"),
    "it": ("ti", "itt"),
    "es": ("ess", "esp"),
    "nl": ("ln", "nll"),
    "co.uk": ("couk", "co.ku", "co.ukk", "cou.k"),
}


def _spell_out() -> dict[str, str]:
    """Every misspelt domain with the one that was meant; a domain that exists under another name is left alone."""
    right = {f"{name}.{top}" for name, (tops, _) in _NAMES.items() for top in tops}
    wrong: dict[str, str] = {}
    for name, (tops, typos) in _NAMES.items():
        for top in tops:
            meant = f"{name}.{top}"
            for typo in typos:
                wrong[f"{typo}.{top}"] = meant
                for top_typo in _TOP_LEVEL_TYPOS[top]:
                    wrong.setdefault(f"{typo}.{top_typo}", meant)
            for top_typo in _TOP_LEVEL_TYPOS[top]:
                wrong.setdefault(f"{name}.{top_typo}", meant)
    return {domain: meant for domain, meant in wrong.items() if domain not in right}


_MEANT = _spell_out()


def corrected_domain(domain: str) -> str | None:
    """The well-known domain of which *domain* is a common misspelling, else None."""
    return _MEANT.get(domain)
