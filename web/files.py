"""Files of a form: taken in, named on pages, handed out."""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from engine.commands.keep_attachment import AttachmentRefused, keep_attachment
from engine.forms.answers import Path
from engine.queries.attachments import attachment_names
from engine.types import Participant
from web.edge import person_id, runtime
from web.forms import FileRefused, FileShown
from web.forms.posted import KeepFile
from web.scanning import Verdict, verdict


def keeper(session: Session, work_item_id: UUID | None, *, by: Participant) -> KeepFile:
    def keep(_path: Path, upload: FileStorage) -> str:
        found = verdict(upload)
        if found is not Verdict.CLEAN:
            raise FileRefused(found)
        content = upload.stream.read(runtime().settings.attachment_limit + 1)
        try:
            made = keep_attachment(
                session,
                upload.filename or "file",
                content,
                case_id=None,
                by=by,
                now=runtime().now(),
                work_item_id=work_item_id,
            )
        except AttachmentRefused as refused:
            raise FileRefused(refused.message) from refused
        return str(made.id)

    return keep


def namer(session: Session, case_id: UUID | None) -> Callable[[str], FileShown]:
    def name(ref: str) -> FileShown:
        found = attachment_names(session, [ref], case_id, of=person_id()).get(ref)
        if found is None:
            return FileShown(ref, "A file that is not there any more")
        return FileShown(ref, found.name, found.about, f"/attachments/{ref}" if case_id else None)

    return name
