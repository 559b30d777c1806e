"""What is secret, and that it is found however it is written."""

from __future__ import annotations

import html
import json
import re
import shlex
import urllib.parse
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sml_config import CommonConfig, ExperimentConfig, Settings, set_settings
from sml_config.project_settings.secrets import (
    REDACTED,
    Redactor,
    active_redactor,
    is_secret_name,
    redacted_settings,
    secret_values,
)
from sml_config.redaction import (
    SECRET_NAME_PARTS,
    hide_credentials,
    holds_credentials,
    is_searchable,
    redacted,
    searched,
    secrets_in,
)
from sml_config.secret_names import _SECRET_NAME

AWKWARD = "p@ss 'w\"ö\\rd/密码%&<"


def settings_with(passwd: str | None = None, **customized: object) -> Settings:
    common = CommonConfig(MAIN_MACHINE_PASSWD=passwd)
    return Settings(
        common, ExperimentConfig(EXPERIMENT_COMMON_PARAMETERS=dict(customized)), Path("/somewhere")
    )


@pytest.mark.parametrize(
    "name",
    [
        "MAIN_MACHINE_PASSWD",
        "password",
        "DB_PASSWORD",
        "hf_token",
        "hfToken",
        "token2",
        "client-secret",
        "api_key",
        "apiKey",
        "X-API-KEY",
    ],
)
def test_names_that_hold_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    ["passphrase", "private_key", "privateKey", "pwd", "DB_PWD", "credentials", "ssh_pass", "auth",
     "Authorization",
     "http.bearer", "aws_secret_access_key", "access-key", "passwords", "API_KEYS",
     "WANDB_KEY", "hfKey",     "login.pw", "db_密码", "密钥"],
)  # fmt: skip
def test_other_names_that_hold_secrets(name: str) -> None:
    assert is_secret_name(name)
    assert redacted(name, "hunter2-Zebra", Redactor(frozenset())) == REDACTED
    assert list(secrets_in({name: "hunter2-Zebra"})) == ["hunter2-Zebra"]


@pytest.mark.parametrize(
    ("name", "value"), [("auth", "basic"), ("pwd", "/home/me/project"), ("credentials", "~/key.json")]
)
def test_a_word_or_a_path_under_a_name_that_may_mean_both_is_hidden_there_alone(
    name: str, value: str
) -> None:
    assert redacted(name, value, Redactor(frozenset())) == REDACTED
    assert list(secrets_in({name: value})) == []


