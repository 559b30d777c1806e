"""The three ways to declare parameters, and the command line over a file over the defaults."""

from __future__ import annotations

import argparse
import contextlib
import copy
import enum
import json
import math
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Literal, Optional

import pytest

from sml_config import ParameterError, ParameterGroup, ParameterTemplate, override, param

CommandLine = Callable[..., None]


class Optimiser(enum.Enum):
    ADAM = "adam"
    SGD = "sgd"


class Schedule(enum.Enum):
    CONSTANT = 1
    COSINE = 2


class Adam(ParameterGroup):
    beta: float = 0.9


class Optimisation(ParameterGroup):
    lr: float = param(1e-3, help="100% of the learning rate")
    betas: tuple[float, float] = (0.9, 0.999)
    adam: Adam


class Base(ParameterTemplate):
    seed: int = 1
    version: ClassVar[int] = 3
    _hidden: int = 0


class Declared(Base):
    env_name: str = param("Hopper-v2", help="name of the environment to run")
    policy_lr: float = param(1, help="learning rate of the policy")
    hidden: list[int] = [256, 256]  # noqa: RUF012  what a user writes; each instance gets its own
    names: tuple[str, ...] = ()
    algorithm: Literal["sac", "td3", 3] = "sac"
    optimiser: Optimiser = Optimiser.ADAM
    schedule: Schedule = Schedule.COSINE
    backing_log: bool = param(True, help="send the log away")
    limit: Optional[int] = None  # noqa: UP045  both forms are declared here
    note: str | None = "a"
    size: int = param(2, choices=[1, 2, 4])
    data: Path = Path("data/set")
    optimisation: Optimisation


class ByParserInit(ParameterTemplate):
    def parser_init(self) -> argparse.ArgumentParser:
        parser = argparse.ArgumentParser()
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--policy_lr", type=float, default="0.5")
        parser.add_argument("--hidden", type=int, nargs="+", default=[1])
        parser.add_argument("--mode", choices=["a", "b"], default="a")
        parser.add_argument("--backing_log", action="store_true")
        parser.add_argument("--note", default=None)
        return parser


class ByParse(ParameterTemplate):
    def __init__(self, config_path: str | None = None, debug: bool = False, silence: bool = False) -> None:
        super().__init__(config_path, debug, silence)
        self.after = True

    def parse(self) -> argparse.Namespace:
        parser = argparse.ArgumentParser()
        self.env_name = "Hopper-v2"
        parser.add_argument("--env_name", type=str, default=self.env_name)
        self.seed = 1
        parser.add_argument("--seed", type=int, default=self.seed)
        return parser.parse_args()


def error_of(capsys: pytest.CaptureFixture[str], kind: type[ParameterTemplate]) -> str:
    """The last lines that a wrong command line prints."""
    with pytest.raises(SystemExit) as caught:
        kind()
    assert caught.value.code == 2
    return capsys.readouterr().err.split("error: ", 1)[1].strip()


def test_declared_defaults_have_the_declared_types(command_line: CommandLine) -> None:
    parameter = Declared()
    assert parameter.make_dict() == {
        "seed": 1,
        "env_name": "Hopper-v2",
        "policy_lr": 1.0,
        "hidden": [256, 256],
        "names": (),
        "algorithm": "sac",
        "optimiser": Optimiser.ADAM,
        "schedule": Schedule.COSINE,
        "backing_log": True,
        "limit": None,
        "note": "a",
        "size": 2,
        "data": Path("data/set"),
        "optimisation.lr": 1e-3,
        "optimisation.betas": (0.9, 0.999),
        "optimisation.adam.beta": 0.9,
    }
    assert type(parameter.policy_lr) is float
    assert parameter.optimisation.adam.beta == 0.9
    assert parameter.version == 3


