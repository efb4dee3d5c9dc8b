"""Files for pipelines: each passes the linter of its kind, and calls what is there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from harness.commands.main import COMMANDS
from tests.commands.command_line import ROOT, Shell

TOOLS = Path(sys.executable).parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SCRIPTS = [ROOT / "ci" / name for name in ("gate", "nightly", "release", "setup")]
GITHUB = ("check-jsonschema", "--builtin-schema", "vendor.github-workflows")
GITLAB = ("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "--data-transform=gitlab-ci")
CHECKS: dict[str, tuple[str | Path, ...]] = {
    "GitHub workflows": (*GITHUB, *WORKFLOWS),
    "GitLab job": (*GITLAB, ROOT / "ci" / "gitlab.yml"),
    "YAML": ("yamllint", "-s", "-c", ROOT / "ci/yamllint.yaml", ROOT / ".github", ROOT / "ci"),
    "scripts": ("shellcheck", *SCRIPTS, ROOT / ".ci" / "run"),
    "container": ("hadolint", ROOT / "ci" / "Containerfile"),
}


def lint(tool: str | Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a linter of the virtual environment."""
    return subprocess.run(
        [TOOLS / tool, *arguments], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_a_linter_has_nothing_to_say(check: tuple[str | Path, ...]) -> None:
    done = lint(*check)
    assert done.returncode == 0, done.stdout + done.stderr


BROKEN: dict[str, tuple[tuple[str | Path, ...], str]] = {
    "GitHub workflow": (GITHUB, "name: x\non: push\njobs: {a: {runs-on: x, stepz: []}}\n"),
    "GitLab job": (GITLAB, "job: {script: 1}\n"),
    "YAML": (("yamllint", "-s"), "a:  1\n"),
    "script": (("shellcheck", "-s", "bash"), "rm $1\n"),
    "container": (("hadolint",), "FROM debian\nRUN apt-get install make\n"),
}


@pytest.mark.parametrize(("check", "text"), BROKEN.values(), ids=BROKEN)
def test_a_linter_finds_what_is_wrong(
    tmp_path: Path, check: tuple[str | Path, ...], text: str
) -> None:
    (tmp_path / "file.yml").write_text(text)
    assert lint(*check, tmp_path / "file.yml").returncode != 0


def steps_of(path: Path) -> list[dict[str, object]]:
    """Every step of a workflow."""
    jobs = yaml.safe_load(path.read_text())["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=[path.stem for path in WORKFLOWS])
def test_a_workflow_calls_scripts_that_are_there(path: Path) -> None:
    lines = "\n".join(str(step.get("run", "")) for step in steps_of(path))
    called = set(re.findall(r"\bci/[a-z]+\b", lines))
    assert called
    for name in called:
        assert os.access(ROOT / name, os.X_OK), f"{path.name} calls {name}"


@pytest.mark.parametrize("path", WORKFLOWS, ids=[path.stem for path in WORKFLOWS])
def test_a_workflow_can_be_reused_may_little_and_runs_no_words_of_others(path: Path) -> None:
    """What others have written (titles, branches) must reach scripts as variables alone."""
    workflow = yaml.safe_load(path.read_text())
    assert "workflow_call" in workflow["on"]
    assert workflow["permissions"] == {"contents": "read"}
    for step in steps_of(path):
        assert "${{" not in str(step.get("run", ""))
        assert str(step.get("uses", "")).count("@") == ("uses" in step)


@pytest.mark.parametrize("path", SCRIPTS, ids=[path.name for path in SCRIPTS])
def test_a_script_uses_commands_and_options_that_are_there(shell: Shell, path: Path) -> None:
    text = path.read_text().replace("\\\n", " ")
    calls = re.findall(r'^\s*(?:\.venv/bin/twinpath|"\$twinpath") (\w+)(.*)$', text, re.M)
    assert calls or path.name == "setup"
    for command, arguments in calls:
        assert command in COMMANDS
        for option in re.findall(r"--[a-z-]+", arguments):
            assert option in shell.run(command, "--help").out, f"{command} {option}"


def test_the_container_has_every_package_that_setup_wants() -> None:
    setup = (ROOT / "ci" / "setup").read_text()
    listed = re.sub(r"#.*", "", setup.partition("packages=(")[2].partition(")\n")[0])
    assert set(listed.split()) <= set((ROOT / "ci" / "Containerfile").read_text().split())


@pytest.mark.parametrize("script", ["nightly", "release"])
def test_a_script_without_arguments_says_how_it_is_called(script: str) -> None:
    done = subprocess.run([ROOT / "ci" / script], capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert done.stderr.startswith(f"usage: ci/{script} ")
