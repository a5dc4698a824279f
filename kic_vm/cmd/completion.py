# SPDX-License-Identifier: Apache-2.0
"""A script that lets bash complete the commands of the gateway."""

import argparse
import io
import re
import shlex
from collections.abc import Iterator
from typing import Final

from oslo_config import cfg

_OPTION: Final = re.compile(r"(?<![\w-])--[a-z][\w-]*")
_CASE: Final = '        {path}) COMPREPLY=($(compgen -W "{words}" -- "$word")){end}'
_FUNCTION: Final = """\
{name}() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}" path="" part
    case "$before" in
        --config-file|--log-file|--log-config-append) COMPREPLY=($(compgen -f -- "$word")); return;;
        --config-dir|--log-dir) COMPREPLY=($(compgen -d -- "$word")); return;;
    esac
    for part in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case "$path $part" in
            {paths}) path+=" $part";;
        esac
    done
    case "$path $before" in
{choices}
    esac
    case "$path" in
{words}
    esac
}}
complete -o default -F {name} {command}
"""


def script_of_parser(parser: argparse.ArgumentParser) -> str:
    """The part of the script for a command with subcommands."""
    nodes = dict(_nodes(parser, ""))
    choices = [
        (f"{path} {option}", " ".join(map(str, action.choices)))
        for path, node in nodes.items()
        for action in _actions(node)
        for option in action.option_strings
        if action.choices
    ]
    words = [
        (path, " ".join([*_subcommands(node), *_options(node)])) for path, node in nodes.items()
    ]
    return _function(parser.prog, words, choices)


def script_of_options(command: str, conf: cfg.ConfigOpts, *more: str) -> str:
    """The part of the script for a command that has oslo.config's options.

    :param more: options of the command itself
    """
    text = io.StringIO()
    conf.print_help(text)
    options = sorted({*_OPTION.findall(text.getvalue()), *more})
    return _function(command, [("", " ".join(options))], [])


def _function(command: str, words: list[tuple[str, str]], choices: list[tuple[str, str]]) -> str:
    paths = "|".join(shlex.quote(path) for path, _words in words if path)
    return _FUNCTION.format(
        name=f"_{command.replace('-', '_')}",
        command=command,
        paths=paths or "''",
        choices="\n".join(_case(path, listed, "; return;;") for path, listed in choices),
        words="\n".join(_case(path, listed, ";;") for path, listed in words),
    )


def _case(path: str, words: str, end: str) -> str:
    return _CASE.format(path=shlex.quote(path), words=words, end=end)


def _nodes(
    parser: argparse.ArgumentParser, path: str
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Each (sub)parser by the words that lead to it."""
    yield path, parser
    for name, inner in _subcommands(parser).items():
        yield from _nodes(inner, f"{path} {name}")


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return parser._actions  # noqa: SLF001 - argparse has no public list


def _subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    return {
        name: inner
        for action in _actions(parser)
        if isinstance(action, argparse._SubParsersAction)  # noqa: SLF001
        for name, inner in action.choices.items()
    }


def _options(parser: argparse.ArgumentParser) -> list[str]:
    own = [option for action in _actions(parser) for option in action.option_strings]
    everywhere = {"--config-file", "--config-dir"}
    return sorted({option for option in own if option.startswith("--")} | everywhere)
