"""Limits by who receives: several domains are one receiver, which counts and objects for all of them together.

Most domains have no limit and make no trouble, so that asking for them must cost next to nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from app.sending.clock import Clock
from app.sending.limits import Limits
from app.sending.pace import PaceState
from app.sending.throttle import Throttle

# Each receiver by its best known domain, with the other domains that the same servers take mail for. Only what belongs
# to one provider's consumer mail: the domains of companies that are its customers are not known here.
_RECEIVERS: Mapping[str, str] = {
    "gmail.com": "googlemail.com",
    "yahoo.com": "aol.com ymail.com rocketmail.com myyahoo.com aim.com netscape.net verizon.net aol.de aol.fr aol.co.uk"
    " yahoo.co.uk yahoo.de yahoo.fr yahoo.it yahoo.es yahoo.ie yahoo.se yahoo.no yahoo.dk yahoo.pl yahoo.ro yahoo.gr"
    " yahoo.at yahoo.ca yahoo.in yahoo.co.in yahoo.com.br yahoo.com.mx yahoo.com.ar yahoo.com.au yahoo.co.nz"
    " yahoo.com.sg yahoo.com.hk yahoo.com.tw yahoo.com.ph yahoo.com.vn yahoo.co.id yahoo.co.za",
    "outlook.com": "hotmail.com live.com msn.com passport.com windowslive.com outlook.de outlook.fr outlook.it"
    " outlook.es outlook.pt outlook.dk outlook.ie outlook.at outlook.be outlook.jp outlook.com.br outlook.com.au"
    " hotmail.de hotmail.fr hotmail.it hotmail.es hotmail.co.uk hotmail.be hotmail.nl hotmail.se hotmail.dk hotmail.no"
    " hotmail.ch hotmail.at hotmail.ca hotmail.com.br live.de live.fr live.it live.nl live.be live.se live.dk live.no"
    " live.at live.ca live.co.uk live.com.au live.com.mx",
    "icloud.com": "me.com mac.com",
    "gmx.net": "gmx.de gmx.at gmx.ch gmx.com gmx.eu gmx.fr gmx.co.uk gmx.us web.de mail.com email.de",
    "t-online.de": "magenta.de",
    "orange.fr": "wanadoo.fr",
    "free.fr": "libertysurf.fr",
    "sfr.fr": "neuf.fr cegetel.net club-internet.fr",
    "libero.it": "inwind.it iol.it blu.it giallo.it",
    "comcast.net": "xfinity.com",
    "bluewin.ch": "bluemail.ch",
    "mail.ru": "bk.ru inbox.ru list.ru internet.ru",
    "yandex.ru": "yandex.com ya.ru yandex.by yandex.kz",
    "proton.me": "protonmail.com protonmail.ch pm.me",
    "qq.com": "foxmail.com vip.qq.com",
    "163.com": "126.com yeah.net",
}
_RECEIVER_OF = MappingProxyType({domain: first for first, others in _RECEIVERS.items() for domain in others.split()})

# Of a receiver without limits nothing was counted until it objected, so how fast it was written to is not known.
_FIRST_RATE_PER_S, _FIRST_CEILING_PER_S = 1.0, 10.0
_IDLE_S = 900.0


def receiver_of(domain: str) -> str:
    """The domain that stands for the receiver of *domain*, which is lower-case: gmail.com for googlemail.com."""
    return _RECEIVER_OF.get(domain, domain)


class DomainLanes:
    """A throttle for each receiver that has a limit, or has objected.

    Args:
        limits: By recipient domain; the limits of domains of one receiver are merged.
        sent: What was sent before: (recipient's domain, minute since 1970 in UTC, messages).
    """

    def __init__(
        self, limits: Mapping[str, Limits], clock: Clock, *, sent: Iterable[tuple[str, int, int]] = ()
    ) -> None:
        self._clock = clock
        self._limits: dict[str, Limits] = {}
        for domain, of_domain in limits.items():
            receiver = receiver_of(domain.lower())
            self._limits[receiver] = self._limits.get(receiver, Limits()).merged(of_domain)
        self._throttles: dict[str, Throttle] = {}
        # All domains of the receivers in question: who is not in here is not held back.
        self._watched: dict[str, str] = {}
        for receiver in self._limits:
            self._watch(receiver)
        self._asked_at: dict[str, float] = {}
        self._sent = defaultdict[str, list[tuple[int, int]]](list)
        for domain, minute, count in sent:
            if domain in self._watched:
                self._sent[self._watched[domain]].append((minute, count))

    def free_in(self, domain: str) -> float:
        """Seconds until a message to *domain*, which is lower-case, may go; 0 if one may go now."""
        if domain not in self._watched:
            return 0.0
        return self._throttle(self._watched[domain]).next_free_in()

    def reserve(self, domain: str) -> float:
        """Take the right to send one message to *domain* now and return 0; or take nothing and return the wait."""
        if domain not in self._watched:
            return 0.0
        return self._throttle(self._watched[domain]).reserve()

    def give_back(self, domain: str) -> None:
        """One message that was reserved was not offered to the server: it counts no more."""
        if domain in self._watched:
            self._throttle(self._watched[domain]).give_back()

    def slow_down(self, domain: str, retry_after_s: float | None = None) -> None:
        """The receiver asks for less: halve the pace, and send it nothing for *retry_after_s* seconds if it said so."""
        receiver = receiver_of(domain)
        if receiver not in self._throttles and receiver not in self._limits:
            self._forget_idle()
            pace = PaceState(_FIRST_RATE_PER_S, _FIRST_CEILING_PER_S, self._clock.utcnow())
            self._throttles[receiver] = Throttle(Limits(), clock=self._clock, pace=pace)
            self._watch(receiver)
        self._throttle(receiver).slow_down(retry_after_s)

    def waiting_for(self, domain: str) -> str | None:
        """What a message to *domain* has to wait for, to follow "Waiting for"; None if it may go now."""
        if domain not in self._watched:
            return None
        words = self._throttle(self._watched[domain]).waiting_for
        return f"{self._watched[domain]}: {words}" if words else None

    def __len__(self) -> int:
        """How many throttles there are at present."""
        return len(self._throttles)

    def _throttle(self, receiver: str) -> Throttle:
        throttle = self._throttles.get(receiver)
        if throttle is None:
            throttle = self._throttles[receiver] = Throttle(
                self._limits[receiver], clock=self._clock, usage=self._sent.pop(receiver, ())
            )
        self._asked_at[receiver] = self._clock.monotonic()
        return throttle

    def _forget_idle(self) -> None:
        """Drop the throttles that hold nothing back: of receivers without limits, long not asked and at full pace."""
        now = self._clock.monotonic()
        idle = {
            receiver
            for receiver, throttle in self._throttles.items()
            if receiver not in self._limits and now - self._asked_at[receiver] > _IDLE_S and throttle.pace_state is None
        }
        for receiver in idle:
            del self._throttles[receiver], self._asked_at[receiver]
        self._watched = {domain: receiver for domain, receiver in self._watched.items() if receiver not in idle}

    def _watch(self, receiver: str) -> None:
        for domain in (receiver, *_RECEIVERS.get(receiver, "").split()):
            self._watched[domain] = receiver
