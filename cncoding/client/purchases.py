"""What both clients do with purchases: make, look after, list, and serve an agent's tools."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from os import PathLike
from typing import TypeVar

from cncoding.client.journal import Journal
from cncoding.client.media_settings import as_order, as_place
from cncoding.client.secrets import Secrets
from cncoding.client.sources import take_sources
from cncoding.exchange.retry import Flow
from cncoding.media import buying, making, purchases
from cncoding.media.journal import FindPurchases, Purchase, find_purchases
from cncoding.media.orders import Listener, Made, MediaEvent, Order, Place
from cncoding.media.prices import Estimate
from cncoding.media.tools import dispatch
from cncoding.media.tools.arguments import list_arguments, read_call
from cncoding.media.tools.calls import ToolCall, ToolOutcome, ToolSettings, ToolSetup
from cncoding.media.tools.checking import check_settings
from cncoding.media.tools.describing import ToolArgument
from cncoding.media.values import MediaJob, MediaRequest, MediaStatus
from cncoding.notices import show_warning
from cncoding.target import Setup
from cncoding.types import Warned

T = TypeVar("T")


class _Setups:
    _setup: Setup
    _journal: Journal | None

    @property
    def _keys(self) -> Secrets:
        raise NotImplementedError

    @property
    def _media_setup(self) -> Setup:
        raise NotImplementedError

    @property
    def _keeps(self) -> bool:
        return self._journal is not None

    def list_arguments(self, tool: str, settings: ToolSettings | None = None) -> tuple[ToolArgument, ...]:
        """Return what a tool takes, by the rules of the models that may serve it.

        Raises:
            ConfigError: There is no such tool.
        """
        return list_arguments(tool, self._tool_setup(settings or ToolSettings()))

    def check_tools(self, settings: ToolSettings, tools: Iterable[str] | None = None) -> None:
        """Refuse settings with which a tool could do nothing, before it is called.

        Args:
            settings: Of the kit.
            tools: Names of tools; all that the provider has if None.

        Raises:
            ConfigError: A budget or `reuse` has no journal, or no model of a tool takes one of its options.
        """
        setup = self._tool_setup(settings)
        check_settings(dispatch.list_tools(setup) if tools is None else tools, setup)

    def _tool_setup(self, settings: ToolSettings) -> ToolSetup:
        return ToolSetup(self._media_setup, self._setup, settings, self._keeps)


class Purchases(_Setups):
    """Of `Client`."""

    def _run(self, flow: Flow[T]) -> T:
        raise NotImplementedError

    def estimate(self, request: MediaRequest) -> Estimate:
        """Return what a request would cost by the vendor's list, unknown where no price was read; nothing is sent.

        Raises:
            ConfigError: The request cannot be sent, by the page of its model.
        """
        return self._run(making.estimate(request, self._media_setup))

    def make(self, order: MediaRequest | Order, place: Place | str | PathLike[str] | None = None) -> Made:
        """Buy a medium, wait for it and put it in its place, once.

        With a journal the same call (`Order.identity`) goes on where it was left, and buys nothing twice.

        Args:
            order: What to make.
            place: Where to, as a folder or with more to say; None leaves links.

        Raises:
            UnconfirmedPurchaseError: It may have been bought before; nothing was bought now.
            ConfigError, TransportError, ApiError, JobError: As `generate_image`.
        """
        return self._run(making.make_any(as_order(order), as_place(place), self._media_setup, journal=self._keeps))

    def begin(self, order: MediaRequest | Order) -> Purchase:
        """Buy a medium without waiting for it; see `make`."""
        flow = buying.begin(as_order(order), self._media_setup, journal=self._keeps)
        return self._run(flow)[0]

    def check(
        self, handle: str, place: Place | str | PathLike[str] | None = None, listener: Listener | None = None
    ) -> Made | MediaEvent:
        """Ask once how a purchase of the journal stands, and save its result if it is done."""
        return self._run(
            purchases.check_purchase(handle, as_place(place), self._media_setup, listener, journal=self._keeps)
        )

    def cancel_purchase(self, handle: str) -> MediaStatus:
        """Cancel a purchase of the journal at the vendor."""
        return self._run(purchases.cancel_purchase(handle, self._media_setup, journal=self._keeps))

    def resolve_purchase(self, handle: str) -> Purchase:
        """Look for the job of a purchase of unknown outcome in the vendor's list.

        Raises:
            UnconfirmedPurchaseError: The vendor lists none, or several that may be it.
        """
        return self._run(purchases.resolve_purchase(handle, self._media_setup))

    def release_purchase(self, handle: str) -> Purchase:
        """Say that a purchase of unknown outcome may be bought again when its call asks next."""
        return self._run(purchases.release_purchase(handle, self._media_setup))

    def purchases(self, *, states: Iterable[str] = (), since: float | None = None) -> tuple[Purchase, ...]:
        """List the purchases of the journal, newest first."""
        return self._run(find_purchases(FindPurchases(states=tuple(states), since=since)))

    def use_tool(self, call: ToolCall, settings: ToolSettings) -> ToolOutcome:
        """Do what an agent's tool does: make, look after a job, see, search or transcribe."""
        setup = self._tool_setup(settings)
        return _hide_keys(self._run(dispatch.use_tool(_read(call, setup), setup)), self._keys)

    def list_tools(self, settings: ToolSettings | None = None, *, blocking_video: bool = True) -> tuple[str, ...]:
        """Return the names of the tools that the provider has."""
        return dispatch.list_tools(self._tool_setup(settings or ToolSettings()), blocking_video=blocking_video)


