"""Entry point of the command `sml-launch`; experiment files may call `main` at their end."""

from __future__ import annotations

import sys
import warnings

from sml_config import SmlConfigError
from sml_config.terminal import CLOSED_PIPE, silence_stdout, use_backslashreplace
from sml_launch.command_names import COMMANDS
from sml_launch.errors import CommandLineWarning, SmlLaunchError, StateFileWarning


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, 1 if a task failed, 2 if nothing could be started."""
    words = sys.argv[1:] if arguments is None else arguments
    use_backslashreplace()
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            warnings.simplefilter("default", StateFileWarning)
            warnings.simplefilter("default", CommandLineWarning)
            status = _run(words)
        sys.stdout.flush()
    except (SmlLaunchError, SmlConfigError) as error:
        print(f"sml-launch: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output closed the pipe, such as head.
        silence_stdout()
        return CLOSED_PIPE
    except OSError as error:
        # Such as a read-only folder or a full disk: the error names the file.
        print(f"sml-launch: {error}", file=sys.stderr)
        return 2
    return status


def _run(words: list[str]) -> int:
    """Import only what the command needs: status must be fast."""
    if words and words[0] in COMMANDS:
        from . import commands

        return commands.COMMANDS[words[0]](words[1:])
    from .options import launch

    return launch(words)


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    """Print a warning on one line, like errors."""
    print(f"sml-launch: {message}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