@pytest.mark.parametrize("name", ["author", "authority", "bypass", "compass", "private", "access", "passes"])
def test_words_that_only_hold_such_a_name(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize("name", ["n_pass", "auth", "token"])
def test_a_number_under_a_name_that_may_mean_a_count_is_shown(name: str) -> None:
    assert redacted(name, 3, Redactor(frozenset())) == 3


SECRET = "s3cr3t-Zebra"


@pytest.mark.parametrize(
    "text",
    [
        f"postgres://u:{SECRET}@host/db", f"see https://me:{SECRET}@git.example/x.git now",
        f"redis://:{SECRET}@h:1", f"Authorization: Bearer {SECRET}", f"Authorization: Basic {SECRET}",
        f"authorization: token {SECRET}", f'password = "{SECRET}"  # of the database',
        f"curl -H 'authorization: bearer {SECRET}'",
        f"python main.py --api_key={SECRET} --lr 1", f"main.py --password {SECRET}",
        f"main.py --hf-token='{SECRET}'",
        f'main.py --db.passphrase "{SECRET} {SECRET}"', f"tool -pwd {SECRET}",
    ],
)  # fmt: skip
def test_what_is_a_secret_by_its_form_is_hidden(text: str) -> None:
    shown = hide_credentials(text)
    assert SECRET not in shown
    assert REDACTED in shown
    assert holds_credentials(text) or " -pwd" in text


@pytest.mark.parametrize(
    "text",
    ["http://host:80/a@b", "https://host/path", "me@host.example", "--lr 0.1 --tokenizer bpe", "a -- b",
     "-----",
     "the bearer of news", "--passes 3", "git@host:path.git", "12:30:00 step 5", "--token -x"],
)  # fmt: skip
def test_what_only_looks_like_it_is_left(text: str) -> None:
    assert hide_credentials(text) == text


def test_the_words_of_a_command_are_hidden_one_by_one() -> None:
    words = ["main.py", "--api_key", SECRET, f"--password={SECRET} x", "--lr", "0.1", f"ftp://a:{SECRET}@h"]
    shown = searched(words, Redactor(frozenset()))
    hidden = [REDACTED, f"--password={REDACTED}", "--lr", "0.1", f"ftp://a:{REDACTED}@h"]
    assert shown == ["main.py", "--api_key", *hidden]


@pytest.mark.parametrize(
    "name", ["tokenizer", "tokens", "secretary", "passwordless", "keyboard", "key", "obs_key", "pwm"]
)
def test_names_that_only_look_like_it(name: str) -> None:
    assert not is_secret_name(name)


@given(st.from_regex(re.compile(_SECRET_NAME.pattern, re.IGNORECASE)))
def test_every_secret_name_has_a_part_that_is_quick_to_look_for(name: str) -> None:
    assert not is_secret_name(name) or any(part in name.lower() for part in SECRET_NAME_PARTS)


@pytest.mark.parametrize("name", ["api", "wandb", "private"])
def test_a_key_is_secret_by_the_name_of_the_object_around_it(name: str) -> None:
    assert redacted("", {name: {"key": SECRET}, "obs": {"key": "image"}}, Redactor(frozenset())) == {
        name: {"key": REDACTED},
        "obs": {"key": "image"},
    }
    assert [*secrets_in({name: {"key": SECRET}})] == [SECRET]


def test_secret_values_are_strings_under_secret_names_at_any_depth() -> None:
    nested = {
        "services": [{"url": "http://x", "token": "tok-123"}],
        "secret": {"a": ["deep-1", True]},
        "max_token": 512,
    }
    assert secret_values(settings_with("hunter22", **nested)) == {"hunter22", "tok-123", "deep-1"}


def test_a_number_is_secret_where_a_password_was_written_without_quotes() -> None:
    settings = settings_with(db={"password": 31415926}, max_token=512, token=[31415927])
    assert secret_values(settings) == {"31415926"}
    assert redacted_settings(settings)["EXPERIMENT_COMMON_PARAMETERS"] == {
        "db": {"password": REDACTED},
        "max_token": 512,
        "token": [31415927],
    }


def test_a_secret_inside_another_kind_of_object_is_hidden_too() -> None:
    shown = redacted_settings(settings_with("hunter22", folder=Path("/data/hunter22"), kinds={"hunter22"}))
    assert "hunter22" not in str(shown)
    assert shown["EXPERIMENT_COMMON_PARAMETERS"]["folder"] == f"/data/{REDACTED}"


def test_redacted_settings_keep_everything_but_the_secrets() -> None:
    customized = {"note": "uses hunter22", "token": "a", "n": 3, "deep": {"api_key": "k"}}
    shown = redacted_settings(settings_with("hunter22", **customized))
    assert shown["MAIN_MACHINE_PASSWD"] == REDACTED
    assert shown["EXPERIMENT_COMMON_PARAMETERS"] == {
        "note": f"uses {REDACTED}",
        "token": REDACTED,
        "n": 3,
        "deep": {"api_key": REDACTED},
    }
    assert shown["BASE_PATH"] == "/somewhere"


def test_repr_of_settings_shows_no_secret() -> None:
    shown = repr(settings_with("hunter22", api_key="sk-12345678"))
    assert "MAIN_MACHINE_PASSWD='<redacted>'" in shown
    assert "hunter22" not in shown
    assert "sk-12345678" not in shown
    assert "12345678" not in repr(Redactor(frozenset({"12345678"})))


@pytest.mark.parametrize(
    "written",
    [
        AWKWARD,
        json.dumps({"x": AWKWARD}),
        json.dumps({"x": AWKWARD}, ensure_ascii=False),
        json.dumps(json.dumps(AWKWARD)),
        yaml.safe_dump({"x": AWKWARD}),
        yaml.safe_dump({"x": AWKWARD}, allow_unicode=True, width=8),
        repr(AWKWARD),
        shlex.join(["--x", AWKWARD]),
        html.escape(AWKWARD),
        urllib.parse.quote(AWKWARD),
        urllib.parse.quote(AWKWARD, safe="").lower(),
        urllib.parse.urlencode({"x": AWKWARD}),
    ],
)
def test_a_secret_is_found_in_every_way_of_writing_it(written: str) -> None:
    redactor = Redactor(frozenset({AWKWARD}))
    assert REDACTED in redactor.text(written)
    assert "密码" not in redactor.text(written)
    data, places = redactor.data(written.encode())
    assert places == 1
    assert "密码".encode() not in data
    assert b"p@ss" not in data
    assert b"p%40ss" not in data


def test_data_counts_the_places_and_leaves_other_bytes() -> None:
    data, places = Redactor(frozenset({"hunter22"})).data(b"\x00\xffhunter22\x00 hunter22\xfe")
    assert (data, places) == (b"\x00\xff<redacted>\x00 <redacted>\xfe", 2)


@pytest.mark.parametrize("value", ["1", "abc", "xxxxxxx", "********", "password", "", "   "])
def test_short_values_and_placeholders_do_not_destroy_text(value: str) -> None:
    text = f"check_password('xxxxxxx') 1 abc ******** {value}"
    assert Redactor(frozenset({value})).text(text) == text


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        ("1234", "1234 0.12345 x1234 pw=1234\\n", f"{REDACTED} 0.12345 x1234 pw={REDACTED}\\n"),
        ("dragon", "dragonfly dragon", f"dragonfly {REDACTED}"),
        ("abc123", "mysql -pabc123", f"mysql -p{REDACTED}"),
        ("hunter", "a\\nhunter", f"a\\n{REDACTED}"),
        ("123456789", "1234567890 123456789", f"1234567890 {REDACTED}"),
    ],
)
def test_short_values_count_only_as_whole_words(value: str, text: str, expected: str) -> None:
    assert Redactor(frozenset({value})).text(text) == expected


