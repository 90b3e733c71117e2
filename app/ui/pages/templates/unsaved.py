"""Edits that were not saved: kept beside the workspace, sealed, so that no crash and no quitting loses them."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.errors import UserFacingError
from app.models.workspace import Workspace
from app.ui.pages.templates.draft import Draft

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class UnsavedDraft:
    """An edit that was left without saving."""

    draft: Draft
    edited_at: datetime


class UnsavedDrafts:
    """One small file for all templates of a workspace. Its methods may be called from any thread."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._lock = threading.Lock()

    @property
    def path(self) -> Path:
        return self._workspace.beside(".unsaved")

    def get(self, template_id: int) -> UnsavedDraft | None:
        with self._lock:
            stored = self._read().get(str(template_id))
        if stored is None:
            return None
        draft = Draft(stored["mjml"], stored["subject"], stored["preheader"])
        return UnsavedDraft(draft, datetime.fromisoformat(stored["edited_at"]))

    def keep(self, template_id: int, draft: Draft) -> None:
        entry = {**asdict(draft), "edited_at": datetime.now(UTC).isoformat()}
        with self._lock:
            self._write({**self._read(), str(template_id): entry})

    def forget(self, template_id: int) -> None:
        with self._lock:
            entries = self._read()
            if entries.pop(str(template_id), None) is not None:
                self._write(entries)

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            text = self._workspace.key.unseal(self.path.read_bytes())
            entries: dict[str, dict[str, str]] = json.loads(text)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, UserFacingError) as error:
            logger.warning("The unsaved edits in %s cannot be read: %s", self.path, error)
            return {}
        return entries

    def _write(self, entries: dict[str, dict[str, str]]) -> None:
        if not entries:
            self.path.unlink(missing_ok=True)
            return
        partial = self.path.with_suffix(".unsaved-partial")
        try:
            partial.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(self._workspace.key.seal(json.dumps(entries)))
            partial.replace(self.path)
        except OSError as error:
            raise UserFacingError(
                "Your unsaved changes could not be kept.", "Save them before you close the program.", detail=str(error)
            ) from error
