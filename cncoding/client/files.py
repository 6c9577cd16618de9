"""The methods of both clients for files that the vendor keeps."""

from __future__ import annotations

from typing import TypeVar

from cncoding.client.sources import Source, as_media
from cncoding.errors import ConfigError
from cncoding.exchange.retry import Flow
from cncoding.media import uploads
from cncoding.media.file_routes import VendorFile
from cncoding.target import Setup

T = TypeVar("T")


class FileFacts:
    """What both clients know about files without I/O."""

    _setup: Setup

    @property
    def _media_setup(self) -> Setup:
        raise NotImplementedError

    def can_upload(self) -> bool:
        """Tell whether the provider keeps files for requests."""
        return self._setup.target.provider.files is not None

    def file_purposes(self) -> tuple[str, ...]:
        """Return what a file may be for; none where it belongs to a model instead."""
        route = self._setup.target.provider.files
        return () if route is None else tuple(route.purposes)

    def _file(self, file: VendorFile | str, purpose: str | None) -> VendorFile:
        if isinstance(file, VendorFile):
            if file.provider != self._setup.target.provider.id:
                raise ConfigError(
                    f"file: {file.provider} keeps it, this client talks to {self._setup.target.provider.id}"
                )
            return file
        if not isinstance(file, str) or not file:
            raise ConfigError("file: give the file that upload_file() or list_files() returned, or its id")
        return VendorFile(file, "", self._setup.target.provider.id, purpose)


class Files(FileFacts):
    """Of `Client`."""

    def _run(self, flow: Flow[T]) -> T:
        raise NotImplementedError

    def upload_file(self, file: Source, *, purpose: str | None = None, model: str | None = None) -> VendorFile:
        """Give a file to the vendor, to be named in requests: it leaves this machine and is kept for a while.

        It costs nothing. A path is read while it is sent; large files are never in memory.

        Args:
            file: A path, bytes or an open file.
            purpose: What it is for, by the vendor's word: see `file_purposes()`. Not for Qwen.
            model: The model that will be given it, for Qwen alone; it takes no other model's files.

        Returns:
            The file; `images=[file]` and the like take it.

        Raises:
            ConfigError: The vendor keeps no files, or takes none like this; nothing was sent.
            TransportError, ApiError, ProtocolError: It failed.
        """
        return self._run(uploads.upload(as_media(file, "file"), self._media_setup, purpose=purpose, model=model))

    def list_files(self, purpose: str | None = None) -> tuple[VendorFile, ...]:
        """List the files that the vendor keeps for this key.

        Raises:
            ConfigError: The vendor does not tell (Qwen).
        """
        return self._run(uploads.list_files(self._media_setup, purpose))

    def delete_file(self, file: VendorFile | str, *, purpose: str | None = None) -> None:
        """Let the vendor forget a file; MiniMax wants the purpose beside an id.

        Raises:
            ConfigError: The vendor has no way to (Qwen forgets by itself).
        """
        self._run(uploads.delete_file(self._file(file, purpose), self._media_setup))

    def read_file(self, file: VendorFile | str) -> bytes:
        """Return the bytes of a file that the vendor keeps.

        Raises:
            ConfigError: The vendor gives none back (Qwen).
        """
        return self._run(uploads.read_file(self._file(file, None), self._media_setup))


class AsyncFiles(FileFacts):
    """Of `AsyncClient`; the methods of `Files` say what they mean."""

    async def _run(self, flow: Flow[T]) -> T:
        raise NotImplementedError

    async def upload_file(self, file: Source, *, purpose: str | None = None, model: str | None = None) -> VendorFile:
        """Give a file to the vendor, to be named in requests; see `Client.upload_file`."""
        return await self._run(uploads.upload(as_media(file, "file"), self._media_setup, purpose=purpose, model=model))

    async def list_files(self, purpose: str | None = None) -> tuple[VendorFile, ...]:
        """List the files that the vendor keeps for this key; see `Client.list_files`."""
        return await self._run(uploads.list_files(self._media_setup, purpose))

    async def delete_file(self, file: VendorFile | str, *, purpose: str | None = None) -> None:
        """Let the vendor forget a file; see `Client.delete_file`."""
        await self._run(uploads.delete_file(self._file(file, purpose), self._media_setup))

    async def read_file(self, file: VendorFile | str) -> bytes:
        """Return the bytes of a file that the vendor keeps; see `Client.read_file`."""
        return await self._run(uploads.read_file(self._file(file, None), self._media_setup))