def test_of_two_secrets_the_longer_goes_first() -> None:
    assert Redactor(frozenset({"hunter22", "hunter22-and-more"})).text("hunter22-and-more") == REDACTED


def test_every_line_of_a_key_is_secret() -> None:
    key = "-----BEGIN KEY-----\nMIIabcdefgh\nIJKlmnopqr\n-----END KEY-----"
    patch = "\n".join("+" + line for line in key.splitlines())
    assert "IJKlmnopqr" not in Redactor(frozenset({key})).text(patch)


def test_the_active_redactor_follows_the_settings_in_force() -> None:
    set_settings(settings_with("first-secret"))
    before = active_redactor()
    set_settings(settings_with("second-secret"))
    assert before.text("first-secret second-secret") == f"{REDACTED} second-secret"
    assert active_redactor().text("first-secret second-secret") == f"first-secret {REDACTED}"


@given(
    st.text(min_size=8).filter(lambda text: is_searchable(text) and text.strip() not in REDACTED),
    st.text(),
    st.text(),
)
def test_no_long_secret_survives(secret: str, before: str, after: str) -> None:
    redactor = Redactor(frozenset({secret}))
    for written in (f"{before} {secret} {after}", f"{before} {json.dumps(secret)} {after}"):
        assert secret.strip() not in redactor.text(written)


