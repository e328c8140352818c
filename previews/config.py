"""The config of the preview."""

from pydantic import Field

from manifests.strict_model import StrictModel


class PreviewConfig(StrictModel):
    """The `preview` section of a config."""

    dialogues: int = Field(
        default=12,
        ge=0,
        le=200,
        description="How many dialogues the page shows, spread over the splits; 0: no page.",
    )
    from_units: bool = Field(
        default=True,
        description="Whether each dialogue can also be heard resynthesised from its units, if there is a vocoder for "
        "them; takes about 5 s per dialogue.",
    )

    @property
    def speaks_units(self) -> bool:
        """Whether a vocoder is wanted at all."""
        return self.from_units and self.dialogues > 0
