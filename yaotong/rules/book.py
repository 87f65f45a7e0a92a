"""Find the rules: every `r_*.py` here with a RULE and its page `r_*.md`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from yaotong.errors import ConfigError
from yaotong.rules.lint import expression_faults, failed_import, page_faults
from yaotong.rules.model import Rule
from yaotong.rules.naming import FOLDER as FOLDER
from yaotong.rules.naming import module_name as module_name
from yaotong.rules.proven import is_proven, prove


@lru_cache(maxsize=1)
def book() -> Mapping[str, Rule]:
    """All rules by id, in the order of their ids; ConfigError says what a half-made one lacks."""
    names = sorted(one.name for one in pkgutil.iter_modules([str(FOLDER)]) if one.name.startswith("r_"))
    modules, broken = _imported(names)
    proven = is_proven()
    for name, module in modules.items():
        broken += faults(name, module, FOLDER) or ([] if proven else deep_faults(module.RULE, FOLDER))
    if broken:
        raise ConfigError("规则不完整：" + "；".join(broken))
    if not proven:
        prove()
    rules = [module.RULE for module in modules.values()]
    return {rule.rule_id: rule for rule in sorted(rules, key=lambda one: one.rule_id)}


def _imported(names: Sequence[str]) -> tuple[dict[str, ModuleType], list[str]]:
    """The modules that can be imported, and why the others cannot."""
    found: dict[str, ModuleType] = {}
    broken = []
    for name in names:
        try:
            found[name] = importlib.import_module(f"yaotong.rules.{name}")
        except Exception as error:
            broken.append(failed_import(FOLDER / f"{name}.py", error))
    return found, broken


def deep_faults(rule: Rule, folder: Path) -> list[str]:
    """What a whole-looking rule has wrong in its expression or its page, each with file and line."""
    name = module_name(rule.rule_id)
    return expression_faults(rule, folder / f"{name}.py") + page_faults(rule, folder / f"{name}.md")


def faults(name: str, module: ModuleType, folder: Path) -> list[str]:
    """What a rule's module lacks, one sentence each; [] for a whole one."""
    found = []
    rule = getattr(module, "RULE", None)
    if not isinstance(rule, Rule):
        return [f"{name}.py 缺少 RULE = Rule(…)"]
    if module_name(rule.rule_id) != name:
        found.append(f"{name}.py 里的规则是 {rule.rule_id}，文件名应为 {module_name(rule.rule_id)}.py")
    if not (folder / f"{name}.md").exists():
        found.append(f"{name}.py 缺少说明页 {name}.md")
    if not rule.name_en:
        found.append(f"{name}.py 缺少英文名 name_en")
    for key, clause in rule.clauses.items():
        if not clause.sentence_zh or not clause.sentence_en:
            found.append(f"{name}.py 的款 {key} 缺少中文或英文句子")
    for basis in rule.basis:
        if basis.since is None and not basis.verify:
            found.append(f"{name}.py 的依据“{basis.title_zh}”既无施行日期，也未标待核（verify=True）")
    return found