@pytest.mark.parametrize(
    "token",
    [
        "hf_" + "aB3" * 12,
        "ghp_" + "aB3" * 12,
        "github_pat_" + "aB3_" * 12,
        "glpat-" + "aB3-" * 6,
        "AKIA" + "ABCD1234" * 2,
        "AIza" + "aB3_x" * 7,
        "sk-proj-" + "aB3x" * 8,
        "sk_" + "live_" + "aB3x" * 8,
        "xoxb-" + "123456-" * 3 + "abcdef",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
        "wandb_v1_" + "aB3x" * 8,
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEabc\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_a_token_of_a_service_is_hidden_under_any_name(token: str) -> None:
    for text in (token, f"use {token}, please", f"https://{token}@host/x.git", json.dumps({"note": [token]})):
        assert token.partition("\n")[0][4:] not in hide_credentials(text)
        assert holds_credentials(text)
    assert token not in str(redacted("note", {"a": [token], token: 1}, Redactor(frozenset())))


@pytest.mark.parametrize(
    "text",
    [
        f"https://host/x?lr=1&access_token={SECRET}",
        f"https://s3.example/b?X-Amz-Signature={SECRET}",
        "https://hooks.slack.com/services/T0/B0/" + SECRET,
        f"https://discord.com/api/webhooks/123/{SECRET}",
        f"Config(api_key='{SECRET}', lr=0.1)",
        f"Namespace(lr=0.1, hf_token='{SECRET}')",
        str({"api_key": SECRET}),
        json.dumps({"api_key": SECRET}),
        json.dumps(json.dumps({"login": {"password": SECRET}})),
        f"WANDB_API_KEY={SECRET} python main.py",
        f"main.py logger.api_key={SECRET} seed=1",
    ],
)
def test_a_secret_with_its_name_inside_a_text_is_hidden(text: str) -> None:
    assert SECRET not in hide_credentials(text)
    assert REDACTED in hide_credentials(text)
    assert hide_credentials(hide_credentials(text)) == hide_credentials(text)
    assert SECRET not in str(searched([text, 1], Redactor(frozenset())))
    assert holds_credentials(json.dumps({"x": text}))


@pytest.mark.parametrize(
    "text",
    [
        "Config(pool_token='mean', max_token=512)",
        "password=config.password",
        "token = tokenizer.get(3)",
        "api_key=os.environ['KEY2']",
        "auth='basic'",
        "password=None, api_key=''",
        "risk-sensitive-learning-with-A2C",
        "https://host/x?page=2&lr=0.1",
        "/robot/12",
        str({"token": "bos", "lr": 0.1}),
        "hf_small",
        "https://me@host",
        "api_key=${oc.env:KEY1}",
    ],
)
def test_what_only_names_a_secret_or_looks_like_a_token_is_left(text: str) -> None:
    assert hide_credentials(text) == text


def test_the_overrides_of_a_command_are_hidden_by_their_names() -> None:
    words = ["main.py", f"+wandb.api_key={SECRET}", "logger.password=hunter", "pool_token=mean", "seed=3"]
    hidden = [f"+wandb.api_key={REDACTED}", f"logger.password={REDACTED}", "pool_token=mean", "seed=3"]
    assert searched(words, Redactor(frozenset())) == ["main.py", *hidden]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pad_token", "[PAD]"), ("eos_token", "</s>"), ("model.bos_token", "<|begin_of_text|>"),
        ("sepToken", "[SEP]"), ("mask_token", "<extra_id_0>"), ("unk_token", "[unused12]"),
        ("byte_token", "<0x0A>"), ("pad_token_id", "50256"),
        ("token_type", "bpe"), ("token_dim", 64), ("token_dim", "64"), ("secret_size", 16),
        ("secret_size", "16"), ("token_embedding_dim", "128"), ("token_pattern", r"(?u)\b\w\w+\b"),
        ("max_token_length", "512"), ("auth_mode", "basic"), ("token_dropout", "0.1"), ("tokenType", "word"),
        ("password_length", 12), ("pass_rate", "0.5"), ("tokens", "['a', 'b']"), ("tokens", "words"),
    ],
)  # fmt: skip
def test_parameters_of_language_models_are_shown(name: str, value: object) -> None:
    nothing = Redactor(frozenset())
    assert redacted(name, value, nothing) == value
    assert redacted("", {name: [value]}, nothing) == {name: [value]}
    assert list(secrets_in({name: value})) == []
    for words in ([f"--{name}", str(value)], [f"{name}={value}"], [f"--{name}={value}"]):
        assert searched(["main.py", *words], nothing) == ["main.py", *words]
    assert REDACTED not in hide_credentials(f"Config({name}={value!r})")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pad_token", "[hf_" + "aB3" * 12 + "]"), ("token", "[a1B2c3D4e5F6a1B2c3D4]"),
        ("token_type", "hf_" + "aB3" * 12), ("token_type", "4f3c2b1a" * 5), ("tokens", "4f3c2b1a" * 5),
        ("password", "<hunter>"), ("password", "[PAD]"), ("secret_id", "1234"), ("secret_id", 1234),
        ("api_key_id", "ab12"), ("auth", "[basic]"), ("password_2", "abc1"), ("token_dim_secret", "abc1"),
    ],
)  # fmt: skip
def test_what_may_be_a_secret_under_such_a_name_is_hidden(name: str, value: object) -> None:
    assert str(value).strip("[]") not in str(redacted("", {name: [value]}, Redactor(frozenset())))
