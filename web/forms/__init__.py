"""Forms on the web: shown with GOV.UK components, read from what is posted, told back in words."""

from web.forms.beside import beside
from web.forms.page import FileShown, FormPage, asked_now, form_page
from web.forms.posted import Action, FileRefused, Posted, Raw, changed, file_names, file_refs, fill, read, typed
from web.forms.summary import AnswerSection, summary

__all__ = [
    "Action",
    "AnswerSection",
    "FileRefused",
    "FileShown",
    "FormPage",
    "Posted",
    "Raw",
    "asked_now",
    "beside",
    "changed",
    "file_names",
    "file_refs",
    "fill",
    "form_page",
    "read",
    "summary",
    "typed",
]
