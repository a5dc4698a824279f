# SPDX-License-Identifier: Apache-2.0
"""The check of the values of all options: oslo.config checks a value only when it is first read."""

from oslo_config import cfg, types

DEFAULT = "DEFAULT"


def check(conf: cfg.ConfigOpts) -> None:
    """Check the value of every registered option.

    :raises oslo_config.cfg.Error: a value is not valid; the error names the group and the option
    """
    for name in conf:
        if name in conf._groups:  # noqa: SLF001 - oslo.config has no public list of the groups
            check_group(conf, name)
        else:
            _check_value(conf, None, name)


def check_group(conf: cfg.ConfigOpts, group: str) -> None:
    """Check the value of every registered option of a group.

    :raises oslo_config.cfg.Error: a value is not valid; the error names the group and the option
    """
    for name in conf[group]:
        _check_value(conf, group, name)


def _check_value(conf: cfg.ConfigOpts, group: str | None, name: str) -> None:
    opt: cfg.Opt = conf._get_opt_info(name, group)["opt"]  # noqa: SLF001 - there is no public way
    try:
        value = (conf if group is None else conf[group])[name]
    except (cfg.NoSuchOptError, cfg.NoSuchGroupError, cfg.TemplateSubstitutionError) as error:
        # Without the word itself: it can be a part of a password.
        raise _wrong(
            group, name, "the word after a $ is not the name of an option: write $$ for a $"
        ) from error
    except cfg.Error as error:
        raise _wrong(group, name, str(error)) from error
    if value is None and opt.default is not None and isinstance(opt.type, types.Number):
        raise _wrong(
            group, name, f"it is empty: set a number, or remove it for the default {opt.default}"
        )


def _wrong(group: str | None, name: str, problem: str) -> cfg.ConfigFileValueError:
    return cfg.ConfigFileValueError(f"[{group or DEFAULT}] {name}: {problem}")
