import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import redis as sync_redis

from marketplace import settings
from marketplace.cli import services
from marketplace.cli.refusals import DataInUse
from marketplace.settings import Settings
from tests.waiting import eventually


@pytest.fixture
def chosen(own_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setenv("DATA_DIR", str(own_settings.data_dir))
    monkeypatch.setenv("REDIS_URL", "")
    yield own_settings
    os.environ["REDIS_URL"] = ""


def test_a_run_without_a_redis_gets_one_and_tells_its_children(chosen: Settings):
    with services.own_data(chosen) as equipped:
        assert os.environ["REDIS_URL"] == equipped.redis_url == settings.current().redis_url
        with sync_redis.Redis.from_url(equipped.redis_url) as client:
            assert client.ping()
    with pytest.raises(sync_redis.ConnectionError):
        sync_redis.Redis.from_url(equipped.redis_url).ping()


def test_two_runs_do_not_share_a_data_folder(chosen: Settings):
    with services.own_data(chosen), pytest.raises(DataInUse, match=str(os.getpid())), services.own_data(chosen):
        pass


def test_a_command_beside_a_running_marketplace_shares_its_redis(chosen: Settings):
    with services.own_data(chosen) as running, services.reached_data(chosen) as beside:
        assert beside.redis_url == running.redis_url


def test_a_command_by_itself_starts_a_redis_and_ends_it(chosen: Settings):
    with services.reached_data(chosen) as alone:
        assert alone.redis_url.startswith("unix://")
    assert not Path(alone.redis_url.removeprefix("unix://")).exists()


@pytest.mark.parametrize("times", [1, 3])
async def test_an_embedded_server_that_is_killed_is_started_again_with_what_it_knew(chosen: Settings, times: int):
    with services.own_data(chosen) as equipped, sync_redis.Redis.from_url(equipped.redis_url) as client:
        client.set("kept", "yes")
        for _ in range(times):
            victim = client.info("server")["process_id"]
            os.kill(victim, signal.SIGKILL)

            def answers(victim: int = victim) -> bool:
                with suppress(sync_redis.RedisError):
                    return client.info("server")["process_id"] != victim
                return False

            await eventually(answers, within=30)
        assert client.get("kept") == b"yes"
    with pytest.raises(sync_redis.ConnectionError):
        sync_redis.Redis.from_url(equipped.redis_url).ping()


def _mode(place: Path) -> str:
    return oct(place.stat().st_mode & 0o777)


def test_data_is_its_owners_alone(chosen: Settings):
    chosen.data_dir.mkdir(parents=True, mode=0o755)
    (chosen.data_dir / "holdfast.db").touch(mode=0o644)
    with services.own_data(chosen):
        services.migrate()
        assert _mode(chosen.data_dir) == "0o700"
        assert {_mode(file) for file in chosen.data_dir.glob("holdfast.db*")} == {"0o600"}