def test_each_kind_of_declared_parameter_is_taken_from_the_command_line(command_line: CommandLine) -> None:
    words = (
        "--seed 2 --env_name ALE/Pong --policy_lr 3 --hidden 1 2 3 --names a b --algorithm 3 --optimiser sgd"
    )
    more = "--schedule CONSTANT --no-backing_log --limit 5 --note None --size 4 --data /x"
    command_line(*words.split(), *more.split(), "--optimisation.lr", "0.1", "--optimisation.betas", "0", "1")
    parameter = Declared()
    assert parameter.seed == 2
    assert parameter.env_name == "ALE/Pong"
    assert (parameter.policy_lr, type(parameter.policy_lr)) == (3.0, float)
    assert parameter.hidden == [1, 2, 3]
    assert parameter.names == ("a", "b")
    assert parameter.algorithm == 3
    assert parameter.optimiser is Optimiser.SGD
    assert parameter.schedule is Schedule.CONSTANT
    assert parameter.backing_log is False
    assert (parameter.limit, parameter.note) == (5, None)
    assert (parameter.size, parameter.data) == (4, Path("/x"))
    assert (parameter.optimisation.lr, parameter.optimisation.betas) == (0.1, (0.0, 1.0))


def test_two_instances_share_no_list_and_no_group(command_line: CommandLine) -> None:
    first, second = Declared(), Declared()
    first.hidden.append(3)
    first.optimisation.lr = 5.0
    assert second.hidden == [256, 256]
    assert second.optimisation.lr == 1e-3
    assert first.make_dict()["optimisation.lr"] == 5.0


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--seed", "x"], "argument --seed: invalid value 'x'; expected an integer"),
        (
            ["--optimiser", "adm"],
            "argument --optimiser: invalid value 'adm'; expected one of adam, sgd; did you mean adam?",
        ),
        (["--algorithm", "ppo"], "argument --algorithm: invalid value 'ppo'; expected one of sac, td3, 3"),
        (["--size", "3"], "argument --size: invalid value '3'; expected one of 1, 2, 4"),
        (["--limit", "x"], "argument --limit: invalid value 'x'; expected an integer or None"),
        (
            ["--hidden", "1", "x"],
            "argument --hidden: invalid value 'x'; expected an integer",
        ),
        (["--sed", "1"], "unrecognized arguments: --sed 1; did you mean --seed?"),
        (
            ["--optimisation.lrr=1"],
            "unrecognized arguments: --optimisation.lrr=1; did you mean --optimisation.lr?",
        ),
        (
            ["--seed", "1", "True"],
            "unrecognized arguments: True; pass a flag without a value: --name or --no-name",
        ),
    ],
)
def test_a_wrong_word_is_answered_with_what_was_expected(
    command_line: CommandLine, capsys: pytest.CaptureFixture[str], words: list[str], error: str
) -> None:
    command_line(*words)
    assert error_of(capsys, Declared) == error


