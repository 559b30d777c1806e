"""Names of algorithms lose what they share, then their middles, and never become equal."""

from __future__ import annotations

import pytest

from sml_viewer.naming.short_names import (
    LONGEST,
    is_long,
    leaf_names,
    names_with_parameters,
    short_names,
    table_names,
)


@pytest.mark.parametrize(
    ("names", "title", "labels"),
    [
        (["lr=0.1", "lr=0.01"], "lr", ["0.1", "0.01"]),
        (["algo=ppo, lr=0.1", "algo=sac, lr=0.2"], "algo · lr", ["ppo · 0.1", "sac · 0.2"]),
        (["algo=ppo, lr=0.1", "algo=ppo, lr=0.2"], "lr, algo=ppo", ["0.1", "0.2"]),
        (["algo=ppo, lr=null", "algo=sac, lr=0.2"], "algo · lr", ["ppo · –", "sac · 0.2"]),
        (["algo=ppo", "algo=sac, lr=0.2"], "", ["ppo", "sac"]),
        (["algo=ppo, n=8, clip=0.2", "algo=ppo, n=8, clip=0.1", "algo=sac, n=8"], "n=8",
         ["ppo · clip=0.2", "ppo · clip=0.1", "sac"]),
        (["net=[64, 64]", "net=[128, 64]"], "net", ["[64, 64]", "[128, 64]"]),
        (["all runs"], "", ["all runs"]),
        (["lr=0.1"], "", ["lr=0.1"]),
        (["ppo", "sac"], "", ["ppo", "sac"]),
        (["sweep-1", "sweep-2"], "", ["sweep-1", "sweep-2"]),
        (["my own name", "lr=0.1"], "", ["my own name", "lr=0.1"]),
        (
            ["home/user/results/ppo/final_run", "home/user/results/sac/final_run"],
            "home/user/results/…/final_run",
            ["ppo", "sac"],
        ),
        (
            ["a_long_name_with_rate_1e-3", "a_long_name_with_rate_1e-4"],
            "a_long_name_with_rate_…",
            ["1e-3", "1e-4"],
        ),
    ],
)  # fmt: skip
def test_what_all_names_share_is_in_the_title(names: list[str], title: str, labels: list[str]) -> None:
    found = short_names(names)
    assert (found.title, [found.labels[name] for name in names]) == (title, labels)


def test_long_names_lose_their_middle_and_stay_different() -> None:
    names = [f"{'x' * 100}{number}{'y' * 100}" for number in range(40)]
    labels = short_names(names).labels
    assert len(set(labels.values())) == 40
    assert all(len(label) <= LONGEST and "…" in label for label in labels.values())
    assert is_long(names)


def test_names_that_differ_far_inside_are_numbered_where_no_part_tells_them_apart() -> None:
    names = ["".join((a * 90, b * 90, c * 90)) for a in "ab" for b in "cd" for c in "ef"]
    assert len(set(short_names(names, 20).labels.values())) == len(names)


def test_a_table_keeps_names_that_a_column_has_room_for() -> None:
    assert table_names(["lr=0.1", "lr=0.2"]).labels == {"lr=0.1": "lr=0.1", "lr=0.2": "lr=0.2"}
    long = [f"learning_rate_of_the_policy_network={value}, n=1" for value in (0.1, 0.2)]
    assert list(table_names(long).labels.values()) == ["0.1", "0.2"]


def test_labels_differ_where_pairs_of_long_names_are_alike_in_the_middle() -> None:
    starts = ("example/simplest", "test/test_data_root")
    moments = ("20-23-748368", "22-58-846147")
    names = [
        f"folder={start}/log/demo_task/2022/03/01/21-{moment} 11.0.91.89 &env_id=_&learning_rate={rate}&"
        for start in starts
        for moment in moments
        for rate in (0.01, 0.001, 0.0001)
    ]

    labels = short_names(names).labels

    assert len(set(labels.values())) == len(names)


def test_names_that_lack_parameters_of_others_say_which_parameter_a_value_is_of() -> None:
    names = [
        "algo=mlp, workers=4, algo_name=rcsl, net.hidden_dims=[8], env.size=160",
        "algo=mlp, workers=4, algo_name=rcsl, net.hidden_dims=[16], env.size=160",
        "algo_name=qlearning, env.size=160, arch=8",
        "algo_name=qlearning, env.size=128, arch=8",
    ]
    short = short_names(names)
    labels = [
        "rcsl · hidden_dims=[8] · size=160",
        "rcsl · hidden_dims=[16] · size=160",
        "qlearning · size=160",
        "qlearning · size=128",
    ]
    assert list(short.labels.values()) == labels
    assert short.left_out == ("algo=mlp", "workers=4", "arch=8")
    assert (
        list(table_names(names).labels.values()) == list(names_with_parameters(names, 60).values()) == labels
    )


def test_a_parameter_with_one_value_is_kept_if_it_alone_tells_a_name() -> None:
    short = short_names(["lr=0.1", "lr=0.1, decay=true"])
    assert (list(short.labels.values()), short.left_out) == (["lr=0.1", "lr=0.1 · decay=true"], ())
    assert short_names(["algo=ppo, clip=0.2", "lr=0.1", "lr=0.2"]).labels["algo=ppo, clip=0.2"] == "ppo"


def test_a_dotted_parameter_has_its_last_part_as_name_unless_another_ends_in_it() -> None:
    assert leaf_names(["a.b.size", "lr"]) == {"a.b.size": "size", "lr": "lr"}
    assert leaf_names(["a.size", "b.size"]) == {"a.size": "a.size", "b.size": "b.size"}
    assert short_names(["agent.lr=0.1", "agent.lr=0.2"]).title == "lr"


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (
            ["lr=0.0003162277660168, g=0.99", "lr=3.1622776601683795e-05, g=0.99"],
            ["0.000316", "3.16e-05"],
        ),
        (["lr=0.123456789012", "lr=0.123499990123"], ["0.123457", "0.1235"]),
        (["lr=0.12345678901", "lr=0.12345678902"], ["0.12345678901", "0.12345678902"]),
        (["lr=0.1249875", "lr=0.125"], ["0.1249875", "0.125"]),
        (["v1.12345678901.2", "v1.22345678901.2"], ["v1.12345678901.2", "v1.22345678901.2"]),
    ],
)
def test_long_numbers_are_rounded_in_labels_as_far_as_these_differ(
    names: list[str], labels: list[str]
) -> None:
    assert list(short_names(names).labels.values()) == labels
