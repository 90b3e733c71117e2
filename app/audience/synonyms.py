"""What lists call their columns, in English, German, French, Spanish, Italian and Dutch, and who exports them so."""

import re
import unicodedata

FULL_NAME = "full_name"

# Keys are those of the built-in fields, and FULL_NAME. Words are folded as `fold` does.
_SYNONYMS: dict[str, str] = {
    "email": """
        e mail|email|mail|email address|e mail address|mail address|emailaddress|email id|primary email|contact email
        e mail adresse|email adresse|mailadresse|mail adresse|emailadresse|elektronische post|kontakt email
        courriel|adresse courriel|adresse e mail|adresse email|adresse mail|adresse electronique|mel
        correo|correo electronico|direccion de correo|direccion de correo electronico|email cliente|direccion email
        posta elettronica|indirizzo email|indirizzo e mail|indirizzo mail|indirizzo di posta elettronica
        e mailadres|emailadres|mailadres|e mail adres|email adres
        e mail 1 value|email 1|subscriber email|recipient|empfaenger
    """,
    "first_name": """
        first name|firstname|first|given name|forename|fname|christian name
        vorname|rufname
        prenom|prenoms
        nombre|nombre de pila|primer nombre
        nome
        voornaam|roepnaam
    """,
    "last_name": """
        last name|lastname|last|surname|family name|lname|second name
        nachname|familienname|zuname
        nom|nom de famille
        apellido|apellidos|primer apellido
        cognome
        achternaam|familienaam
    """,
    FULL_NAME: """
        name|full name|fullname|contact name|customer name|display name|your name|contact|customer
        vollstaendiger name|kundenname|kontakt|ansprechpartner|vor und nachname|name vorname|vorname nachname|kunde
        nom complet|nom et prenom|nom prenom|prenom nom|client
        nombre completo|nombre y apellidos|nombre y apellido|cliente
        nome completo|nome e cognome|nome cognome|nominativo
        naam|volledige naam|klant|klantnaam|contactpersoon
    """,
    "company": """
        company|company name|organisation|organization|business|employer|account name|organization name
        firma|firmenname|unternehmen|betrieb
        societe|entreprise|raison sociale|nom de l entreprise
        empresa|compania|razon social|organizacion
        azienda|ditta|societa|ragione sociale
        bedrijf|bedrijfsnaam|organisatie
    """,
    "phone": """
        phone|phone number|telephone|tel|mobile|mobile phone|cell|cell phone|telephone number|mobile number
        telefon|telefonnummer|tel nr|handy|handynummer|mobil|mobilnummer|rufnummer|mobiltelefon
        telephone portable|numero de telephone|portable
        telefono|movil|celular|numero de telefono|telefono movil
        cellulare|numero di telefono
        telefoon|telefoonnummer|mobiel|gsm
    """,
    "street": """
        street|street address|address|address 1|address line 1|mailing address
        strasse|str|adresse|anschrift|strasse und hausnummer|strasse hausnummer|strasse nr
        rue|adresse postale|adresse 1
        calle|direccion|domicilio
        via|indirizzo
        straat|adres|straatnaam
    """,
    "postal_code": """
        postal code|postcode|post code|zip|zip code|zipcode|zip postal code
        plz|postleitzahl
        code postal|cp
        codigo postal
        cap|codice postale
    """,
    "city": """
        city|town|place|city town
        stadt|ort|wohnort
        ville|commune|localite
        ciudad|localidad|poblacion
        citta|comune
        plaats|woonplaats|stad
    """,
    "country": """
        country|country code|country region|nation
        land|staat|laendercode|landeskennzeichen
        pays
        pais
        paese|nazione
    """,
    "language": """
        language|preferred language|locale|lang
        sprache|korrespondenzsprache
        langue
        idioma|lengua
        lingua
        taal|voorkeurstaal
    """,
    "time_zone": """
        time zone|timezone|zeitzone|fuseau horaire|zona horaria|fuso orario|tijdzone
    """,
    "notes": """
        notes|note|comment|comments|remark|remarks|description
        notiz|notizen|bemerkung|bemerkungen|kommentar|anmerkung|anmerkungen
        remarque|remarques|commentaire|commentaires
        nota|notas|comentario|comentarios|observaciones
        osservazioni|commenti
        opmerking|opmerkingen|notities
    """,
}

_LIGATURES = str.maketrans({"ß": "ss", "ä": "ae", "ö": "oe", "ü": "ue", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l"})


def fold(header: str) -> str:
    """*header* without case, accents and punctuation: "E-Mail-Adresse:" is "e mail adresse", "PRÉNOM" is "prenom"."""
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)
    lowered = unicodedata.normalize("NFC", split).casefold().translate(_LIGATURES)
    bare = "".join(c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+", bare))


def _words(block: str) -> list[str]:
    return [word.strip() for line in block.splitlines() for word in line.split("|") if word.strip()]


_MEANING = {word: key for key, block in _SYNONYMS.items() for word in _words(block)}
# "firstName" folds to "first name", "EMail" to "e mail"; "vorName" must still be Vorname.
_RUN_TOGETHER = {word.replace(" ", ""): key for word, key in _MEANING.items()}


def meaning_of(header: str) -> str | None:
    """The key of the field that *header* names in one of the six languages, else None."""
    folded = fold(header)
    return _MEANING.get(folded) or _RUN_TOGETHER.get(folded.replace(" ", ""))
