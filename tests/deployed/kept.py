"""A stage that is left running: what is printed about it, and what its commands need."""

from typing import Final

from tests.deployed.stage import NAME, DeployedStage

_TEXT: Final = """
The stage {stage} is still running, as you asked:

  Page       {page} (only the emulator knows this name)
  API        {api}
  Token      {token}
  Local AWS  {aws} (Rekognition, Textract and Polly: {engines})
  Logs       {folder}

  curl --cacert {certificate} -H 'Authorization: Bearer {token}' {api}/stories
  curl --cacert {certificate} -H 'Host: {domain}' {aws}/

Commands reach it from the copy of the project that was deployed:

  cd {project} && . {environment}
  make deploy STAGE={stage}
  make destroy STAGE={stage}

To end it:

  kill {pids}
  rm -r {folder}
"""
_FORGET_AWS: Final = "unset $(env | sed -n 's/^\\(AWS_[A-Z0-9_]*\\)=.*/\\1/p')"
"""Else a profile or a session of the developer's own account would come first."""


def how_to_use(stage: DeployedStage) -> str:
    """Write the file with the environment of the stage's commands, and return what to print."""
    account, folder = stage.account, stage.project.parent
    exports = (f"export {name}='{value}'" for name, value in account.variables.items())
    environment = folder / "environment"
    environment.write_text("\n".join([_FORGET_AWS, *exports]) + "\n")
    return _TEXT.format(
        stage=NAME,
        page=stage.settings["MEDIA_BASE_URL"],
        domain=stage.settings["MEDIA_BASE_URL"].removeprefix("https://"),
        api=stage.api,
        token=stage.token,
        aws=account.url,
        engines=account.engines.aws_url,
        folder=folder,
        certificate=account.certificate,
        project=stage.project,
        environment=environment,
        pids=" ".join(str(process.pid) for process in account.processes),
    )
