import ast
from collections.abc import Iterator

from django.apps import apps
from django.db.models import Model
from django.db.models.fields.related import RelatedField

from payouts import models as payouts_models
from payouts.models import books
from tests.services import ROOT

LINE = ["network", "advertisers", "publishers", "tracking", "payouts", "reporting"]


def relations() -> Iterator[tuple["RelatedField[Model, Model]", str, str]]:
    for model in apps.get_models():
        app = model._meta.app_label
        for field in [*model._meta.get_fields(), *model._meta.private_fields]:
            if isinstance(field, RelatedField) and app in LINE:
                yield field, app, field.related_model._meta.app_label


def test_relations_point_left() -> None:
    wrong = [str(field) for field, app, to in relations() if to in LINE and LINE.index(to) > LINE.index(app)]
    assert wrong == []


def test_relations_across_apps_leave_no_attribute_on_the_other_side() -> None:
    assert [
        str(field)
        for field, app, to in relations()
        if to in LINE and to != app and field.remote_field.related_name != "+"
    ] == []


def test_the_books_are_not_handed_out_by_their_package() -> None:
    tables = {value for value in vars(books).values() if isinstance(value, type) and issubclass(value, Model)}
    assert len(tables) > 2
    assert tables.isdisjoint(value for value in vars(payouts_models).values() if isinstance(value, type))


type Functions = dict[str, ast.FunctionDef]


def functions(source: str) -> Functions:
    return {node.name: node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)}


def silent_actions(source: str) -> list[str]:
    """The writes of STYLE 7, a keyword-only `by` in one database transaction, that leave no audit entry."""
    found = functions(source)
    return [name for name, node in found.items() if _is_action(node) and not _leaves_a_trace(node, found)]


def _is_action(node: ast.FunctionDef) -> bool:
    takes_by = any(argument.arg == "by" for argument in node.args.kwonlyargs)
    return takes_by and any("atomic" in ast.unparse(decorator) for decorator in node.decorator_list)


def _leaves_a_trace(node: ast.FunctionDef, module: Functions) -> bool:
    """It records an audit entry, or hands `by` to another action, or to a function beside it that records."""
    for call in (part for part in ast.walk(node) if isinstance(part, ast.Call)):
        name = ast.unparse(call.func)
        if name == "audit.record":
            return True
        handed = [*call.args, *(keyword.value for keyword in call.keywords)]
        if not any(isinstance(value, ast.Name) and value.id == "by" for value in handed):
            continue
        if name not in module or (name != node.name and _leaves_a_trace(module[name], module)):
            return True
    return False


def test_every_action_leaves_an_audit_entry() -> None:
    paths = [path for app in LINE for path in sorted((ROOT / app).rglob("*.py"))]
    assert sum(_is_action(node) for path in paths for node in functions(path.read_text()).values()) > 10
    silent = {str(path.relative_to(ROOT)): silent_actions(path.read_text()) for path in paths}
    assert {path: names for path, names in silent.items() if names} == {}


def test_an_action_without_an_audit_entry_is_noticed() -> None:
    source = """
@transaction.atomic
def pause(campaign, *, by):
    _save(campaign, by)
def _save(campaign, by):
    campaign.save()
"""
    assert silent_actions(source) == ["pause"]
    assert silent_actions(source + "    audit.record(by, 'campaign.paused', campaign)\n") == []
