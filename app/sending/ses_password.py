"""The password of Amazon SES's SMTP servers, which is made from the secret half of an IAM access key.

Amazon hands out keys for its API; a user who has such a key, but wants to send by SMTP, need not make another.
"""

import base64
import hashlib
import hmac

# Fixed by Amazon ("Obtaining Amazon SES SMTP credentials by converting existing AWS credentials"): the date and the
# terminal stand where the signature of a request has its own, so the password does not age.
_DATE = "11111111"
_SERVICE = "ses"
_TERMINAL = "aws4_request"
_MESSAGE = "SendRawEmail"
_VERSION = b"\x04"


def smtp_password(secret_key: str, region: str) -> str:
    """The password for ``email-smtp.<region>.amazonaws.com``; its user name is the access key's id.

    It holds in that region alone, for keys that may ``ses:SendRawEmail`` and do not expire.
    """
    key = f"AWS4{secret_key}".encode()
    for part in (_DATE, region, _SERVICE, _TERMINAL, _MESSAGE):
        key = hmac.digest(key, part.encode(), hashlib.sha256)
    return base64.b64encode(_VERSION + key).decode()
