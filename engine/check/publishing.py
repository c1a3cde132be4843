"""What `lscp check` refuses is not published."""

from collections.abc import Sequence

from engine.check import check_package
from engine.check.files import FileFinding
from engine.errors import EngineError
from engine.library import Package
from engine.partnership import Partnership


class PackageRefused(EngineError):
    """This process has problems, and was not published."""

    code = "package-refused"
    advice = "Correct what is named and check it with `lscp check`. What was published before stays as it is."

    def __init__(self, key: str, found: Sequence[FileFinding]) -> None:
        count = "one problem" if len(found) == 1 else f"{len(found)} problems"
        said = "\n".join(one.words for one in found)
        super().__init__(f"“{key}” was not published, because it has {count}.\n{said}", findings=tuple(found))
        self.findings = tuple(found)


# What was accepted, among which others, for which partnership. The same content is not checked twice by one program.
_accepted: dict[tuple[str, frozenset[str]], Partnership] = {}
_MOST_ACCEPTED = 1_000


def refuse_problems(package: Package, partnership: Partnership, around: Sequence[Package]) -> None:
    """Raise when the process, among those it may call or hear from, has problems; remarks are none."""
    known = package.digest, frozenset(one.digest for one in around)
    if _accepted.get(known) == partnership:
        return
    problems = [one for one in check_package(package, partnership, around=around) if one.is_error]
    if problems:
        raise PackageRefused(package.key, problems)
    if len(_accepted) >= _MOST_ACCEPTED:
        _accepted.pop(next(iter(_accepted)), None)
    _accepted[known] = partnership
