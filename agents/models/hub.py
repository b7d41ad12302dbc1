"""A model's name on the Hub: what of it lies in the library's cache is read from there, else it is asked for, briefly.

The library itself asks for every file five times over, so a name that nobody answers to would take half a minute.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from agents.models.files.headers import weights
from agents.models.files.model_folder import check_folder
from agents.models.files.tokens import FILES
from simulation.core.errors import MissingExtra, ModelError
from simulation.core.patience import answered_within

PATIENCE_SECONDS = 4.0
_OFFLINE = "`check --offline` only lists such names"


def check_hub(name: str, architectures: Sequence[str]) -> None:
    """Refuse a name that nobody answers to in `PATIENCE_SECONDS`, or of which a broken model lies in the cache."""
    if folder := snapshot(name):
        check_folder(Path(folder), architectures)
    elif reason := refusal(name):
        raise ModelError(f"model {name!r} on the Hub: {reason}")


def snapshot(name: str) -> str | None:
    """Return the folder of the cache that holds a model with all its weights and a tokenizer, if there is one."""
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError as error:
        raise MissingExtra("a model on the Hub needs huggingface_hub; install it with `make setup`") from error
    config_file = try_to_load_from_cache(name, "config.json")
    folder = Path(config_file).parent if isinstance(config_file, str) else None
    if folder is None or not any((folder / tokenizer_file).is_file() for tokenizer_file in FILES):
        return None
    return str(folder) if all((folder / weight_file).is_file() for weight_file in weights(folder)) else None


@cache
def refusal(name: str) -> str:
    """Say why a model cannot be had from the Hub, or nothing; asked once a process."""
    reason = answered_within(PATIENCE_SECONDS, lambda: _asked(name))
    return f"no answer within {PATIENCE_SECONDS:g} s; {_remedy()}" if reason is None else reason


def _asked(name: str) -> str:
    from huggingface_hub import constants, get_hf_file_metadata
    from huggingface_hub.errors import EntryNotFoundError, GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

    if constants.is_offline_mode():
        return f"HF_HUB_OFFLINE is set and it is not in the cache; unset it, or {_remedy()}"
    try:
        get_hf_file_metadata(f"{constants.ENDPOINT}/{name}/resolve/main/config.json", timeout=PATIENCE_SECONDS / 2)
    except GatedRepoError:
        return "its owner must grant access; ask for it on its page, and run `hf auth login`"
    except RepositoryNotFoundError:
        return "there is no such model, or it is private; correct the name, or run `hf auth login`"
    except EntryNotFoundError:
        return "it has no config.json; name another model"
    except HfHubHTTPError as error:
        return f"{_first_line(error)}; try again later"
    except Exception as error:  # noqa: BLE001  # the library's client raises classes of a package that it chooses
        return f"{constants.ENDPOINT} cannot be reached ({_first_line(error)}); {_remedy()}"
    return ""


def _remedy() -> str:
    return f"check the network, or download the model where there is one and name its folder ({_OFFLINE})"


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
