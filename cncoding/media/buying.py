"""Buy one medium, once: an intent is written before the request leaves, and the job after it.

Whoever asks again with the same call goes on from there and buys nothing. A flow: it yields steps and decides
everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from cncoding.errors import (
    JobDeadlineError,
    JobFailedError,
    PurchaseDeclinedError,
    TransportError,
    UnconfirmedPurchaseError,
)
from cncoding.exchange.counting import count_call, is_free
from cncoding.exchange.retry import Flow
from cncoding.exchange.steps import Now, Sleep, Tell
from cncoding.media import jobs
from cncoding.media.jobless import need_job
from cncoding.media.journal import (
    REUSED,
    FindPurchases,
    Limit,
    OpenPurchase,
    Purchase,
    PurchaseState,
    RecordPurchase,
    digest_of,
    record,
    shorten_reply,
)
from cncoding.media.leaving import leave, let_go_unsent, name_lost
from cncoding.media.lookup import Found, look_up
from cncoding.media.money import check_journal, estimate
from cncoding.media.orders import MediaEvent, Order, Question
from cncoding.media.polling import Patience
from cncoding.media.prices import Estimate
from cncoding.media.rates import Waiting, find_end
from cncoding.media.reusing import list_gone
from cncoding.media.routes import MediaRoute
from cncoding.media.unknown_voices import name_voices
from cncoding.media.values import MediaJob, MediaRequest
from cncoding.target import Setup


def begin(
    order: Order, setup: Setup, patience: Patience | None = None, *, journal: bool
) -> Flow[tuple[Purchase, bool]]:
    """Buy a medium without waiting for it, and tell whether it had been bought before.

    Raises:
        As `make`.
    """
    check_journal(order, journal=journal)
    gone: tuple[str, ...] = ()
    if order.reuse:
        gone = yield from list_gone((yield from digest_order(order, setup)))
    purchase, reused = yield from buy(order, setup, patience or Patience(), journal=journal, gone=gone)
    if journal:
        purchase = yield from record(replace(purchase, owner=None))
    if order.listener is not None and not reused and purchase.job is not None:
        yield Tell(order.listener, MediaEvent(purchase.handle or None, purchase.job, None))
    return purchase, reused


@dataclass(frozen=True, slots=True)
class Part:
    """A purchase that is one of several of an order."""

    of: str
    """Handle of the order; empty without one."""
    prepared: jobs.Prepared
    """Its request, checked with those of the others before the first was paid for."""
    ahead: tuple[Estimate, ...] = ()
    """What those that follow cost."""

    @property
    def ahead_cost(self) -> float | None:
        """What all of them cost, None if that is not known of one."""
        known = [one.amount for one in self.ahead if one.amount is not None]
        return sum(known) if len(known) == len(self.ahead) else None


def take_part(of: str, prepared: Sequence[jobs.Prepared], number: int, setup: Setup) -> Part:
    """Return one of several requests as a part of an order."""
    return Part(of, prepared[number], tuple(estimate_prepared(one, setup) for one in prepared[number + 1 :]))


def digest_order(order: Order, setup: Setup) -> Flow[str]:
    """Return what tells the request of an order from all others.

    Raises:
        ConfigError: It cannot be sent.
    """
    prepared = yield from jobs.prepare(order.request, setup)
    return digest_of(prepared.request, setup.target.provider.id, setup.target.root)


def buy(
    order: Order,
    setup: Setup,
    patience: Patience,
    *,
    journal: bool,
    part: Part | None = None,
    gone: tuple[str, ...] = (),
) -> Flow[tuple[Purchase, bool]]:
    """Buy a medium, or find that it was bought; it is this process's to finish.

    A vendor that has too much to do is waited for, as long as `patience` says.

    Args:
        order: What to buy.
        setup: From whom.
        patience: How long a busy vendor is waited for.
        journal: Whether it is written down.
        part: Of which order it is a piece.
        gone: Handles of purchases whose files cannot be had any more, for an order that takes what there is.

    Raises:
        As `make`.
    """
    prepared = part.prepared if part is not None else (yield from jobs.prepare(order.request, setup))
    now: float = yield Now()
    wanted = intend(order, prepared, setup, now)
    if part is not None:
        wanted = replace(wanted, part_of=part.of or None)
    check_journal(order, journal=journal)
    yield from confirm(order, prepared, wanted, setup, journal=journal, gone=gone)
    if not journal:
        return (yield from _submit(order, prepared, wanted, setup, patience, journal=False)), False
    purchase = yield from open_purchase(order, prepared, wanted, limit_order(order, now, part), gone=gone)
    if purchase.state in ("intended", "waiting"):
        return (yield from _submit(order, prepared, purchase, setup, patience, journal=True)), False
    if purchase.state == "unconfirmed":
        purchase = yield from recover(purchase, prepared.route, setup)
    if purchase.state == "failed" or purchase.job is None:
        yield RecordPurchase(replace(purchase, owner=None))
    if purchase.state == "failed":
        raise JobFailedError(
            f"{purchase.provider} failed this {purchase.kind} job before: {purchase.error}", job=purchase.job
        )
    return need_job(purchase), True


def open_purchase(
    order: Order,
    prepared: jobs.Prepared,
    wanted: Purchase,
    limit: Limit | None = None,
    *,
    gone: tuple[str, ...] = (),
) -> Flow[Purchase]:
    """Write the intent, or wait for another process that works on the same call, or with `reuse` on the same request.

    Raises:
        BudgetExceededError: It would be too much.
        JobDeadlineError: The other process is not done after the time that such a job may take.
    """
    until = wanted.created_at + prepared.route.deadline
    reuse = order.reuse and wanted.part_of is None
    while True:
        purchase: Purchase
        try:
            purchase, mine = yield OpenPurchase(wanted, order.again, limit, reuse, gone)
        except GeneratorExit:
            raise
        except BaseException as error:
            yield from let_go_unsent(error)
            raise
        if mine:
            return purchase
        if (yield Now()) > until:
            raise JobDeadlineError(
                f"another process works on this {wanted.kind} and is not done after {prepared.route.deadline:g} s "
                f"({purchase.handle}); nothing was bought here",
                job=purchase.job,
            )
        yield Sleep(0.5)


def recover(purchase: Purchase, route: MediaRoute, setup: Setup) -> Flow[Purchase]:
    """Find the job of a purchase of unknown outcome, and write it down.

    Raises:
        UnconfirmedPurchaseError: Whether it was bought is still not known; nothing was bought now.
    """
    try:
        found = yield from look_up(purchase, route, setup)
    except GeneratorExit:
        raise
    except BaseException:  # an interruption: who asks next must not wait for us
        yield RecordPurchase(replace(purchase, state="unconfirmed", owner=None))
        raise
    if found.job is None:
        yield RecordPurchase(replace(purchase, state="unconfirmed", owner=None))
        raise UnconfirmedPurchaseError(_explain(purchase, found), purchase=purchase.handle)
    purchase = _own(purchase, found.job, found.said)
    yield RecordPurchase(purchase)
    return purchase


def _own(purchase: Purchase, job: MediaJob, note: str | None = None) -> Purchase:
    return replace(
        purchase, state="submitted", job=job, model=job.model, assets=job.assets or (), usage=job.usage,
        raw=shorten_reply(job.raw), note=note,
    )  # fmt: skip


def _explain(purchase: Purchase, found: Found) -> str:
    begun = datetime.fromtimestamp(purchase.created_at, timezone.utc)
    return (
        f"this {purchase.kind} may have been bought already: the request to {purchase.provider} was begun on "
        f"{begun:%Y-%m-%d at %H:%M} UTC and its answer was never read; {found.said}. Nothing was bought now. Look at "
        f"the vendor's console; only a person should pay again: `cncoding job again {purchase.handle}`, or again=True"
    )


def limit_order(order: Order, now: float, part: Part | None = None) -> Limit | None:
    """Return how much may have been spent before an order, None without a budget."""
    budget = order.budget
    if budget is None:
        return None
    since = {"kit": order.since, "day": now - 86_400, "thread": None}[budget.per]
    thread = order.identity.thread if budget.per == "thread" and order.identity is not None else None
    limit = Limit(budget.calls, budget.amount, budget.currency, since, thread)
    return limit if part is None else replace(limit, ahead=len(part.ahead), ahead_cost=part.ahead_cost)


def confirm(
    order: Order,
    prepared: jobs.Prepared,
    wanted: Purchase,
    setup: Setup,
    *,
    journal: bool,
    gone: tuple[str, ...] = (),
) -> Flow[None]:
    """Ask a person, unless nobody wants that, it is cheap, or it was bought before.

    Raises:
        PurchaseDeclinedError: The answer is no, or there is nobody to ask.
    """
    if order.confirm_above is None or (wanted.cost is not None and wanted.cost <= order.confirm_above):
        return
    if journal and not order.again and (yield from _is_known(order, wanted, gone)):
        return
    price = Estimate(wanted.cost, wanted.currency)
    question = Question(prepared.request, setup.target.provider.id, prepared.model, price, wanted.pieces or 1)
    if order.approve is None:
        raise PurchaseDeclinedError(f"confirm_above: nobody can be asked here, and nothing was bought: {question}")
    if not (yield Tell(order.approve, question)):
        raise PurchaseDeclinedError(f"declined, nothing was bought: {question}")


def _is_known(order: Order, wanted: Purchase, gone: tuple[str, ...]) -> Flow[bool]:
    if order.reuse:
        same: tuple[Purchase, ...] = yield FindPurchases(digest=wanted.digest, states=REUSED)
        if any(one.part_of is None and one.handle not in gone for one in same):
            return True
    if wanted.identity is None:
        return False
    found: tuple[Purchase, ...] = yield FindPurchases(digest=wanted.digest, thread=wanted.thread)
    over = ("refused", "waiting", "cancelled", "released")
    return any(one.call == wanted.call and one.state not in over for one in found)


def intend(order: Order, prepared: jobs.Prepared, setup: Setup, now: float) -> Purchase:
    """Return the purchase of an order as it is before anything was sent."""
    request, target = prepared.request, setup.target
    price = estimate_prepared(prepared, setup)
    identity = order.identity
    return Purchase(
        handle="",
        digest=digest_of(request, target.provider.id, target.root),
        provider=target.provider.id,
        endpoint=target.endpoint.name,
        kind=request.kind,
        model=prepared.model,
        prompt=request.prompt,
        thread=identity.thread if identity else None,
        call=identity.call if identity else None,
        created_at=now,
        cost=price.amount,
        currency=price.currency,
        priced_by=None if price.source is None else str(price.source),
        route=prepared.route.name,
        state="waiting" if prepared.waits else "intended",
    )


def estimate_prepared(prepared: jobs.Prepared, setup: Setup) -> Estimate:
    """Return what a checked request will cost."""
    target = setup.target
    return estimate(prepared.request, prepared.model, target.endpoint.name, target.provider.prices)


def estimate_request(request: MediaRequest, setup: Setup) -> Flow[Estimate]:
    """Check a request as if it were to be sent, and return what it would cost; nothing is sent.

    Raises:
        ConfigError: The request cannot be sent, by the page of its model.
    """
    return estimate_prepared((yield from jobs.prepare(request, setup)), setup)


@dataclass(slots=True)
class Wait:
    """Whether a purchase waits, for an upload or a busy vendor: nothing is bought then. The journal says it, too."""

    purchase: Purchase
    waits: bool
    journal: bool

    def note(self, begins: bool) -> Flow[None]:
        """Write down that it waits, or does no longer."""
        self.waits = begins
        if self.journal:
            yield RecordPurchase(replace(self.purchase, state="waiting" if begins else "intended"))


def _submit(
    order: Order, prepared: jobs.Prepared, purchase: Purchase, setup: Setup, patience: Patience, *, journal: bool
) -> Flow[Purchase]:
    """Send the request, and write down what came of it whatever that is."""
    note, rate = None, prepared.route.rate
    wait = Wait(purchase, prepared.waits, journal)
    try:
        if wait.waits:
            prepared, note = yield from _upload(order, prepared, purchase, setup)
            yield from wait.note(begins=False)
        until = find_end(rate, (yield Now()), patience.timeout, prepared.route.deadline)
        sending = jobs.buy(prepared, setup, Waiting(rate, until, wait.note))
        job = yield from count_call(sending, setup.budgets, cost=(purchase.cost, purchase.currency))
    except GeneratorExit:
        raise
    except BaseException as error:
        lost = not (wait.waits or is_free(error, purchase=True))
        found = yield from _lose(error, lost, prepared.route, purchase, setup, journal=journal)
        if found.job is None:
            yield from name_voices(error, prepared, setup)
            raise
        job, note = found.job, found.said
    purchase = _own(purchase, job, note)
    if not journal:
        return purchase
    try:
        return (yield from record(purchase))
    except GeneratorExit:
        raise
    except BaseException as error:  # an interruption in the instant after the payment
        yield from leave(error, purchase, setup)
        raise


def _upload(order: Order, prepared: jobs.Prepared, purchase: Purchase, setup: Setup) -> Flow[tuple[jobs.Prepared, str]]:
    """Give the vendor what is too large for the request, and return what a person should know of it."""
    told: list[str] = []

    def tell(what: str) -> Flow[None]:
        told.append(what)
        if order.listener is not None:
            job = MediaJob(
                purchase.provider, purchase.endpoint, prepared.request.kind, prepared.model, "", prepared.route.name
            )
            yield Tell(order.listener, MediaEvent(purchase.handle or None, job, None, upload=what))

    prepared = yield from jobs.upload(prepared, setup, tell)
    return prepared, f"uploaded {', '.join(told)}"


def _lose(
    error: BaseException, lost: bool, route: MediaRoute, purchase: Purchase, setup: Setup, *, journal: bool
) -> Flow[Found]:
    """Write down that a request failed; the job of one whose answer was lost is looked for at once."""
    if lost:
        name_lost(error, purchase)
    if not journal:
        return Found(None, "")
    state: PurchaseState = "unconfirmed" if lost else "refused"
    left = replace(purchase, state=state, error=str(error)[:500])
    found = Found(None, "")
    if lost and isinstance(error, TransportError):
        yield from record(left)
        found = yield from look_up(left, route, setup)
    if found.job is None:
        yield from record(replace(left, owner=None))
    return found
