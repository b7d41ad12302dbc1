"""A shell completes commands, options, what can be chosen and the names of scenarios."""

import shutil
import subprocess

import pytest

from simulation.commands.grammar import COMMANDS
from simulation.commands.main import main


def script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["completion", shell]) == 0
    return capsys.readouterr().out


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("", {*COMMANDS, "--help", "--version"}),
        ("ru", {"run"}),
        ("re", {"report", "resume", "replay"}),
        ("--v", {"--version"}),
        ("run random_s", {"random_selection"}),
        ("compare btp_hyp", {"btp_hyperparameters_focused", "btp_hyperparameters_grid"}),
        ("check surr", {"surrogate"}),
        ("run surrogate --pre", {"--preset"}),
        ("compare surrogate --see", {"--seeds"}),
        ("export x --format pa", {"parquet"}),
        ("studies rem", {"remove"}),
        ("completion f", {"fish"}),
        ("replay random_s", set()),
        ("run --nothing", set()),
    ],
)
def test_bash_offers_what_may_stand_there(words: str, offered: set[str], capsys: pytest.CaptureFixture[str]) -> None:
    typed = ["simulation", *words.split(" ")]
    line = (
        f"{script('bash', capsys)}\nCOMP_WORDS=({' '.join(repr(word) for word in typed)}) COMP_CWORD={len(typed) - 1}\n"
        '_simulation\nprintf "%s\\n" "${COMPREPLY[@]}"\ncomplete -p simulation'
    )
    ended = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
    *found, registered = ended.stdout.splitlines()
    assert {word for word in found if word} == offered and ended.stderr == ""
    assert registered == "complete -o default -F _simulation simulation"


def test_zsh_reads_the_script_of_bash_behind_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    first, _, rest = script("zsh", capsys).partition("\n")
    assert "bashcompinit" in first and rest == script("bash", capsys)


@pytest.mark.parametrize("command", COMMANDS)
def test_fish_is_told_every_command_and_its_options(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    first, *lines = script("fish", capsys).splitlines()
    assert command in first.split("'")[1].split()
    own = [line for line in lines if f"__fish_seen_subcommand_from {command}'" in line]
    assert any("-l help" in line for line in own) and len(own) == len(set(own))