def test_help_shows_every_parameter_with_help_and_default(
    command_line: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    command_line("--help")
    with pytest.raises(SystemExit) as caught:
        Declared()
    assert caught.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "--env_name ENV_NAME name of the environment to run (default: Hopper-v2)" in shown
    assert "--optimisation.lr OPTIMISATION.LR 100% of the learning rate (default: 0.001)" in shown
    assert "--backing_log, --no-backing_log send the log away (default: True)" in shown
    assert "--optimiser {adam,sgd} (default: adam)" in shown
    assert (
        "--config FILE read parameters from a YAML or JSON file; the command line takes precedence" in shown
    )


def test_a_parameter_without_default_must_be_given(
    command_line: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    class Needs(ParameterTemplate):
        lr: float
        env: str = param(help="environment")

    command_line("--lr", "1")
    assert error_of(capsys, Needs) == "the following arguments are required: --env"
    command_line("--lr", "1", "--env", "x")
    assert Needs().make_dict() == {"lr": 1.0, "env": "x"}
    with pytest.raises(ParameterError) as caught:
        Needs.from_dict({"lr": 1})
    assert str(caught.value) == (
        "config_data: no value for env, which has no default; add a value or a default"
    )


def test_parser_init_and_declared_parameters_go_together(command_line: CommandLine) -> None:
    class Both(ByParserInit):
        extra: int = 7

    class Added(ParameterTemplate):
        extra: int = 7

        def parser_init(self) -> argparse.ArgumentParser:
            parser = super().parser_init()
            parser.add_argument("--more", type=int, default=8)
            return parser

    command_line("--extra", "9", "--seed", "3")
    assert (Both().extra, Both().make_dict()["seed"]) == (9, 3)
    command_line("--more", "9")
    assert Added().make_dict() == {"extra": 7, "more": 9}


def test_the_tutorials_parse_sets_attributes_and_runs_the_subclasses_init(command_line: CommandLine) -> None:
    command_line("--seed", "7")
    parameter = ByParse(debug=True)
    assert (parameter.seed, parameter.env_name, parameter.after) == (7, "Hopper-v2", True)
    assert parameter.arg_names == ["env_name", "seed"]
    assert ByParse.from_dict({"seed": 9}, silence=True).seed == 9


@pytest.mark.parametrize("ending", ["yaml", "json"])
@pytest.mark.parametrize("kind", [Declared, ByParserInit])
def test_the_command_line_wins_over_a_file_over_the_defaults(
    command_line: CommandLine, tmp_path: Path, kind: type[ParameterTemplate], ending: str
) -> None:
    file = tmp_path / f"run.{ending}"
    file.write_text(
        '{"seed": 5, "policy_lr": 2, "hidden": [8], "backing_log": true, "note": null}', encoding="utf-8"
    )
    command_line("--config", str(file), "--seed", "6")
    values = kind().make_dict()
    assert (values["seed"], values["policy_lr"], values["hidden"]) == (6, 2.0, [8])
    assert (type(values["policy_lr"]), values["backing_log"], values["note"]) == (float, True, None)
    assert "config" not in str(list(values))
    command_line(f"--config={file}")
    assert kind().make_dict()["seed"] == 5


def test_a_word_in_a_file_that_may_be_text_or_a_boolean_is_one_warning(
    command_line: CommandLine, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    file = tmp_path / "run.yaml"
    file.write_text("backing_log: off\n", encoding="utf-8")
    command_line("--config", str(file))
    assert Declared().make_dict()["backing_log"] is False
    assert not recwarn.list
    file.write_text("note: NO\n", encoding="utf-8")
    with contextlib.suppress(SystemExit, ParameterError):  # where a text is wanted it is a fault, too
        Declared()
    (warning,) = recwarn.list
    assert f"{file}:1: NO is false in YAML 1.1" in str(warning.message)


def test_a_file_fills_nested_groups(command_line: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(
        "optimisation:\n  lr: 1e-2\n  adam: {beta: 0}\noptimiser: sgd\nalgorithm: 3\n", encoding="utf-8"
    )
    command_line("--config", str(file))
    parameter = Declared()
    assert (parameter.optimisation.lr, parameter.optimisation.adam.beta) == (0.01, 0.0)
    assert (parameter.optimiser, parameter.algorithm) == (Optimiser.SGD, 3)


def test_a_file_satisfies_what_is_required(command_line: CommandLine, tmp_path: Path) -> None:
    class Needs(ParameterTemplate):
        lr: float

    file = tmp_path / "run.yaml"
    file.write_text("lr: 2\n", encoding="utf-8")
    command_line("--config", str(file))
    assert Needs().lr == 2.0


def test_all_faults_of_a_file_end_the_program_with_one_message(
    command_line: CommandLine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "run.yaml"
    file.write_text("sed: 1\nhidden: 3\nmode: c\npolicy_lr: true\nbacking_log: 1\nzzz: 1\n", encoding="utf-8")
    command_line("--config", str(file))
    assert error_of(capsys, ByParserInit).split("\n  ") == [
        "--config:",
        f"{file}:1: sed: unknown parameter; did you mean seed?",
        f"{file}:2: hidden: invalid value 3; expected a list, each an integer",
        f"{file}:3: mode: invalid value 'c'; expected one of a, b",
        f"{file}:4: policy_lr: invalid value True; expected a number",
        f"{file}:5: backing_log: invalid value 1; expected true or false",
        f"{file}:6: zzz: unknown parameter; expected one of seed, policy_lr, hidden, mode, backing_log, note",
    ]
    command_line("--config", str(tmp_path / "absent.yaml"))
    assert "absent.yaml: no such file" in error_of(capsys, ByParse)
    file.write_text("optimisation:\n  lr: fast\n  rl: 1\nlimit: x\n", encoding="utf-8")
    command_line("--config", str(file))
    assert error_of(capsys, Declared).split("\n  ")[1:] == [
        f"{file}:2: optimisation.lr: invalid value 'fast'; expected a number",
        f"{file}:3: optimisation.rl: unknown parameter; did you mean optimisation.lr?",
        f"{file}:4: limit: invalid value 'x'; expected an integer or None",
    ]


def test_a_script_keeps_a_config_argument_of_its_own(command_line: CommandLine) -> None:
    class Own(ParameterTemplate):
        def parse(self) -> argparse.Namespace:
            parser = argparse.ArgumentParser()
            parser.add_argument("--config", default="theirs")
            return parser.parse_args()

    command_line("--config", "x")
    assert Own().make_dict() == {"config": "x"}


def test_parsing_in_two_stages_and_subcommands_work(command_line: CommandLine, tmp_path: Path) -> None:
    class Stages(ParameterTemplate):
        def parse(self) -> argparse.Namespace:
            first = argparse.ArgumentParser(add_help=False)
            first.add_argument("--algo", default="a")
            known, rest = first.parse_known_args()
            second = argparse.ArgumentParser()
            second.add_argument("--lr", type=float, default=1.0)
            commands = second.add_subparsers(dest="command")
            commands.add_parser("train").add_argument("--steps", type=int, default=1)
            return second.parse_args(rest, namespace=known)

    file = tmp_path / "run.yaml"
    file.write_text("lr: 3\nalgo: b\n", encoding="utf-8")
    command_line("--config", str(file), "train", "--steps", "4")
    assert Stages().make_dict() == {"algo": "b", "lr": 3.0, "command": "train", "steps": 4}


def test_a_class_with_a_parser_of_its_own_may_annotate_anything(command_line: CommandLine) -> None:
    class Annotated(ByParse):
        seed: int
        logger: Callable[..., None] | dict[str, object]

        def parse(self) -> argparse.Namespace:
            namespace = super().parse()
            namespace.more = 1
            return namespace

    command_line("--seed", "4")
    assert Annotated().make_dict() == {"env_name": "Hopper-v2", "seed": 4, "more": 1}


def test_a_shortened_config_option_is_refused_instead_of_ignored(
    command_line: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    command_line("--conf", "x.yaml")
    assert error_of(capsys, ByParse) == "--config cannot be abbreviated; write it in full"


def test_a_file_fills_arguments_of_every_action(command_line: CommandLine, tmp_path: Path) -> None:
    class Actions(ParameterTemplate):
        def parser_init(self) -> argparse.ArgumentParser:
            parser = argparse.ArgumentParser()
            parser.add_argument("--tags", action="append", default=[])
            parser.add_argument("--maybe", nargs="?", type=int)
            parser.add_argument("--pair", nargs=2, type=float, default=[0.0, 0.0])
            parser.add_argument("--table", type=json.loads, default={})
            parser.add_argument("--bool", type=lambda text: text == "True", default=False)
            parser.add_argument("-v", action="count", default=0)
            return parser

    file = tmp_path / "run.yaml"
    file.write_text(
        "tags: [a, b]\nmaybe: 3\npair: [1, 2]\ntable: {a: [1]}\nbool: true\nv: 2\n", encoding="utf-8"
    )
    command_line("--config", str(file))
    assert Actions().make_dict() == {
        "tags": ["a", "b"],
        "maybe": 3,
        "pair": [1.0, 2.0],
        "table": {"a": [1]},
        "bool": True,
        "v": 2,
    }


def test_parameters_go_to_other_processes_and_are_copied(command_line: CommandLine) -> None:
    command_line("--seed", "4", "--optimiser", "sgd", "--optimisation.lr", "0.5")
    parameter = Declared()
    parameter.set_logger(lambda _: None)
    for other in (pickle.loads(pickle.dumps(parameter)), copy.deepcopy(parameter)):  # noqa: S301  our own
        assert other.make_dict() == parameter.make_dict()
        assert other.signature == parameter.signature
        assert other.optimisation.lr == 0.5


def test_parsers_outside_of_parse_are_left_alone(command_line: CommandLine) -> None:
    before = argparse.ArgumentParser.parse_known_args
    Declared()
    assert argparse.ArgumentParser.parse_known_args is before
    parser = argparse.ArgumentParser()
    with pytest.raises(SystemExit):
        parser.parse_args(["--config", "x"])


@pytest.mark.parametrize(
    ("annotation", "default", "error"),
    [
        (int, "a", "parameter x: invalid default 'a'; expected an integer"),
        (list, [], "parameter x: missing element type; write e.g. list[int]"),
        (tuple[int, str], (1, "a"), "parameter x: the elements of tuple[int, str] must have the same type"),
        (int | str, 1, "parameter x: unsupported type int | str; expected one type, optionally `| None`"),
        (
            dict[str, int],
            {},
            "parameter x: unsupported type dict[str, int]; expected str, int, float, bool, Path, "
            "Literal, an Enum, a list or tuple of these, or a ParameterGroup; "
            "for an attribute that is not a parameter, use a name with _ or ClassVar",
        ),
        (Literal["a"], "b", "parameter x: invalid default 'b'; expected one of a"),
        (
            tuple[int, int],
            (1,),
            "parameter x: invalid default (1,); expected a list of 2 values, each an integer",
        ),
    ],
)
def test_what_cannot_be_declared_is_an_error_that_names_the_parameter(
    command_line: CommandLine, annotation: Any, default: Any, error: str
) -> None:
    kind = type("Wrong", (ParameterTemplate,), {"__annotations__": {"x": annotation}, "x": default})
    with pytest.raises(ParameterError) as caught:
        kind()
    assert str(caught.value) == error


@pytest.mark.parametrize("name", ["suffix", "short_name", "parse", "arg_names", "config_path"])
def test_a_name_that_the_template_uses_is_refused(command_line: CommandLine, name: str) -> None:
    class Taken(ParameterTemplate):
        def parser_init(self) -> argparse.ArgumentParser:
            parser = argparse.ArgumentParser()
            parser.add_argument(f"--{name}", default="x")
            return parser

    with pytest.raises(ParameterError) as caught:
        Taken()
    assert str(caught.value) == f"parameter {name}: the name is used by ParameterTemplate; choose another"


def test_a_parameter_named_help_is_refused(command_line: CommandLine) -> None:
    class Taken(ParameterTemplate):
        help: int = 1

    with pytest.raises(
        ParameterError, match=r"^parameter help: the name is reserved for --help; choose another$"
    ):
        Taken()


def test_a_parameter_without_a_type_is_refused(command_line: CommandLine) -> None:
    class Untyped(ParameterTemplate):
        seed: int = 1
        lr = param(1e-3)

    with pytest.raises(ParameterError, match=r"^parameter lr: missing type; write `lr: float = param\(…\)`$"):
        Untyped()


def test_a_class_without_parameters_says_how_to_declare_them(command_line: CommandLine) -> None:
    class Empty(ParameterTemplate):
        pass

    class Forgot(ParameterTemplate):
        def parse(self) -> Any:
            argparse.ArgumentParser().parse_args()

    with pytest.raises(
        ParameterError, match=r"Empty declares no parameters; add annotated attributes, parser_init"
    ):
        Empty()
    with pytest.raises(ParameterError, match=r"Forgot.parse must return parser.parse_args\(\)"):
        Forgot()


def test_negative_numbers_are_values_however_they_are_written(command_line: CommandLine) -> None:
    command_line("--optimisation.lr", "-1e-05", "--optimisation.betas", "-.5", "-inf")
    parameter = Declared()
    assert (parameter.optimisation.lr, parameter.optimisation.betas) == (-1e-05, (-0.5, -math.inf))


class WithTypeBool(ParameterTemplate):
    def parser_init(self) -> argparse.ArgumentParser:
        parser = argparse.ArgumentParser()
        parser.add_argument("--backing_log", type=bool, default=True)
        return parser


@pytest.mark.parametrize(
    ("word", "value"),
    [("False", False), ("false", False), ("0", False), ("", False), ("True", True), ("1", True)],
)
def test_the_word_false_is_false_for_an_argument_of_type_bool(
    command_line: CommandLine, tmp_path: Path, word: str, value: bool
) -> None:
    command_line("--backing_log", word)
    assert vars(WithTypeBool())["backing_log"] is value
    file = tmp_path / "more.yaml"
    file.write_text(f"backing_log: {str(value).lower()}\n")
    command_line("--config", str(file))
    assert vars(WithTypeBool())["backing_log"] is value


def test_another_word_is_an_error_for_an_argument_of_type_bool(
    command_line: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    command_line("--backing_log", "flase")
    assert error_of(capsys, WithTypeBool).endswith(
        "argument --backing_log: invalid value 'flase'; expected true or false"
    )


def test_a_value_in_the_place_of_a_group_is_answered_with_the_groups_parameters(
    command_line: CommandLine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = "expected a mapping for optimisation.lr, optimisation.betas, optimisation.adam.beta"
    file = tmp_path / "wrong.yaml"
    file.write_text("optimisation: 3\n")
    command_line("--config", str(file))
    assert error_of(capsys, Declared).endswith(f"{file}:1: optimisation: invalid value 3; {expected}")
    with pytest.raises(
        ParameterError, match="^config_data: parameter optimisation: invalid value 3; " + expected
    ):
        Declared.from_dict({"optimisation": 3})


def test_a_parameter_given_dotted_and_nested_is_given_twice(
    command_line: CommandLine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "twice.yaml"
    file.write_text("optimisation.lr: 3\noptimisation:\n  lr: 4\n")
    command_line("--config", str(file))
    assert f"{file}:3: optimisation.lr: given twice, first in line 1" in error_of(capsys, Declared)


def test_a_mistyped_secret_is_not_repeated(
    command_line: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    with override(MAIN_MACHINE_PASSWD="planted-5566"):
        command_line("--seed", "planted-5566")
        assert "argument --seed: invalid value '<redacted>'; expected an integer" in error_of(
            capsys, Declared
        )


def test_a_parameter_file_that_is_not_there_is_named(
    command_line: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    command_line("--config", "absent.yaml")
    assert error_of(capsys, Declared).endswith("absent.yaml: no such file; correct the path")


def test_a_fault_within_a_group_has_its_own_line(
    command_line: CommandLine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "nested.yaml"
    file.write_text("seed: 1\noptimisation:\n  lr: x\n\n  adam:\n    betta: 1\n")
    command_line("--config", str(file))
    error = error_of(capsys, Declared)
    assert f"{file}:3: optimisation.lr: invalid value 'x'; expected a number" in error
    assert f"{file}:6: optimisation.adam.betta: unknown parameter; did you mean" in error