class AsyncPurchases(_Setups):
    """Of `AsyncClient`; the methods of `Purchases` say what they mean."""

    async def _run(self, flow: Flow[T]) -> T:
        raise NotImplementedError

    async def estimate(self, request: MediaRequest) -> Estimate:
        """Return what a request would cost; see `Client.estimate`."""
        return await self._run(making.estimate(request, self._media_setup))

    async def make(self, order: MediaRequest | Order, place: Place | str | PathLike[str] | None = None) -> Made:
        """Buy a medium, wait for it and put it in its place, once; see `Client.make`."""
        with _name_left():
            return await self._run(
                making.make_any(as_order(order), as_place(place), self._media_setup, journal=self._keeps)
            )

    async def begin(self, order: MediaRequest | Order) -> Purchase:
        """Buy a medium without waiting for it; see `Client.make`."""
        flow = buying.begin(as_order(order), self._media_setup, journal=self._keeps)
        with _name_left():
            return (await self._run(flow))[0]

    async def check(
        self, handle: str, place: Place | str | PathLike[str] | None = None, listener: Listener | None = None
    ) -> Made | MediaEvent:
        """Ask once how a purchase of the journal stands; see `Client.check`."""
        return await self._run(
            purchases.check_purchase(handle, as_place(place), self._media_setup, listener, journal=self._keeps)
        )

    async def cancel_purchase(self, handle: str) -> MediaStatus:
        """Cancel a purchase of the journal at the vendor."""
        return await self._run(purchases.cancel_purchase(handle, self._media_setup, journal=self._keeps))

    async def resolve_purchase(self, handle: str) -> Purchase:
        """Look for the job of a purchase of unknown outcome in the vendor's list; see `Client.resolve_purchase`."""
        return await self._run(purchases.resolve_purchase(handle, self._media_setup))

    async def release_purchase(self, handle: str) -> Purchase:
        """Say that a purchase of unknown outcome may be bought again when its call asks next."""
        return await self._run(purchases.release_purchase(handle, self._media_setup))

    async def purchases(self, *, states: Iterable[str] = (), since: float | None = None) -> tuple[Purchase, ...]:
        """List the purchases of the journal, newest first."""
        return await self._run(find_purchases(FindPurchases(states=tuple(states), since=since)))

    async def use_tool(self, call: ToolCall, settings: ToolSettings) -> ToolOutcome:
        """Do what an agent's tool does: make, look after a job, see, search or transcribe."""
        setup = self._tool_setup(settings)
        with _name_left():
            return _hide_keys(await self._run(dispatch.use_tool(_read(call, setup), setup)), self._keys)

    def list_tools(self, settings: ToolSettings | None = None, *, blocking_video: bool = True) -> tuple[str, ...]:
        """Return the names of the tools that the provider has."""
        return dispatch.list_tools(self._tool_setup(settings or ToolSettings()), blocking_video=blocking_video)


@contextmanager
def _name_left() -> Iterator[None]:
    """Name a job that goes on although its task was cancelled: event loops and frameworks keep nothing of the error."""
    try:
        yield
    except asyncio.CancelledError as error:
        if (job := error.__dict__.get("left")) is not None:
            known = error.__dict__.get("job")
            why = f"{job} goes on at the vendor, which cannot cancel it, and may be charged"
            if isinstance(known, MediaJob) and known.assets is not None:
                why = f"{job} is made and paid for, and not saved"
            show_warning(Warned("job", f"{why}; check_media_job, or `cncoding job wait {job}`, fetches it"))
        elif (lost := error.__dict__.get("purchase")) is not None:
            why = f"{lost} may have been bought: its request was sent, and the answer was not read"
            show_warning(Warned("job", f"{why}; look with check_media_job, or `cncoding job resolve {lost}`"))
        raise


def _hide_keys(outcome: ToolOutcome, keys: Secrets) -> ToolOutcome:
    """Return what a model is told without the client's key, which a vendor may repeat in what it tells."""
    return replace(outcome, text=keys.scrub_text(outcome.text), artifact=keys.scrub(outcome.artifact, depth=50))


def _read(call: ToolCall, setup: ToolSetup) -> ToolCall:
    """Return a call with its arguments read, those that a program gave as media too."""
    return read_call(replace(call, arguments=take_sources(call.arguments)), setup)
