"""Which words and codes of a server mean which reason: a table read from top to bottom, the first row that fits counts.

Enhanced status codes are those of RFC 3463 and its IANA registry. The providers' own words were collected from their
documentation and from open bounce classifiers (Sisimai's ``rhost`` tables, KumoMTA's shaping rules).
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from app.sending.reasons import Reason
from app.sending.reply import Reply


class Stage(StrEnum):
    """How far the dialogue had come when the server answered."""

    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "ehlo"
    TLS = "tls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    CONTENT = "content"


BEFORE_MAIL = (Stage.CONNECT, Stage.GREETING, Stage.EHLO)
ANY_STAGE = tuple(Stage)


_ENHANCED_PATTERN = str.maketrans({"-": "", ".": r"\.", "x": "[45]", "*": r"\d+", "?": r"\d"})


@dataclass(frozen=True, slots=True)
class Rule:
    """One row. Every column that is given must fit.

    Attributes:
        reason: What the row concludes.
        codes: Reply codes, ``x`` for any digit: ``"450 45x 5xx"``.
        enhanced: Enhanced codes, ``x`` for 4 or 5, ``*`` for any number, ``?`` for any digit, ``-`` for none given:
            ``"x.1.1 5.7.* 4.7.5?? -"``.
        says: A regular expression searched in the server's words, in any case.
        stages: Where in the dialogue the row applies.
        retry_after_s: The wait this provider documents for the case.
        is_receivers: Only the provider of the recipient's mailbox says this, about mail that comes in. An account's
            server that answers so after RCPT hands on what it was told.
    """

    reason: Reason
    codes: str = ""
    enhanced: str = ""
    says: str = ""
    stages: tuple[Stage, ...] = ANY_STAGE
    retry_after_s: float | None = None
    is_receivers: bool = False
    _codes: re.Pattern[str] = field(init=False, repr=False)
    _enhanced: re.Pattern[str] = field(init=False, repr=False)
    _says: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        codes = self.codes.replace("x", r"\d").split()
        enhanced = [code.translate(_ENHANCED_PATTERN) for code in self.enhanced.split()]
        object.__setattr__(self, "_codes", re.compile("|".join(codes) or ".*"))
        object.__setattr__(self, "_enhanced", re.compile("|".join(enhanced) if enhanced else ".*"))
        object.__setattr__(self, "_says", re.compile(self.says, re.IGNORECASE))

    def fits(self, reply: Reply, stage: Stage) -> bool:
        return bool(
            stage in self.stages
            and self._codes.fullmatch(str(reply.code))
            and self._enhanced.fullmatch(reply.enhanced)
            and self._says.search(reply.text)
        )


_MINUTE = 60.0
_HOUR = 60 * _MINUTE
RECIPIENT_STAGES = (Stage.RCPT, Stage.DATA, Stage.CONTENT)
"""Those in which the server knows whom a message is for."""

# Words alone may condemn an address only where the code does not say that something else is the matter, and where they
# are not about the sender: "Helo command rejected: Host not found" says nothing about the recipient.
_ABOUT_AN_ADDRESS = "- x.0.0 x.1.* x.2.1 x.5.0"
_NOT_ABOUT_US = r"^(?!.*\b(sender|sending|helo|ehlo|client|your|return.path|mail from)\b).*"

_BLOCKLISTED = r"block.?list|black.?list|listed (at|by|in|on)|spamhaus|reputation|reverse dns|\bptr\b|banned"

# What a provider says about itself, whatever code it dresses it in.
_OUR_ACCOUNT = (
    Rule(Reason.RATE_LIMITED, says=r"peak smtp relay limit"),
    Rule(Reason.QUOTA, says=r"(daily|hourly|monthly|sending|relay|submission|message|recipient) (\w+ ){0,3}"
         r"(quota|limit)s? (has been |was |is )?(exceeded|reached)", stages=(Stage.AUTH, Stage.MAIL)),
    Rule(Reason.QUOTA, says=r"(daily|hourly|monthly|sending|relay|submission) (\w+ ){0,3}"
         r"(quota|limit)s? (has been |was |is )?(exceeded|reached)"),
    Rule(Reason.QUOTA, says=r"(exceeded|reached) (\w+ ){0,4}(daily|hourly|monthly|sending|submission|24.hour) "
         r"(\w+ ){0,3}(quota|limit)"),
    Rule(Reason.QUOTA, says=r"submissionquotaexceeded|maximum credits exceeded|"
         r"not allowed to send: (\w+ ){0,3}limit exceeded"),
    Rule(Reason.QUOTA, enhanced="5.4.5 5.1.90 5.7.233"),
    Rule(Reason.RATE_LIMITED, says=r"throttl|maximum sending rate exceeded"),
    Rule(Reason.SETTINGS, says=r"configuration set|not authorized to perform"),
    Rule(Reason.ACCOUNT_BLOCKED, says=r"bad outbound sender|(account|sending|user) (\w+ ){0,3}"
         r"(suspended|paused|blocked|disabled)", stages=(Stage.AUTH, Stage.MAIL)),
    Rule(Reason.ACCOUNT_BLOCKED, says=r"bad outbound sender|sending (\w+ ){0,4}(paused|suspended)|"
         r"your account (\w+ ){0,3}(suspended|paused|blocked|disabled)"),
    Rule(Reason.ACCOUNT_BLOCKED, enhanced="5.7.501 5.7.502 5.7.503"),
    Rule(Reason.TLS, codes="530 538 523", says=r"starttls|encrypt|tls"),
    Rule(Reason.TLS, codes="538 523"),
    Rule(Reason.TOO_MANY_CONNECTIONS, codes="432"),
    Rule(Reason.TOO_MANY_CONNECTIONS, enhanced="4.7.652", is_receivers=True),
    Rule(Reason.TOO_MANY_CONNECTIONS, says=r"too many (\w+ ){0,3}(connections|sessions)|"
         r"(maximum|concurrent|simultaneous) (\w+ ){0,3}connections|connection limit exceeded"),
    Rule(Reason.SERVER_BUSY, codes="4xx", stages=(Stage.AUTH, Stage.TLS)),
    Rule(Reason.ACCOUNT_BLOCKED, codes="5xx", stages=BEFORE_MAIL),
    Rule(Reason.AUTHENTICATION, codes="5xx", stages=(Stage.AUTH,)),
    Rule(Reason.TLS, codes="5xx", stages=(Stage.TLS,)),
    Rule(Reason.AUTHENTICATION, codes="530 534 535 525"),
    Rule(Reason.AUTHENTICATION, says=r"relay(ing)? (access )?(denied|not allowed|not permitted|prohibited)|"
         r"not permitted to relay|unable to relay|authentication (is )?required|please authenticate|"
         r"basic authentication is not supported"),
)  # fmt: skip

# What the big providers of mailboxes say of the mail that comes in.
_RECEIVERS = (
    Rule(Reason.RECIPIENT_BUSY, enhanced="x.2.121 x.2.122"),
    Rule(Reason.RATE_LIMITED, says=r"\[TSS?04\]", retry_after_s=2 * _HOUR, is_receivers=True),
    Rule(Reason.RATE_LIMITED, says=r"\[TSS?05\]", retry_after_s=4 * _HOUR, is_receivers=True),
    Rule(Reason.ACCOUNT_BLOCKED, codes="5xx", says=r"retrying will not succeed|\[BL\d\d\]", stages=(Stage.MAIL,)),
    Rule(Reason.BLOCKED_POLICY, says=r"retrying will not succeed|\[BL\d\d\]", is_receivers=True),
    Rule(Reason.RATE_LIMITED, codes="4xx", says=r"\[TSS?\d\d\]|unexpected volume", is_receivers=True),
    Rule(Reason.SENDER_UNPROVEN, enhanced="x.7.20 x.7.21 x.7.22 x.7.24 x.7.26 x.7.27 x.7.30 x.7.32 5.7.509 5.7.515",
         is_receivers=True),
    Rule(Reason.SENDER_UNPROVEN, says=r"\[HME1\]", is_receivers=True),
    Rule(Reason.BLOCKED_POLICY, enhanced="x.7.23 x.7.25 x.7.29", is_receivers=True),
    Rule(Reason.RATE_LIMITED, enhanced="x.7.28", is_receivers=True),
    Rule(Reason.RATE_LIMITED, says=r"unusual rate of", is_receivers=True),
    Rule(Reason.RATE_LIMITED, enhanced="4.7.5?? 4.7.6?? 4.7.85? 4.7.86? 4.7.87? 4.7.88? 4.7.89?", is_receivers=True),
    Rule(Reason.BLOCKED_POLICY, says=r"very low reputation|\(S3\d{3}\)|\[CS\d\d\]", stages=RECIPIENT_STAGES,
         is_receivers=True),
    Rule(Reason.BLOCKED_POLICY, enhanced="5.7.606 5.7.607 5.7.608 5.7.609 5.7.61? 5.7.62? 5.7.63? 5.7.64?",
         stages=RECIPIENT_STAGES, is_receivers=True),
)  # fmt: skip

_SLOWER = (
    Rule(Reason.RECIPIENT_BUSY, says=r"(user|recipient|account|mailbox) (\w+ ){0,7}receiving (\w+ ){0,2}mail"),
    Rule(Reason.GREYLISTED, codes="4xx", says=r"gr[ae]y.?list"),
    Rule(Reason.RATE_LIMITED, codes="4xx", says=r"too (many|much|fast)|rate.?limit|slow down"),
    Rule(Reason.RATE_LIMITED, enhanced="4.5.3"),
    Rule(Reason.SERVER_CLOSING, codes="421", enhanced="4.3.2 4.4.2"),
    Rule(Reason.SERVER_CLOSING, codes="421", says=r"per (connection|session)|time.?out|timed out|idle|shutting down"),
    Rule(Reason.RATE_LIMITED, codes="5xx", says=r"rate.?limit|too (many messages|fast)|slow down"),
)  # fmt: skip

_ADDRESSES = (
    Rule(Reason.SENDER_REFUSED, says=r"sender (address )?(rejected|refused|denied|not allowed|not owned)|"
         r"(permissions? to |not allowed to |not authorized to |cannot )send as|sender address is not verified|"
         r"email address is not verified|from address (is )?not"),
    Rule(Reason.SENDER_REFUSED, enhanced="x.1.7 x.1.8 5.7.60"),
    Rule(Reason.ACCOUNT_BLOCKED, codes="5xx", says=_BLOCKLISTED, stages=(Stage.MAIL,)),
    Rule(Reason.SENDER_REFUSED, codes="501 550 551 553 554", stages=(Stage.MAIL,)),
    Rule(Reason.DOMAIN_UNKNOWN, enhanced="x.1.2 x.1.10 x.4.4", stages=RECIPIENT_STAGES),
    Rule(Reason.DOMAIN_UNKNOWN, enhanced=_ABOUT_AN_ADDRESS, says=_NOT_ABOUT_US + r"((domain|host) (name )?"
         r"(does not exist|not found|unknown)|null ?mx|no such domain|unrouteable)", stages=RECIPIENT_STAGES),
    Rule(Reason.MAILBOX_FULL, enhanced="x.2.2"),
    Rule(Reason.MAILBOX_FULL, says=r"over ?quota|quota exceeded|(mailbox|inbox|account) (\w+ ){0,3}full"),
    Rule(Reason.MAILBOX_UNKNOWN, enhanced="x.1.1 x.1.3 x.1.6 5.1.351", stages=RECIPIENT_STAGES),
    Rule(Reason.MAILBOX_UNKNOWN, enhanced="5.4.1", says=r"recipient address rejected: access denied"),
    Rule(Reason.MAILBOX_UNKNOWN, codes="5xx", enhanced=_ABOUT_AN_ADDRESS, says=_NOT_ABOUT_US
         + r"(no such (user|recipient|mailbox|person|account)|"
         r"(user|recipient|mailbox|account|address|addressee|alias) (\S+ )?((is|was) )?"
         r"(unknown|not found|does ?n[o']t exist|disabled|inactive|deactivated|suspended)|"
         r"account that you tried to reach (is |has been )?(disabled|inactive|suspended)|"
         r"unknown (user|recipient|mailbox)|invalid (recipient|mailbox))", stages=RECIPIENT_STAGES),
)  # fmt: skip

_THE_MESSAGE = (
    Rule(Reason.TOO_BIG, enhanced="x.2.3 x.3.4"),
    Rule(Reason.TOO_BIG, says=r"(message|mail|size|data) (\w+ ){0,4}(too (big|large|much)|exceeds|exceeded)|"
         r"too much mail data"),
    Rule(Reason.SERVER_BUSY, enhanced="4.3.* 4.4.*"),
    Rule(Reason.SENDER_UNPROVEN, says=r"dmarc|\bspf\b|\bdkim\b|unauthenticated (e.?)?mail"),
    Rule(Reason.BLOCKED_POLICY, says=r"local policy"),
    Rule(Reason.CONTENT_REFUSED, says=r"spam|unsolicited|virus|malware|phish|content (rejected|denied|refused)|"
         r"message (content )?rejected"),
    Rule(Reason.CONTENT_REFUSED, enhanced="x.6.*"),
    Rule(Reason.BLOCKED_POLICY, codes="5xx", enhanced="x.7.*"),
    Rule(Reason.BLOCKED_POLICY, says=_BLOCKLISTED + r"|policy|denied"),
    Rule(Reason.GREYLISTED, codes="450 451", enhanced="4.7.1"),
    Rule(Reason.GREYLISTED, codes="450 451", says=r"(try|retry|come back) (\w+ ){0,2}(later|in|after)",
         stages=(Stage.RCPT,)),
    Rule(Reason.BLOCKED_POLICY, enhanced="x.7.*"),
)  # fmt: skip

_CODES_ALONE = (
    Rule(Reason.SERVER_BUSY, codes="421 451 452 454"),
    Rule(Reason.MAILBOX_FULL, codes="552", stages=(Stage.RCPT,)),
    Rule(Reason.TOO_BIG, codes="552"),
    Rule(Reason.PROTOCOL, codes="50x 555"),
    Rule(Reason.PROTOCOL, enhanced="x.5.*"),
    Rule(Reason.CONTENT_REFUSED, codes="550 554", stages=(Stage.CONTENT,)),
)  # fmt: skip

RULES: tuple[Rule, ...] = (*_OUR_ACCOUNT, *_RECEIVERS, *_SLOWER, *_ADDRESSES, *_THE_MESSAGE, *_CODES_ALONE)

# A provider counts in a sliding window, whose end it rarely tells: looking again after a part of it asks seldom and
# loses little. Read from top to bottom, as "24 hours" is a day.
QUOTA_WAITS = (
    (re.compile(r"daily|\bday\b|24.?h", re.IGNORECASE), 2 * _HOUR),
    (re.compile(r"hour", re.IGNORECASE), 15 * _MINUTE),
    (re.compile(r"minute", re.IGNORECASE), _MINUTE),
    (re.compile(r"month|credits", re.IGNORECASE), 12 * _HOUR),
)
